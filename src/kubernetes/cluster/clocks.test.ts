import { afterEach, describe, expect, it } from "vitest";
import { ClusterWorld, FIRST, SECOND, THIRD } from "#testing/cluster-world.ts";

const YEAR = 365 * 86_400_000;

let world: ClusterWorld;
afterEach(async () => {
  await world.close();
  expect(world.violations).toEqual([]);
});

describe("clocks", () => {
  it("that are years apart change nothing", async () => {
    world = new ClusterWorld({ skews: [10 * YEAR, -5 * YEAR, 86_400_000] }).start();
    await world.settle();
    await world.advance(210);
    for (const [index, address] of [SECOND, THIRD, FIRST].entries()) {
      world.move(address);
      await world.advance(60);
      expect(world.writes).toHaveLength(index + 1);
      const { leader } = world;
      leader.kill();
      await world.settle();
      await world.advance(800);
      expect(world.roles).toEqual(["following", "leading"]);
      leader.start();
      await world.advance(60);
    }
  });

  it.each([-YEAR, YEAR])("that are set (%d ms) change nothing", async (skew) => {
    world = await ClusterWorld.settled();
    world.leader.clock.dateSkew = skew;
    await world.advance(1200);
    expect(world.roles).toEqual(["following", "following", "leading"]);
    world.move(SECOND);
    await world.advance(60);
    expect(world.writes).toHaveLength(1);
  });
});
