import { afterEach, describe, expect, it } from "vitest";
import { isFields } from "#kubernetes/api/object.ts";
import type { EngineEvent } from "#engine/events.ts";
import type { Happening } from "#state/happening.ts";
import { ClusterWorld, FIRST, SECOND } from "#testing/cluster-world.ts";
import type { WorldNode } from "#testing/cluster-world/node.ts";
import { desired, NEVER } from "#testing/engine-world.ts";

let world: ClusterWorld;
afterEach(async () => {
  await world.close();
  expect(world.violations).toEqual([]);
});

/** What `kubectl get events` shows, the oldest first. */
function told(): readonly string[] {
  return world.api.objects.list("v1/home/events").map((event) => {
    const about = isFields(event["involvedObject"]) ? event["involvedObject"]["kind"] : "";
    return `${String(about)} ${String(event["reason"])}: ${String(event["message"])}`;
  });
}

function happening(kind: Happening["kind"]): Happening {
  return { kind, at: world.clock.date(), title: "it is so" };
}

describe("the agent of a node", () => {
  it("is one engine to whoever listens, whatever role it has", async () => {
    world = await ClusterWorld.settled();
    const [next] = world.followers;
    const heard: EngineEvent["kind"][] = [];
    const end = next!.engine.subscribe(({ kind }) => heard.push(kind));
    for (const node of world.alive) if (node !== next) node.kill();
    await world.until(() => next!.isLeading, 60, "it leads");
    await world.advance(30);
    expect(heard).toContain("asked");
    expect(heard).toContain("probed");
    // Each once, although it had several engines
    const rounds = heard.filter((kind) => kind === "round-started").length;
    expect(rounds).toBe(
      next!.events.slice(-heard.length).filter(({ kind }) => kind === "round-started").length,
    );
    end();
    const { length } = heard;
    await world.advance(30);
    expect(heard).toHaveLength(length);
  });

  it("begins as one that follows, and says what it is when something changes", async () => {
    world = new ClusterWorld({ nodes: 1 });
    const [node] = world.nodes;
    node!.start();
    expect(node!.engine.state()).toMatchObject({
      namespace: "home",
      objects: { configMap: "esddns-wan-ip", lease: "esddns-leader", agents: "esddns-agents" },
      node: "node-1",
      pod: "esddns-node-1-1",
      role: { kind: "following" },
      holder: "",
      isWatching: false,
      shared: undefined,
      leaderChanges: 0,
      takeovers: 0,
    });
    let changes = 0;
    node!.engine.onChange(() => (changes += 1));
    await world.advance(30);
    const state = node!.engine.state();
    expect(state).toMatchObject({
      role: { kind: "leading" },
      isWatching: true,
      leaderChanges: 1,
      shared: { leader: "node-1", isStale: false, records: [{ record: "home.example.org/A", isDone: true }] },
    });
    expect(state.holder).toMatch(/^esddns-node-1-1_[0-9a-f]{10}$/);
    expect(changes).toBeGreaterThan(2);
  });

  it.each(["refused", "silent"] as const)(
    "relies on nobody 30 s after its start without the API server (%s), and follows until then",
    async (how) => {
      world = new ClusterWorld({ nodes: 1 });
      const [node] = world.nodes;
      node!.toApi.cut(how);
      node!.start();
      await world.advance(29.5);
      expect([node!.role, node!.questions]).toEqual(["following", []]);
      await world.advance(1);
      expect(node!.role).toBe("alone");
      expect(node!.questions).not.toEqual([]);
    },
  );

  it("takes a wish for a round, and answers it from what it is told while it follows", async () => {
    world = await ClusterWorld.settled();
    const [follower] = world.followers;
    const round = follower!.engine.round("command", NEVER);
    await world.advance(1);
    const summary = await round;
    expect(summary.verdicts.get(4)).toMatchObject({ kind: "known", address: { text: FIRST } });
    expect(summary.plan.map(({ kind }) => kind)).toEqual(["in-sync"]);
    expect([follower!.questions, follower!.reads]).toEqual([[], []]);
    follower!.engine.trigger("signal");
    await world.advance(1);
    expect(follower!.events.at(-2)).toMatchObject({ kind: "round-ended", summary: { trigger: "signal" } });
  });

  it("says what it does as soon as it knows", async () => {
    world = new ClusterWorld().start();
    const leader = await world.settle();
    await world.advance(10);
    const agents = leader.engine.state().agents.map(({ node, role }) => [node, role.kind]);
    expect(agents).toEqual(world.nodes.map((node) => [node.name, node === leader ? "leading" : "following"]));
  });

  it("shows a shared address that is stale as such, by its own clock", async () => {
    world = await ClusterWorld.settled();
    const [follower] = world.followers;
    for (const { toApi } of world.nodes) toApi.cut("silent");
    await world.advance(590);
    expect(follower!.engine.state().shared).toMatchObject({ isStale: false });
    await world.advance(20);
    const { shared, isWatching } = follower!.engine.state();
    expect([shared?.isStale, isWatching]).toEqual([true, false]);
  });

  it("counts what it wrote in a leader's place, and nothing that it wrote as a leader", async () => {
    world = await ClusterWorld.settled();
    const { leader } = world;
    leader.toProvider.cut("refused");
    world.move(SECOND);
    await world.advance(60);
    const takeovers = world.nodes.map(({ name, engine }) => [name, engine.state().takeovers]);
    expect(takeovers).toEqual(world.nodes.map(({ name }) => [name, name === world.writes[0]!.node ? 1 : 0]));
    leader.toProvider.mend();
    // Until it has found the record right
    await world.advance(60);
    world.move(FIRST);
    await world.advance(60);
    expect(world.writes[1]!.node).toBe(leader.name);
    expect(leader.engine.state().takeovers).toBe(0);
  });

  it("may write while it follows, and as long as it surely leads", async () => {
    world = await ClusterWorld.settled();
    const { leader, followers } = world;
    expect([leader, ...followers].map(({ engine }) => engine.mayWrite())).toEqual([true, true, true]);
    leader.pause();
    await world.advance(11);
    expect(leader.engine.mayWrite()).toBe(false);
    await leader.goOn();
  });

  it("releases the Lease when it is stopped, and the next one leads within five seconds", async () => {
    world = await ClusterWorld.settled();
    const { leader } = world;
    const stopping = leader.stop();
    await world.until(() => world.leaders.some((node) => node !== leader), 5, "another one leads");
    await stopping;
  });

  it("ends by itself although it neither runs nor was asked to", async () => {
    world = new ClusterWorld({ nodes: 1 });
    world.nodes[0]!.start();
    const ended = world.nodes[0]!.engine.stop();
    await world.advance(15);
    await ended;
  });
});

