import { afterEach, expect, it } from "vitest";
import { ClusterWorld, FIRST, SECOND, THIRD } from "#testing/cluster-world.ts";
import { desired } from "#testing/engine-world.ts";

/** In the record that the cluster shares with others: no node can tell by looking that it is not ours. */
const THEIRS = "44.128.99.1";

let world: ClusterWorld;
afterEach(async () => {
  await world.close();
  expect(world.violations).toEqual([]);
});

async function settled(nodes: number): Promise<void> {
  world = new ClusterWorld({ nodes, records: [desired("home.example.org", "A", { mode: "merge" })] });
  world.provider.put("home.example.org", "A", [FIRST, THEIRS]);
  world.start();
  await world.settle();
  await world.advance(210);
}

function values(): readonly string[] {
  return world.values().split(",").toSorted();
}

/** The leader cannot, so the follower writes. */
async function takenOver(): Promise<void> {
  await settled(2);
  world.leader.toProvider.cut("refused");
  world.move(SECOND);
  await world.advance(60);
  expect(world.writes.map(({ node }) => node)).toEqual([world.followers[0]?.name]);
  expect(values()).toEqual([SECOND, THEIRS]);
}

it("a leader takes out of a shared set what another one has put there in its place, and it never saw", async () => {
  await takenOver();
  const { leader, followers } = world;
  followers[0]?.kill();
  world.move(THIRD);
  await world.advance(5);
  leader.toProvider.mend();
  await world.advance(120);
  expect(world.writes.slice(1).map(({ node }) => node)).toEqual([leader.name]);
  expect(values()).toEqual([THIRD, THEIRS]);
});

it("a follower does so in a leader's place, time and again", async () => {
  await takenOver();
  for (const address of [FIRST, SECOND, THIRD]) {
    world.move(address);
    await world.advance(60);
    expect(values()).toEqual([address, THEIRS]);
  }
  expect(new Set(world.writes.map(({ node }) => node)).size).toBe(1);
});

it.each([
  ["follows before it is told anything", "following", 10],
  ["detects for itself before it is told anything", "alone", 35],
])("a follower does so that %s", async (_, role, silence) => {
  await settled(2);
  const [{ leader }, [follower]] = [world, world.followers];
  leader.toProvider.cut("refused");
  follower!.kill();
  world.move(SECOND);
  await world.advance(15);
  follower!.toApi.cut("refused");
  follower!.start();
  await world.advance(silence);
  expect([follower!.role, world.writes]).toEqual([role, []]);
  expect(world.shared?.published.get("home.example.org/A")?.text).toBe(FIRST);
  follower!.toApi.mend();
  await world.until(() => world.writes.length > 0, 60, "it writes");
  expect([follower!.role, world.writes[0]?.node]).toEqual(["following", follower!.name]);
  await world.advance(60);
  expect(values()).toEqual([SECOND, THEIRS]);
});
