import { afterEach, describe, expect, it } from "vitest";
import { orderOfTurns } from "#kubernetes/cluster/turns.ts";
import type { WorldNode } from "#testing/cluster-world/node.ts";
import { ClusterWorld, SECOND } from "#testing/cluster-world.ts";

let world: ClusterWorld;
afterEach(async () => {
  await world.close();
  expect(world.violations).toEqual([]);
});

/** A cluster whose nodes know each other. @returns them in the order of their turns, the leader first */
async function settled(nodes: number): Promise<readonly WorldNode[]> {
  world = new ClusterWorld({ nodes }).start();
  await world.settle();
  await world.advance(210);
  expect(world.shared?.members).toHaveLength(nodes);
  const order = orderOfTurns("home.example.org/A", world.shared!);
  return order.map((name) => world.nodes.find((node) => node.name === name)!);
}

function writers(): readonly string[] {
  return world.writes.map(({ node, address }) => `${node} ${address}`);
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
      expect(writers()).toEqual([`${next!.name} ${SECOND}`]);
      expect(readers().toSorted()).toEqual([leader!.name, next!.name].toSorted());
    });

    it("by several: one after the other tries, until one can", async () => {
      const [a, b, c, d] = await settled(10);
      for (const node of [a, b, c]) node!.toProvider.cut(how);
      world.move(SECOND);
      await world.advance(200);
      expect(writers()).toEqual([`${d!.name} ${SECOND}`]);
      expect(readers().toSorted()).toEqual([a, b, c, d].map((node) => node!.name).toSorted());
      const firsts = [b, c, d].map((node) => node!.reads[0]!.at);
      expect(firsts).toEqual(firsts.toSorted((x, y) => x - y));
    });

    it.each([
      [3, 1800],
      [10, 1800],
      [100, 480],
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
      expect(writers()).toEqual([`${nodes[2]!.name} ${SECOND}`]);
    });
  },
);

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
