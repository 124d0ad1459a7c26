import { beforeEach, describe, expect, it } from "vitest";
import { instant, milliseconds } from "#core/units.ts";
import { clusterState, type ShownParts } from "#kubernetes/cluster/cluster-state.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import type { AgentState, ClusterRole, ClusterState, LoadBalancerState } from "#state/cluster.ts";
import { agent } from "#testing/cluster-state.ts";
import { address, desired } from "#testing/engine-world.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { shared } from "#testing/shared-address.ts";

const START = new Date("2026-01-01T00:00:00Z");
const MINUTE = 60_000;
const [FIRST, SECOND] = ["44.128.10.77", "44.128.11.1"];
const [SIX, SIX_HOST] = ["2a10:ed1:77::1", "2a10:ed1:77::abc"];
const SEEN: LoadBalancerState = { kind: "pending", service: "esddns" };
const TOLD: LoadBalancerState = { kind: "address", service: "esddns", address: FIRST, isPublic: true };

let clock: ManualClock;
let records = [desired()];
beforeEach(() => {
  clock = new ManualClock(START);
  records = [desired()];
});

interface Seen {
  readonly role?: ClusterRole["kind"];
  readonly told?: Partial<SharedAddress>;
  /** Of what was told, in milliseconds. */
  readonly age?: number;
  readonly sight?: ShownParts["object"]["sight"];
  readonly agents?: readonly AgentState[];
  /** On the monotonic clock. */
  readonly triedAt?: number;
}

/** Of the pod on node-2. */
function stateOf({
  role = "following",
  told,
  age = 0,
  sight,
  agents = [],
  triedAt,
}: Seen = {}): ClusterState {
  return clusterState(
    {
      namespace: "home",
      configMap: "esddns-wan-ip",
      lease: "esddns-leader",
      agents: "esddns-agents",
      node: "node-2",
      pod: "esddns-7xk2p",
      requests: () => [{ verb: "get", code: 200, count: 41 }],
      engine: { clock, records },
    },
    {
      object: { sight: sight ?? { kind: "present", shared: shared(told) }, age: milliseconds(age) },
      elector: {
        leader: "esddns-q4mzt_0c9f2a",
        triedAt: triedAt === undefined ? undefined : instant(triedAt),
      },
      census: { agents },
      loadBalancer: { state: SEEN },
    },
    {
      role: role === "alone" ? { kind: role, because: "stale" } : { kind: role },
      since: START,
      isWatching: true,
      leaderChanges: 3,
      takeovers: 2,
    },
  );
}

it("the cluster for people has the names of all that they may look at, and what this pod knows itself", () => {
  expect(stateOf()).toMatchObject({
    namespace: "home",
    objects: { configMap: "esddns-wan-ip", lease: "esddns-leader", agents: "esddns-agents" },
    node: "node-2",
    pod: "esddns-7xk2p",
    role: { kind: "following" },
    since: START,
    holder: "esddns-q4mzt_0c9f2a",
    isWatching: true,
    leaderChanges: 3,
    takeovers: 2,
    requests: [{ verb: "get", code: 200, count: 41 }],
  });
});

