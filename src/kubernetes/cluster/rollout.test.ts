import { afterEach, describe, expect, it } from "vitest";
import { ClusterWorld, FIRST } from "#testing/cluster-world.ts";
import { desired } from "#testing/engine-world.ts";

const HOME = "home.example.org/A";

let world: ClusterWorld;
afterEach(async () => {
  await world.close();
  expect(world.violations).toEqual([]);
});

describe("a configuration that comes to one node after the other", () => {
  it("adds a record: one write of it, and no quarrel over it with a leader that does not know it", async () => {
    world = await ClusterWorld.settled();
    const [follower] = world.followers;
    const stopped = follower!.stop();
    await world.advance(12);
    await stopped;
    follower!.records = [desired(), desired("www.example.org")];
    follower!.start();
    const since = world.clock.now();
    await world.advance(600);
    expect(world.writes.map(({ record }) => record)).toEqual(["www.example.org/A"]);
    expect(follower!.reads.length).toBeLessThan(3);
    expect(world.updates(since)).toBeLessThan(15);
    expect(world.shared!.published.get("www.example.org/A")?.text).toBe(FIRST);
  });

  it("takes a record away: a new leader forgets it", async () => {
    world = new ClusterWorld({ records: [desired(), desired("www.example.org")] }).start();
    await world.settle();
    await world.advance(30);
    for (const node of world.nodes) {
      node.kill();
      node.records = [desired()];
      node.start();
    }
    await world.settle();
    expect([...world.shared!.published.keys()]).toEqual([HOME]);
  });
});
