import { afterEach, describe, expect, it } from "vitest";
import { ClusterWorld, LEASES, SECOND, THIRD } from "#testing/cluster-world.ts";

let world: ClusterWorld;
afterEach(async () => {
  await world.close();
  expect(world.violations).toEqual([]);
});

describe.each(["refused", "silent"] as const)("a leader without the API server (%s)", (how) => {
  it("leads no more before another one does, and follows that one as soon as it can", async () => {
    world = await ClusterWorld.settled();
    const { leader } = world;
    leader.toApi.cut(how);
    await world.advance(11);
    expect(world.leaders).toEqual([]);
    await world.until(() => world.leaders.length === 1, 30);
    world.move(SECOND);
    await world.advance(60);
    expect(world.writers).toEqual([`${world.leader.name} ${SECOND}`]);
    expect(leader.role).toBe("alone");
    await world.advance(300);
    leader.toApi.mend();
    await world.until(() => leader.role === "following", 60, "it follows");
    await world.advance(300);
    expect(world.writes).toHaveLength(1);
    expect(world.leaders).toHaveLength(1);
  });

  it("leaves a change to the next one that leads", async () => {
    world = await ClusterWorld.settled();
    const { leader } = world;
    leader.toApi.cut(how);
    await world.advance(10.5);
    world.move(SECOND);
    await world.advance(60);
    expect(world.writers).toEqual([`${world.leader.name} ${SECOND}`]);
    expect(world.leader).not.toBe(leader);
  });

  it("makes a change that it has seen while it led, and the next one finds it made", async () => {
    world = await ClusterWorld.settled();
    const { leader } = world;
    leader.toProvider.latency = 2000;
    leader.onRead = () => leader.toApi.cut(how);
    world.move(SECOND);
    await world.advance(90);
    expect(world.writers).toEqual([`${leader.name} ${SECOND}`]);
    expect(world.leader).not.toBe(leader);
    expect(world.shared?.published.get("home.example.org/A")?.text).toBe(SECOND);
  });
});

describe.each(["refused", "silent", "frozen"] as const)(
  "an API server that is away (%s)",
  { timeout: 60_000 },
  (how) => {
    function leave(): void {
      if (how === "frozen") world.api.freeze();
      else for (const { toApi } of world.nodes) toApi.cut(how);
    }

    function comeBack(): void {
      if (how === "frozen") world.api.thaw();
      else for (const { toApi } of world.nodes) toApi.mend();
    }

    it.each<readonly [number, number]>([
      [3, 120],
      [10, 120],
      [3, 3600],
      ...(how === "silent" ? [[10, 3600] as const] : []),
    ])("for %d nodes for %d s: one of them writes the change, and all is as before", async (nodes, span) => {
      world = await ClusterWorld.settled({ nodes: nodes });
      leave();
      await world.advance(30);
      world.move(SECOND);
      await world.advance(span - 30);
      expect(world.writers).toHaveLength(1);
      expect(world.values()).toBe(SECOND);
      comeBack();
      await world.settle();
      await world.advance(600);
      expect(world.writers).toHaveLength(1);
      expect(world.shared?.addresses.get(4)?.text).toBe(SECOND);
      expect(world.shared?.published.get("home.example.org/A")?.text).toBe(SECOND);
    });

    it("for an hour with a change in each quarter: as many writes", async () => {
      world = await ClusterWorld.settled();
      leave();
      for (const address of [SECOND, THIRD, SECOND]) {
        await world.advance(900);
        world.move(address);
      }
      await world.advance(900);
      expect(world.writes.map(({ address }) => address)).toEqual([SECOND, THIRD, SECOND]);
      comeBack();
      await world.settle();
      await world.advance(300);
      expect(world.writes).toHaveLength(3);
    });

    it.each([3, 10, ...(how === "silent" ? [100] : [])])(
      "when %d nodes start: one of them writes",
      async (nodes) => {
        world = new ClusterWorld({ nodes, published: SECOND });
        leave();
        world.start();
        await world.advance(200);
        expect(world.writes).toHaveLength(1);
        comeBack();
        await world.settle();
        await world.advance(60);
        expect(world.writes).toHaveLength(1);
      },
    );
  },
);

describe("a follower without the API server", () => {
  it("detects for itself, writes nothing that the leader does, and comes back", async () => {
    world = await ClusterWorld.settled();
    const [cut] = world.followers;
    cut!.toApi.cut("silent");
    await world.advance(29);
    expect([cut!.role, cut!.questions]).toEqual(["following", []]);
    await world.advance(20);
    expect(cut!.role).toBe("alone");
    world.move(SECOND);
    await world.advance(300);
    expect(world.writers).toEqual([`${world.leader.name} ${SECOND}`]);
    cut!.toApi.mend();
    await world.until(() => cut!.role === "following", 60, "it follows");
    expect(world.writes).toHaveLength(1);
  });
});

describe("an API server that is away with the leader", () => {
  it.each([3, 20])("leaves %d nodes of which the next ones to lead detect, and one writes", async (nodes) => {
    world = await ClusterWorld.settled({ nodes: nodes });
    const { leader } = world;
    for (const { toApi } of world.nodes) toApi.cut("silent");
    leader.kill();
    await world.advance(60);
    const alone = world.alive.filter(({ role }) => role === "alone");
    expect(alone).toHaveLength(Math.min(nodes - 1, 3));
    world.move(SECOND);
    await world.advance(120);
    expect(world.values()).toBe(SECOND);
    expect(world.writes).toHaveLength(1);
    for (const { toApi } of world.nodes) toApi.mend();
    await world.settle();
    expect(world.writes).toHaveLength(1);
  });
});

