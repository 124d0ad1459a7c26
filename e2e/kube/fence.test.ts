import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pause, until } from "../until.ts";
import { createAccount, OPERATOR_RULES } from "./account.ts";
import { Cluster } from "./cluster.ts";
import { Fleet } from "./fleet.ts";
import { Gateway } from "./gateway.ts";
import { Outside } from "./outside.ts";
import { Pods } from "./pods.ts";
import { noCluster } from "./programs.ts";

/** So long after its last renewal a leader may still write (`renewDeadline`). */
const RENEW_DEADLINE = 10_000;
/** Long enough to be paused while the provider is asked, and shorter than anybody waits for it. */
const LATENCY = 2000;

describe.skipIf(noCluster())("a leader that stands still in the middle of a write", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ parts: [] });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it("does not end it when another one leads meanwhile", async () => {
    const namespace = `ddns-${randomUUID().slice(0, 8)}`;
    await createAccount(cluster, namespace, "esddns", OPERATOR_RULES);
    await using outside = await Outside.start();
    await using pods = await Pods.of(cluster);
    await using gateway = await Gateway.start(cluster);
    const made = await pods.create({ namespace, account: "esddns", count: 2 });
    const fleet = await Fleet.start({ cluster, pods: made.map((pod) => gateway.behind(pod)), outside });
    await using _ = fleet;
    await until("the record to be right", () => outside.published === outside.address, 30_000);
    const leader = await fleet.leader();
    const [other] = fleet.followers(leader);
    await other?.says("Public address");
    // From now on it cannot renew the Lease, and hears of nobody
    gateway.rule = ({ pod }) => (pod === leader.pod.name ? "hang" : "pass");
    gateway.endWatches();
    const cutOff = Date.now();
    await pause(3000);
    const known = outside.writes.length;
    outside.provider.latency = LATENCY;
    outside.move();
    await until("the leader to look whether it has to write", () => outside.provider.pending > 0);
    leader.signal("SIGSTOP");
    expect(Date.now() - cutOff).toBeLessThan(RENEW_DEADLINE - LATENCY);
    await giveAway(namespace);
    const address = outside.move();
    await until("the other one to write", () => outside.published === address, 30_000);
    await pause(Math.max(0, cutOff + RENEW_DEADLINE - Date.now()));
    leader.signal("SIGCONT");
    await pause(3 * LATENCY);
    const writes = outside.writes.slice(known).map(({ pod, values }) => ({ pod, values }));
    expect(writes).toEqual([{ pod: other?.pod.name, values: [address] }]);
  });

  /** Sooner than it runs out, which would be longer than anybody waits for a provider. */
  async function giveAway(namespace: string): Promise<void> {
    const patch = JSON.stringify({ spec: { holderIdentity: "", leaseDurationSeconds: 1 } });
    await cluster.kubectl("patch", "lease", "esddns-leader", "-n", namespace, "--type=merge", "-p", patch);
  }
});
