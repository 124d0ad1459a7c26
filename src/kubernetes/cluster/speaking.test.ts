import { afterEach, expect, it } from "vitest";
import { HAPPENING_KINDS } from "#state/happening.ts";
import { ClusterWorld } from "#testing/cluster-world.ts";
import type { WorldNode } from "#testing/cluster-world/node.ts";
import { desired } from "#testing/engine-world.ts";

let world: ClusterWorld;
afterEach(() => world.close());

/** What a node tells people of. */
function told({ engine }: WorldNode): readonly string[] {
  const kinds = HAPPENING_KINDS.filter((kind) => engine.speaks({ kind, at: new Date(0), title: kind }));
  return [...kinds, ...(engine.speaks("beat") ? ["beat"] : [])];
}

const ALL = [...HAPPENING_KINDS, "beat"];
/** By whoever did it. */
const DONE = ["record-changed", "record-failed", "credentials-refused"];

it("of what all nodes see, the leader tells, and every node of what it did itself", async () => {
  world = new ClusterWorld().start();
  const leader = await world.settle();
  expect(world.nodes.map(told)).toEqual(world.nodes.map((node) => (node === leader ? ALL : DONE)));
});

it("nodes with records of their own tell everything", async () => {
  world = new ClusterWorld({ isPerNode: true, records: (node) => [desired(`${node}.example.org`)] }).start();
  await world.advance(30);
  expect(world.nodes.map(told)).toEqual(world.nodes.map(() => ALL));
});
