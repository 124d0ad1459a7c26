import { beforeEach, describe, expect, it } from "vitest";
import { milliseconds } from "#core/units.ts";
import { isFields } from "#kubernetes/api/object.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { Agents } from "#kubernetes/cluster/agents.ts";
import { Census } from "#kubernetes/cluster/census.ts";
import type { ClusterRole } from "#state/cluster.ts";
import { fixedRandom, NEVER } from "#testing/engine-world.ts";
import { KubeApi } from "#testing/kube-api.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const COLLECTION = "v1/home/configmaps";
const MINUTE = 60_000;

let clock: ManualClock;
let api: KubeApi;
let log: MemoryLog;
let changes: number;

beforeEach(() => {
  clock = new ManualClock();
  api = new KubeApi(clock);
  log = new MemoryLog();
  changes = 0;
});

/** The agent on a node, and what it knows of the others. */
function on(node: string, role: () => ClusterRole = () => ({ kind: "following" })) {
  const client = createKubernetesClient({ transport: api.transport(), clock, purpose: "test" });
  const place = { namespace: "home", name: "esddns-agents" };
  const agents = new Agents({
    client,
    place,
    node,
    pod: `esddns-${node}`,
    role,
    clock,
    random: fixedRandom(node.length),
    log,
  });
  const census = new Census({ agents, node, clock, log, onChange: () => (changes += 1) });
  const stop = new AbortController();
  return { agents, census, stop, run: () => agents.run(stop.signal) };
}

function words(): Readonly<Record<string, unknown>> {
  const data: unknown = api.objects.get(COLLECTION, "esddns-agents")?.["data"];
  return isFields(data) ? data : {};
}

function writes(): number {
  return api.requests.filter(({ verb }) => verb === "patch").length;
}

describe("an agent", () => {
  it("says at once what it is, and makes the object for all when it is the first", async () => {
    const { run } = on("node-1", () => ({ kind: "alone", because: "stale" }));
    void run();
    await clock.advance(0);
    expect(JSON.parse(String(words()["node-1"]))).toEqual({
      pod: "esddns-node-1",
      role: { kind: "alone", because: "stale" },
      at: "2026-01-01T00:00:00.000Z",
    });
  });

  it("gives a sign of life for each five minutes, more or less, and leaves the words of others", async () => {
    const [one, other] = [on("node-1"), on("node-22")];
    void one.run();
    void other.run();
    await clock.advance(60 * MINUTE);
    expect(Object.keys(words()).toSorted()).toEqual(["node-1", "node-22"]);
    expect(writes()).toBeGreaterThan(2 * 9);
    expect(writes()).toBeLessThan(2 * 16);
  });

  it("says within seconds that its role is another one, and not at the same moment as others", async () => {
    let kind: "following" | "leading" = "following";
    const all = Array.from({ length: 10 }, (_, index) => on(`node-${"x".repeat(index)}`, () => ({ kind })));
    for (const { run } of all) void run();
    await clock.advance(10_000);
    kind = "leading";
    for (const { agents } of all) agents.changed();
    const since = api.requests.length;
    await clock.advance(3000);
    const times = api.requests.slice(since).map(({ at }) => at);
    expect(times).toHaveLength(10);
    expect(new Set(times).size).toBeGreaterThan(5);
    expect(Object.values(words()).every((word) => String(word).includes("leading"))).toBe(true);
  });

  it("tries again by the minute when it cannot say it, and complains once", async () => {
    const { run } = on("node-1");
    api.fail({ status: 503, times: 6 });
    void run();
    await clock.advance(4 * MINUTE);
    expect(words()).toEqual({});
    await clock.advance(6 * MINUTE);
    expect(words()).toHaveProperty("node-1");
    expect(log.entries.map(({ message }) => message)).toEqual(["This agent could not say how it is"]);
  });

  it("ends with its signal, and leaves nothing behind", async () => {
    const { run, stop } = on("node-1");
    const ended = run();
    await clock.advance(MINUTE);
    stop.abort();
    await clock.advance(0);
    await ended;
    expect(clock.pending).toBe(0);
  });
});