describe("watches that leave out what happens", () => {
  it("make nobody write what the leader writes, and all is as before when they are made anew", async () => {
    world = await ClusterWorld.settled();
    world.api.isForgetful = true;
    world.move(SECOND);
    await world.advance(1800);
    expect(world.writers).toEqual([`${world.leader.name} ${SECOND}`]);
    world.api.isForgetful = false;
    await world.advance(660);
    await world.settle();
    expect(world.writes).toHaveLength(1);
  });
});

describe("the Lease", () => {
  it("held by a stranger: nobody leads, and one node writes when the shared address is stale", async () => {
    world = await ClusterWorld.settled();
    world.move(SECOND);
    for (let turn = 1; turn < 250; turn += 1) {
      const renewTime = new Date(turn * 1000).toISOString();
      const spec = { holderIdentity: "stranger", leaseDurationSeconds: 15, leaseTransitions: 99, renewTime };
      world.api.objects.put(LEASES, "home", "esddns-leader", { spec });
      await world.advance(4);
      expect(world.leaders).toEqual([]);
    }
    expect(world.alive.map(({ role }) => role)).toEqual(["alone", "alone", "alone"]);
    expect(world.values()).toBe(SECOND);
    await world.settle();
    await world.advance(300);
    expect(world.writes).toHaveLength(1);
  });

  it("that is deleted is made anew, by one leader", async () => {
    world = await ClusterWorld.settled();
    world.deleteLease();
    await world.advance(20);
    await world.settle();
    world.move(SECOND);
    await world.advance(60);
    expect(world.writers).toEqual([`${world.leader.name} ${SECOND}`]);
  });

  it("that is deleted with its leader: the next one's epoch is higher all the same", async () => {
    world = await ClusterWorld.settled();
    world.leader.kill();
    await world.settle();
    await world.advance(5);
    const { epoch } = world.shared!;
    world.deleteLease();
    for (const node of world.alive) node.kill();
    world.start();
    await world.settle();
    expect(world.shared!.epoch).toBeGreaterThan(epoch);
    world.move(SECOND);
    await world.advance(60);
    expect(world.writers).toEqual([`${world.leader.name} ${SECOND}`]);
  });
});

describe("objects that are deleted and cannot be made anew, as in a namespace that is to go", () => {
  it("leave every node to itself, and those know of each other still", async () => {
    world = await ClusterWorld.settled();
    for (const plural of ["leases", "configmaps"])
      for (const verb of ["create", "patch", "update"] as const) world.api.forbid(verb, plural);
    world.deleteLease();
    world.deleteShared();
    await world.advance(60);
    expect(world.alive.map(({ role }) => role)).toEqual(["alone", "alone", "alone"]);
    world.move(SECOND);
    await world.advance(60);
    expect(world.values()).toBe(SECOND);
    expect(world.writes).toHaveLength(1);
  });
});

describe("witnesses that do not answer", () => {
  it("the leader: it gives way within two minutes, and the next one writes", async () => {
    world = await ClusterWorld.settled();
    const { leader } = world;
    leader.isCutOffFromWitnesses = true;
    await world.until(() => world.leaders.length === 1 && world.leader !== leader, 120, "another one leads");
    expect(leader.log.messages("warn")).toContain("No witness answers here; another node may lead");
    world.move(SECOND);
    await world.advance(60);
    expect(world.writers).toEqual([`${world.leader.name} ${SECOND}`]);
    await world.advance(600);
    expect(leader.role).toBe("following");
  });

  it("the leader: it does not try to lead again for a minute, also where nobody else does", async () => {
    world = await ClusterWorld.settled();
    const { leader, followers } = world;
    leader.isCutOffFromWitnesses = true;
    for (const node of followers) node.pause();
    await world.until(() => world.leaders.length === 0, 120, "nobody leads");
    await world.advance(58);
    expect(world.leaders).toEqual([]);
    await world.advance(10);
    expect(world.leaders).toEqual([leader]);
  });

  it("the only node: it leads on", async () => {
    world = await ClusterWorld.settled({ nodes: 1 });
    const { leader } = world;
    leader.isCutOffFromWitnesses = true;
    await world.advance(600);
    expect(leader.log.messages("info")).not.toContain("Leading no more");
  });

  it("anybody, for an hour: they take turns, and leave each other more and more time", async () => {
    world = await ClusterWorld.settled();
    for (const node of world.nodes) node.isCutOffFromWitnesses = true;
    await world.advance(3600);
    const reigns = world.nodes.flatMap(({ log }) => log.messages("info")).filter((one) => one === "Leading");
    expect(reigns.length).toBeGreaterThan(6);
    expect(reigns.length).toBeLessThan(14);
    for (const node of world.nodes) node.isCutOffFromWitnesses = false;
    await world.advance(30);
    world.leader.isCutOffFromWitnesses = true;
    const { leader } = world;
    await world.until(() => world.leaders.length === 1 && world.leader !== leader, 120, "another one leads");
  });

  it("anybody, for half an hour: the change is written once when they answer again", async () => {
    world = await ClusterWorld.settled();
    for (const node of world.nodes) node.isCutOffFromWitnesses = true;
    await world.advance(1800);
    world.move(SECOND);
    for (const node of world.nodes) node.isCutOffFromWitnesses = false;
    await world.advance(120);
    expect(world.writes).toHaveLength(1);
    expect(world.values()).toBe(SECOND);
  });
});