describe("the shared address", () => {
  it.each<ShownParts["object"]["sight"]>([{ kind: "unseen" }, { kind: "absent" }])(
    "is none where there is none that can be read: $kind",
    (sight) => {
      expect(stateOf({ sight }).shared).toBeUndefined();
    },
  );

  it("says when it reached this pod, also where the wall clock was set since", async () => {
    await clock.advance(10 * MINUTE);
    expect(stateOf({ age: 4 * MINUTE }).shared?.seenAt).toEqual(new Date("2026-01-01T00:06:00Z"));
    clock.setDate(new Date("2026-07-01T12:00:00Z"));
    expect(stateOf({ age: 4 * MINUTE }).shared?.seenAt).toEqual(new Date("2026-07-01T11:56:00Z"));
  });

  it("is stale when it is older than it says that it may be relied on", () => {
    expect(stateOf({ age: 10 * MINUTE }).shared?.isStale).toBe(false);
    expect(stateOf({ age: 10 * MINUTE + 1 }).shared?.isStale).toBe(true);
  });

  it("names each record of this pod, and no other", () => {
    records = [desired(), desired("www.example.org")];
    const published = new Map([["other.example.org/A", address(FIRST)]] as const);
    const passed = new Map([["www.example.org/A", ["node-1", "node-3"]]] as const);
    expect(stateOf({ told: { published, passed } }).shared?.records).toEqual([
      { record: "home.example.org/A", published: undefined, isDone: false, passedBy: [] },
      { record: "www.example.org/A", published: undefined, isDone: false, passedBy: ["node-1", "node-3"] },
    ]);
  });

  it("calls a record done that holds the address, and no other one", () => {
    const isDone = (told: Partial<SharedAddress>) => stateOf({ told }).shared?.records[0]?.isDone;
    expect(isDone({})).toBe(true);
    expect(isDone({ addresses: new Map([[4, address(SECOND)]]) })).toBe(false);
    expect(isDone({ addresses: new Map() })).toBe(false);
  });

  it("calls an AAAA record done that holds its own host in the network of the address", () => {
    records = [desired("home.example.org", "AAAA", { hostSuffix: address("::abc") })];
    const isDone = (text: string) => {
      const published = new Map([["home.example.org/AAAA", address(text)]] as const);
      const told = { addresses: new Map([[6, address(SIX)]] as const), published };
      return stateOf({ told }).shared?.records[0]?.isDone;
    };
    expect([isDone(SIX_HOST), isDone(SIX)]).toEqual([true, false]);
  });
});

describe("the agents", () => {
  const ALL = ["node-3", "node-1", "node-2"].map((node) => agent(START, node, `esddns-${node}`));

  it("are sorted by name", () => {
    expect(stateOf({ agents: ALL }).agents.map(({ node }) => node)).toEqual(["node-1", "node-2", "node-3"]);
  });

  it.each<[ClusterRole["kind"], readonly string[]]>([
    ["following", ["node-3"]],
    ["alone", ["node-3"]],
    ["leading", []],
  ])("are stale, to a pod that is %s, also when the leader does not count on them", (role, stale) => {
    const { agents } = stateOf({ role, agents: ALL, told: { members: ["node-1", "node-2"] } });
    expect(agents.filter(({ isStale }) => isStale).map(({ node }) => node)).toEqual(stale);
  });

  it("are as this pod has counted them where nobody has told whom to count on", () => {
    const silent = agent(START, "node-4", "esddns-node-4", { isStale: true });
    const { agents } = stateOf({ agents: [...ALL, silent], sight: { kind: "absent" } });
    expect(agents.filter(({ isStale }) => isStale).map(({ node }) => node)).toEqual(["node-4"]);
  });
});

describe("the load balancer", () => {
  it.each<[ClusterRole["kind"], LoadBalancerState]>([
    ["leading", SEEN],
    ["following", TOLD],
  ])("is, to a pod that is %s, as whoever watches it knows it", (role, state) => {
    expect(stateOf({ role, told: { loadBalancer: TOLD } }).loadBalancer).toEqual(state);
  });
});

describe("the last try for the Lease", () => {
  it("was never, where this pod is no candidate", () => {
    expect(stateOf().leaseTriedAt).toBeUndefined();
  });

  it("was as long ago as it is, also where the wall clock was set since", async () => {
    await clock.advance(10 * MINUTE);
    expect(stateOf({ triedAt: 9 * MINUTE }).leaseTriedAt).toEqual(new Date("2026-01-01T00:09:00Z"));
    clock.setDate(new Date("2025-01-01T12:00:00Z"));
    expect(stateOf({ triedAt: 9 * MINUTE }).leaseTriedAt).toEqual(new Date("2025-01-01T11:59:00Z"));
  });
});