describe("Events of a cluster", () => {
  it("tell who leads, who detects for itself, and when that is over", async () => {
    world = await ClusterWorld.settled({ nodes: 2 });
    const first = world.leader;
    world.leader.toApi.cut("silent");
    await world.advance(60);
    first.toApi.mend();
    await world.advance(60);
    const all = told();
    expect(all.filter((one) => one.startsWith("Lease LeaderElected"))).toHaveLength(2);
    expect(all).toContainEqual(expect.stringContaining(`Lease LeadingStopped: The agent on ${first.name}`));
    expect(all).toContainEqual(
      expect.stringMatching(
        `ConfigMap FallbackBegan: The agent on ${first.name} .*it could not renew the Lease$`,
      ),
    );
    expect(all).toContainEqual(
      expect.stringContaining(`ConfigMap FallbackEnded: The agent on ${first.name}`),
    );
  });

  it("tell of witnesses that are silent, for an hour a few times", async () => {
    world = await ClusterWorld.settled();
    for (const node of world.nodes) node.isCutOffFromWitnesses = true;
    await world.advance(3600);
    const silent = told().filter((one) => one.includes("WitnessesSilent"));
    expect(silent[0]).toMatch(
      /^ConfigMap WitnessesSilent: No witness answers the agent on node-\d, which led/,
    );
    expect(silent.length).toBeLessThanOrEqual(3);
  });

  it("tell of a shared address that cannot be read, once for all", async () => {
    world = await ClusterWorld.settled();
    world.edit({ ...world.data, epoch: "x" });
    await world.advance(5);
    expect(told().filter((one) => one.includes("SharedAddressMalformed"))).toEqual([
      expect.stringContaining('Cannot use "epoch" of the shared address'),
    ]);
  });

  it("are of what happens to the leader, and of others only what they did themselves", async () => {
    world = await ClusterWorld.settled();
    const say = (node: WorldNode, kind: Happening["kind"]) => node.engine.happened(happening(kind));
    for (const node of world.nodes) {
      say(node, "address-lost");
      say(node, "record-recovered");
      say(node, "record-changed");
    }
    await world.advance(5);
    const reasons = told().map((one) => one.split(":")[0]);
    expect(reasons.filter((one) => one === "ConfigMap AddressLost")).toHaveLength(1);
    expect(reasons.filter((one) => one === "ConfigMap RecordRecovered")).toHaveLength(1);
    expect(reasons.filter((one) => one === "ConfigMap RecordChanged")).toHaveLength(3);
  });
});

