import { afterEach, describe, expect, it } from "vitest";
import { ClusterWorld, SECOND } from "#testing/cluster-world.ts";
import { desired } from "#testing/engine-world.ts";

let world: ClusterWorld;
afterEach(async () => {
  await world.close();
  expect(world.violations).toEqual([]);
});

const TWO = [desired(), desired("www.example.org"), desired("home.example.org", "AAAA")];

describe.each([3, 10, 100])("a cluster of %d", { timeout: 60_000 }, (nodes) => {
  it("writes each record once when the address changes, and the others ask nobody", async () => {
    world = new ClusterWorld({ nodes, records: TWO }).start();
    world.move("2a10:ed1:77::1", 6);
    const leader = await world.settle();
    await world.advance(100);
    const since = world.clock.now();
    world.move(SECOND);
    await world.advance(100);
    // Who leads looks at the Lease every two seconds, three others every three, and all others every thirty
    const looks = world.api.requests.filter(({ plural, at }) => plural === "leases" && at >= since).length;
    expect(looks).toBeLessThan(50 + 3 * 45 + nodes * 5);
    expect(world.writes.map(({ record, address, node }) => [record, address, node])).toEqual([
      ["home.example.org/A", SECOND, leader.name],
      ["www.example.org/A", SECOND, leader.name],
    ]);
    for (const { reads, questions } of world.followers) expect([reads, questions]).toEqual([[], []]);
  });

  it("is started anew without a write", async () => {
    world = new ClusterWorld({ nodes }).start();
    await world.settle();
    await world.advance(30);
    const ended = Promise.all(world.nodes.map((node) => node.stop()));
    await world.advance(15);
    await ended;
    world.start();
    await world.settle();
    await world.advance(60);
    expect(world.sent).toEqual([]);
  });
});

describe("a cluster in which nothing changes", { timeout: 60_000 }, () => {
  it("writes nothing for hours, and one node alone asks", async () => {
    world = new ClusterWorld({ nodes: 3, isWatched: false }).start();
    const leader = await world.settle();
    const since = world.clock.now();
    await world.advance(3 * 3600);
    expect(world.leader).toBe(leader);
    expect(world.sent).toEqual([]);
    for (const { reads, questions } of world.followers) expect([reads, questions]).toEqual([[], []]);
    // A sign of life for each third of five minutes
    const beats = world.updates(since);
    expect(beats).toBeGreaterThan(100);
    expect(beats).toBeLessThan(112);
    // One probe for each ten seconds, and two or three witnesses for each five minutes
    expect(leader.questions.length).toBeLessThan(3 * (360 + 12 * 5) * 1.1);
    expect(leader.reads.length).toBeLessThan(3 * 7);
  });
});
