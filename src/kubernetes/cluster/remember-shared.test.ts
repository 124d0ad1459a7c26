import { afterEach, describe, expect, it } from "vitest";
import type { RecordId } from "#core/record.ts";
import { rememberShared, rememberTakeovers } from "#kubernetes/cluster/remember-shared.ts";
import { MemoryStore } from "#store/memory-store.ts";
import { ClusterWorld, FIRST, SECOND, THIRD } from "#testing/cluster-world.ts";
import { address, desired } from "#testing/engine-world.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { shared } from "#testing/shared-address.ts";

const HOME: RecordId = "home.example.org/A";
const into = () => ({ store: new MemoryStore(), clock: new ManualClock(), records: [desired()] });

describe("what a node remembers of a shared address", () => {
  it("is what was known and published, as of when it was", () => {
    const node = into();
    const changedAt = new Date("2025-12-24");
    rememberShared(shared({ changedAt }), node);
    expect(node.store.beliefs().get(4)).toMatchObject({
      kind: "known",
      address: address(FIRST),
      since: changedAt,
      lastRound: shared().detectedAt,
    });
    expect(node.store.publishedIn(HOME)?.address).toEqual(address(FIRST));
  });

  it("is nothing new when it knows it already", () => {
    const node = into();
    const at = new Date("2020-01-01");
    node.store.setPublished({ record: HOME, address: address(FIRST), ttl: 300, at });
    rememberShared(shared(), node);
    expect(node.store.publishedIn(HOME)).toEqual({ record: HOME, address: address(FIRST), ttl: 300, at });
  });

  it("is the same belief with what its own witnesses said, where it knows the address already", () => {
    const node = into();
    const at = new Date("2020-01-01");
    const belief = { family: 4, kind: "known", address: address(FIRST), since: at, lastRound: at } as const;
    node.store.setBelief({ ...belief, for: ["stun:alpha"], against: ["stun:bravo"] });
    rememberShared(shared({ changedAt: new Date("2025-12-24") }), node);
    expect(node.store.beliefs().get(4)).toEqual({ ...belief, for: ["stun:alpha"], against: ["stun:bravo"] });
  });

  it("is for a leader what others made right in its place, and nothing that is not the address", () => {
    const node = into();
    rememberShared(shared({ published: new Map() }), node);
    rememberTakeovers(shared({ published: new Map([[HOME, address(SECOND)]]) }), node);
    expect(node.store.publishedIn(HOME)).toBeUndefined();
    rememberTakeovers(shared(), node);
    expect(node.store.publishedIn(HOME)?.address).toEqual(address(FIRST));
  });
});

describe("a new leader", () => {
  let world: ClusterWorld;
  afterEach(async () => {
    await world.close();
    expect(world.violations).toEqual([]);
  });

  it.each([
    ["that the leader before had put there", false],
    ["that another node had put there in the leader's place", true],
  ])("takes the old address out of a set that is shared with others, %s", async (_, isTakenOver) => {
    const records = [desired("home.example.org", "A", { mode: "merge" })];
    const theirs = "44.128.99.1";
    world = new ClusterWorld({ records });
    world.provider.put("home.example.org", "A", [THIRD, theirs]);
    world.move(THIRD);
    world.start();
    const leader = await world.settle();
    await world.advance(60);
    if (isTakenOver) leader.toProvider.cut("refused");
    world.move(FIRST);
    await world.advance(60);
    expect(world.writes.map(({ node }) => node === leader.name)).toEqual([!isTakenOver]);
    // Before the next one leads, so that it never finds the record right
    leader.kill();
    world.move(SECOND);
    await world.settle();
    await world.advance(60);
    expect(world.values().split(",").toSorted()).toEqual([SECOND, theirs]);
  });

  it("does so after all have been started anew, and the address has changed meanwhile", async () => {
    const records = [desired("home.example.org", "A", { mode: "merge" })];
    const theirs = "44.128.99.1";
    world = new ClusterWorld({ records });
    world.provider.put("home.example.org", "A", [FIRST, theirs]);
    world.start();
    await world.settle();
    await world.advance(60);
    for (const node of world.nodes) node.kill();
    world.move(SECOND);
    world.start();
    await world.settle();
    await world.advance(60);
    expect(world.values().split(",").toSorted()).toEqual([SECOND, theirs]);
  });
});
