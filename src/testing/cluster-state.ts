import { recordId } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import type { AgentState, ClusterState, SharedAddressState, SharedRecordState } from "#state/cluster.ts";
import { address, type WorldOptions } from "#testing/engine-world.ts";
import { RECORDS, SIX } from "#testing/service-world/scenery.ts";

const TRUTH = "44.128.10.77";
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** How a pod that follows is set up: the leader's word alone, and nobody who confirms it. */
export const FOLLOWING: Pick<WorldOptions, "detection" | "rule" | "schedule" | "witnesses"> = {
  witnesses: [
    {
      id: "cluster:esddns-wan-ip",
      operator: "cluster",
      source: "cluster",
      authenticated: true,
      rtt: 0,
      roundTrips: 0,
    },
  ],
  rule: { kind: "quorum", quorum: 1 },
  detection: { confirms: false },
  schedule: { probe: "off" },
};

/** Of a pod on node-2 that follows node-1, in a cluster of four nodes in which all is well. */
export function clusterState(now: Date, overrides: Partial<ClusterState> = {}): ClusterState {
  return {
    namespace: "esddns-system",
    objects: { configMap: "esddns-wan-ip", lease: "esddns-leader", agents: "esddns-agents" },
    node: "node-2",
    pod: "esddns-7xk2p",
    role: { kind: "following" },
    since: before(now, 95 * MINUTE),
    holder: "esddns-q4mzt_0c9f2a",
    leaseTriedAt: before(now, 3 * SECOND),
    isWatching: true,
    shared: sharedAddress(now),
    agents: [
      agent(now, "node-1", "esddns-q4mzt", { role: { kind: "leading" } }),
      agent(now, "node-2", "esddns-7xk2p"),
      agent(now, "node-3", "esddns-h9s5d"),
      agent(now, "node-4", "esddns-v2r8w"),
    ],
    loadBalancer: {
      kind: "address",
      service: "esddns",
      address: TRUTH,
      isPublic: true,
    },
    requests: [
      { verb: "get", code: 200, count: 41 },
      { verb: "update", code: 200, count: 7 },
      { verb: "update", code: 409, count: 1 },
      { verb: "watch", code: 200, count: 12 },
      { verb: "watch", code: 0, count: 1 },
    ],
    leaderChanges: 1,
    takeovers: 0,
    ...overrides,
  };
}

export function sharedAddress(now: Date, overrides: Partial<SharedAddressState> = {}): SharedAddressState {
  return {
    addresses: new Map([
      [4, address(TRUTH)],
      [6, address(SIX)],
    ]),
    detectedAt: before(now, 42 * SECOND),
    changedAt: before(now, 26 * 60 * MINUTE),
    epoch: 3,
    sequence: 41,
    validFor: seconds(600),
    agreement:
      "IPv4: alpha.example, bravo.example, foxtrot.example agree; IPv6: alpha.example, golf.example agree",
    leader: "node-1",
    seenAt: before(now, 42 * SECOND),
    isStale: false,
    records: RECORDS.map((record) => sharedRecord(recordId(record))),
    ...overrides,
  };
}

/** Done, unless told otherwise. */
export function sharedRecord(
  record: SharedRecordState["record"],
  overrides: Partial<SharedRecordState> = {},
): SharedRecordState {
  const published = address(record.endsWith("/AAAA") ? SIX : TRUTH);
  return { record, published, isDone: true, passedBy: [], ...overrides };
}

export function agent(now: Date, node: string, pod: string, overrides: Partial<AgentState> = {}): AgentState {
  const lastWord = before(now, 20 * SECOND);
  return { node, pod, role: { kind: "following" }, lastWord, isStale: false, ...overrides };
}

function before(now: Date, span: number): Date {
  return new Date(now.getTime() - span);
}
