import { afterEach, describe, expect, it } from "vitest";
import { recordId } from "#core/record.ts";
import { orderOfTurns } from "#kubernetes/cluster/turns.ts";
import type { WorldNode } from "#testing/cluster-world/node.ts";
import { ClusterWorld, SECOND, THIRD } from "#testing/cluster-world.ts";
import { desired } from "#testing/engine-world.ts";

let world: ClusterWorld;
afterEach(async () => {
  await world.close();
  expect(world.violations).toEqual([]);
});

/** A cluster whose nodes know each other. @returns them in the order of their turns, the leader first */
async function settled(nodes: number, records = [desired()]): Promise<readonly WorldNode[]> {
  world = new ClusterWorld({ nodes, records }).start();
  await world.settle();
  await world.advance(210);
  expect(world.shared?.members).toHaveLength(nodes);
  const order = orderOfTurns(recordId(records[0]!), world.shared!);
  return order.map((name) => world.nodes.find((node) => node.name === name)!);
}

function readers(): readonly string[] {
  return world.nodes.filter(({ reads }) => reads.length > 0).map(({ name }) => name);
}

describe.each(["refused", "silent"] as const)(
  "a provider that cannot be reached (%s)",
  { timeout: 60_000 },
  (how) => {
    it("by the leader: the next one in order writes, and nobody else asks", async () => {
      const [leader, next] = await settled(10);
      leader!.toProvider.cut(how);
      world.move(SECOND);
      await world.advance(200);
      expect(world.writers).toEqual([`${next!.name} ${SECOND}`]);
      expect(readers().toSorted()).toEqual([leader!.name, next!.name].toSorted());
    });

    it("by several: one after the other tries, until one can", async () => {
      const [a, b, c, d] = await settled(10);
      for (const node of [a, b, c]) node!.toProvider.cut(how);
      world.move(SECOND);
      await world.advance(200);
      expect(world.writers).toEqual([`${d!.name} ${SECOND}`]);
      expect(readers().toSorted()).toEqual([a, b, c, d].map((node) => node!.name).toSorted());
      const firsts = [b, c, d].map((node) => node!.reads[0]!.at);
      expect(firsts).toEqual(firsts.toSorted((x, y) => x - y));
    });

    it.each<readonly [number, number]>([
      [3, 1800],
      [10, 900],
      ...(how === "refused" ? [[100, 300] as const] : []),
    ])(
      "by all %d for %d s: they ask little more than one would, and then one writes",
      async (nodes, span) => {
        await settled(nodes);
        for (const node of world.nodes) node.toProvider.cut(how);
        world.move(SECOND);
        await world.advance(span);
        const asked = world.nodes.reduce((sum, { reads }) => sum + reads.length, 0);
        expect(asked).toBeLessThan(80);
        for (const node of world.nodes) node.toProvider.mend();
        await world.advance(nodes === 100 ? 100 : 360);
        expect(world.writes.map(({ address }) => address)).toEqual([SECOND]);
        expect(world.values()).toBe(SECOND);
      },
    );

    it("by all, and then by one again that is neither the leader nor the next", async () => {
      const nodes = await settled(3);
      for (const node of nodes) node.toProvider.cut(how);
      world.move(SECOND);
      await world.advance(300);
      nodes[2]!.toProvider.mend();
      await world.advance(420);
      expect(world.writers).toEqual([`${nodes[2]!.name} ${SECOND}`]);
    });
  },
);

describe("a provider that is away while nothing changes", () => {
  it("is asked by the leader alone, and nobody has anything to note", async () => {
    await settled(10);
    for (const node of world.nodes) node.toProvider.cut("refused");
    await world.advance(600);
    const since = world.clock.now();
    await world.advance(1200);
    expect(readers()).toEqual([world.leader.name]);
    // Its signs of life
    expect(world.updates(since)).toBeLessThan(15);
  });
});

describe("a node that is paused while it takes over", () => {
  it.each([
    ["right before it reads", 0],
    ["between reading and writing", 1],
    ["while its write is on its way", 2],
  ])("%s: it writes nothing that is not true any more when it goes on", async (_, moment) => {
    const [leader, next, third] = await settled(3);
    leader!.toProvider.cut("refused");
    const { latency } = next!.toProvider;
    if (moment === 0) next!.onAsk = ({ method }) => method === "PUT" && next!.pause();
    if (moment === 1) next!.onRead = () => next!.pause();
    if (moment === 2) next!.onSend = () => next!.pause();
    world.move(SECOND);
    await world.advance(90);
    expect(world.values()).toBe(SECOND);
    world.move(THIRD);
    await world.advance(90);
    expect(world.values()).toBe(THIRD);
    expect([third!.name, next!.toProvider.latency]).toEqual([world.writes.at(-1)!.node, latency]);
    await next!.goOn();
    await world.advance(300);
    expect(world.values()).toBe(THIRD);
    expect(world.writes).toHaveLength(2);
    expect(next!.role).toBe("following");
  });

  it("in the middle of several records: it writes no more of them", async () => {
    const records = Array.from({ length: 9 }, (_, index) => desired(`r${index}.example.org`));
    const [leader, ...followers] = await settled(3, records);
    leader!.toProvider.cut("refused");
    let paused: WorldNode | undefined;
    for (const node of followers) {
      node.onSend = () => {
        if (!paused) node.pause();
        paused ??= node;
      };
    }
    world.move(SECOND);
    await world.advance(120);
    // It is the first one in turn for more than this one
    expect(paused!.sent).toHaveLength(1);
    world.move(THIRD);
    await world.advance(120);
    await paused!.goOn();
    await world.advance(120);
    expect(paused!.sent).toHaveLength(1);
    for (const { name } of records) expect(world.values(`${name}/A`)).toBe(THIRD);
  });

  it("with the API server away, and long after", async () => {
    await settled(3);
    for (const { toApi } of world.nodes) toApi.cut("silent");
    await world.advance(700);
    expect(world.alive.map(({ role }) => role)).toEqual(["alone", "alone", "alone"]);
    let paused: WorldNode | undefined;
    for (const node of world.nodes) {
      const before = node.reads.length;
      node.onRead = () => {
        // The first reading is the plan's, the second one of whoever compares before it writes
        if (node.reads.length < before + 2) return;
        if (!paused) node.pause();
        paused ??= node;
      };
    }
    world.move(SECOND);
    await world.advance(300);
    expect(paused).toBeDefined();
    expect(world.values()).toBe(SECOND);
    world.move(THIRD);
    await world.advance(300);
    expect(world.values()).toBe(THIRD);
    await paused!.goOn();
    await world.advance(120);
    expect(world.values()).toBe(THIRD);
    expect(world.writes).toHaveLength(2);
  });
});

describe("a cluster that has just begun", () => {
  it(
    "takes over one at a time although the leader knows of no other node yet",
    { timeout: 60_000 },
    async () => {
      world = new ClusterWorld({ nodes: 100 });
      world.nodes.forEach((node, index) => {
        if (index === 0) node.toProvider.cut("refused");
      });
      world.publish(SECOND);
      world.start();
      const leader = await world.settle();
      expect(leader).toBe(world.nodes[0]);
      await world.advance(120);
      expect(world.writes).toHaveLength(1);
      expect(readers().length).toBeLessThan(5);
    },
  );
});