describe("a leader that counts the agents", () => {
  it("counts on nobody but itself before it has read, and says that it does not know", async () => {
    const { census } = on("node-1");
    expect(census.members).toBeUndefined();
    api.fail({ status: 500 });
    await census.read(NEVER);
    expect(census.members).toBeUndefined();
    await census.read(NEVER);
    expect(census.members).toEqual(["node-1"]);
  });

  it("counts on whoever spoke lately by its own clock, and forgets who was silent for an hour", async () => {
    const [leader, silent, alive] = [on("node-1"), on("node-2"), on("node-3")];
    void alive.run();
    void silent.run();
    const kept = leader.census.keep(milliseconds(100_000), () => {}, leader.stop.signal);
    await clock.advance(10_000);
    silent.stop.abort();
    await clock.advance(11 * MINUTE);
    expect(leader.census.members).toEqual(["node-1", "node-2", "node-3"]);
    await clock.advance(5 * MINUTE);
    expect(leader.census.members).toEqual(["node-1", "node-3"]);
    const agents = leader.census.agents.toSorted((a, b) => (a.node < b.node ? -1 : 1));
    expect(agents).toMatchObject([
      { node: "node-2", pod: "esddns-node-2", isStale: true },
      { node: "node-3", isStale: false },
    ]);
    expect(words()).toHaveProperty("node-2");
    await clock.advance(50 * MINUTE);
    expect(words()).not.toHaveProperty("node-2");
    expect(leader.census.agents.map(({ node }) => node)).toEqual(["node-3"]);
    leader.stop.abort();
    await clock.advance(0);
    await kept;
  });

  it("goes on when it may not forget who is gone, and forgets them when it may", async () => {
    const [leader, silent] = [on("node-1"), on("node-2")];
    void silent.run();
    let reads = 0;
    const kept = leader.census.keep(milliseconds(100_000), () => (reads += 1), leader.stop.signal);
    await clock.advance(10_000);
    silent.stop.abort();
    api.fail({ status: 403, times: Infinity, when: ({ verb }) => verb === "patch" });
    await clock.advance(75 * MINUTE);
    expect([leader.census.members, Object.keys(words())]).toEqual([["node-1"], ["node-2"]]);
    const before = reads;
    await clock.advance(60 * MINUTE);
    expect(reads).toBe(before + 36);
    api.heal();
    await clock.advance(2 * MINUTE);
    expect(words()).toEqual({});
    leader.stop.abort();
    await clock.advance(0);
    await kept;
  });

  it("looks more often at first, when all others begin with it", async () => {
    const { census, stop } = on("node-1");
    const at: number[] = [];
    void census.keep(milliseconds(100_000), () => at.push(clock.now() / 1000), stop.signal);
    await clock.advance(400_000);
    expect(at).toEqual([0, 10, 30, 70, 150, 250, 350]);
    stop.abort();
  });

  it("tells only what is news, and needs nobody to have spoken", async () => {
    const { census } = on("node-1");
    await census.read(NEVER);
    expect(changes).toBe(0);
    const other = on("node-2");
    void other.run();
    await clock.advance(0);
    await census.read(NEVER);
    await census.read(NEVER);
    expect(changes).toBe(1);
    api.objects.put(COLLECTION, "home", "esddns-agents", {});
    await census.read(NEVER);
    expect([changes, census.agents]).toEqual([2, []]);
    other.stop.abort();
  });
});

describe("a page of agents", () => {
  it("is read anew when it is older than ten seconds, once for all who look", async () => {
    const { census } = on("node-1");
    for (let look = 0; look < 5; look += 1) census.refresh(NEVER);
    await clock.advance(9000);
    census.refresh(NEVER);
    expect(api.requests).toHaveLength(1);
    await clock.advance(1001);
    census.refresh(NEVER);
    await clock.advance(0);
    expect(api.requests).toHaveLength(2);
  });
});
