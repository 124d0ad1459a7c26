import type { Policy } from "#core/policy.ts";
import { instant } from "#core/units.ts";
import { clusterState, sharedAddress, sharedRecord } from "#testing/cluster-state.ts";
import type { EngineWorld, ScriptedProvider } from "#testing/engine-world.ts";
import { RECORDS, SIX } from "#testing/service-world/scenery.ts";
import { recordId } from "#core/record.ts";
import type { ClusterState } from "#state/cluster.ts";

/** The leader has not got to this one yet. */
const WAITING = "vpn.example.org";

/** What a pod that follows believes of the records, by the leader's word: all are right but one. */
export function addShared({ provider: home }: EngineWorld, office: ScriptedProvider): void {
  for (const { name, type, provider } of RECORDS) {
    const right = type === "A" ? "44.128.10.77" : SIX;
    const text = name === WAITING ? "44.128.10.70" : right;
    (provider === "home" ? home : office).put(name, type, [text]);
  }
}

/** The turn of others, always. */
export function turnOf({ clock }: EngineWorld): Policy {
  return () => ({ kind: "turn", until: instant(clock.now() + 20_000), before: "node-1" });
}

/** As the pod on node-2 knows it. */
export function followedCluster(now: Date): ClusterState {
  const records = RECORDS.map((record) =>
    sharedRecord(recordId(record), record.name === WAITING ? { published: undefined, isDone: false } : {}),
  );
  return clusterState(now, { shared: sharedAddress(now, { records }) });
}