describe("nodes with records of their own", () => {
  const own = { isPerNode: true, records: (node: string) => [desired(`${node}.example.org`)] };

  it("write their own address each, follow nobody and ask for no Lease", async () => {
    world = new ClusterWorld({ ...own, nodes: 3 }).start();
    await world.advance(60);
    expect(world.nodes.map(({ role }) => role)).toEqual(["independent", "independent", "independent"]);
    world.move(SECOND, 4, "node-2");
    await world.advance(60);
    expect(world.writes.map(({ node, record, address }) => [node, record, address])).toEqual([
      ["node-2", "node-2.example.org/A", SECOND],
    ]);
    const asked = new Set(world.api.requests.map(({ plural, name }) => `${plural} ${name ?? ""}`));
    expect([...asked].toSorted()).toEqual(["configmaps esddns-agents", "configmaps esddns-wan-ip"]);
    expect(world.nodes.every(({ engine }) => engine.mayWrite())).toBe(true);
    // It is its own address that each writes, in nobody's place
    expect(world.nodes.map(({ engine }) => engine.state().takeovers)).toEqual([0, 0, 0]);
  });

  it("tell of what happens, from the first moment, where `kubectl describe` shows it", async () => {
    world = new ClusterWorld({ ...own, nodes: 1 });
    world.api.fail({ status: 503, when: ({ name }) => name === "esddns-wan-ip" });
    world.start();
    world.nodes[0]!.engine.happened(happening("record-changed"));
    await world.advance(3600);
    const asked = world.api.requests.filter(({ name }) => name === "esddns-wan-ip");
    expect(asked.map(({ verb }) => verb)).toEqual(["get", "get", "patch"]);
    const object = world.api.objects.get("v1/home/configmaps", "esddns-wan-ip");
    const events = world.api.objects.list("v1/home/events");
    expect(events.map((event) => event["involvedObject"])).toEqual([
      expect.objectContaining({ name: "esddns-wan-ip", uid: object?.metadata["uid"] }),
    ]);
    expect(object?.metadata["uid"]).toBeDefined();
  });

  it("tell of it without that where they may not look, and do not insist", async () => {
    world = new ClusterWorld({ ...own, nodes: 1 });
    world.api.fail({ status: 403, when: ({ name }) => name === "esddns-wan-ip", times: Infinity });
    world.start();
    await world.advance(3600);
    expect(world.api.requests.filter(({ name }) => name === "esddns-wan-ip")).toHaveLength(1);
    world.nodes[0]!.engine.happened(happening("record-changed"));
    await world.advance(5);
    expect(told()).toEqual(["ConfigMap RecordChanged: it is so"]);
  });

  it("go on whatever becomes of the API server", async () => {
    world = new ClusterWorld({ ...own, nodes: 2 }).start();
    await world.advance(60);
    world.api.freeze();
    await world.advance(3600);
    world.move(SECOND);
    await world.advance(30);
    expect(world.writes.map(({ node }) => node).toSorted()).toEqual(["node-1", "node-2"]);
  });
});
