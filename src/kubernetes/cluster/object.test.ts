import { afterEach, describe, expect, it } from "vitest";
import { ClusterWorld, FIRST, SECOND, THIRD } from "#testing/cluster-world.ts";
import { desired } from "#testing/engine-world.ts";

const YEAR = 365 * 86_400_000;
const HOME = "home.example.org/A";

let world: ClusterWorld;
afterEach(async () => {
  await world.close();
  expect(world.violations).toEqual([]);
});

function writers(): readonly string[] {
  return world.writes.map(({ node, address }) => `${node} ${address}`);
}

function roles(): readonly string[] {
  return world.alive.map(({ role }) => role).toSorted();
}

async function settled(nodes = 3): Promise<void> {
  world = new ClusterWorld({ nodes }).start();
  await world.settle();
  await world.advance(210);
}

describe("a shared address that somebody", () => {
  it.each([
    ["deletes", () => world.deleteShared()],
    ["empties", () => world.edit({})],
    ["spoils the address of", () => world.edit({ ...world.data, current_ip: "no address" })],
    ["spoils the epoch of", () => world.edit({ ...world.data, epoch: "-1" })],
    ["spoils the marks of", () => world.edit({ ...world.data, published: "{" })],
    ["spoils the date of", () => world.edit({ ...world.data, detected_at: "yesterday" })],
  ])("%s is told anew within a second, and nobody asks or writes anything", async (_, harm) => {
    await settled();
    const { addresses, published, members } = world.shared!;
    const { leader } = world;
    harm();
    await world.advance(1);
    expect(world.shared).toMatchObject({ addresses, published, members, leader: leader.name });
    await world.advance(300);
    expect(world.leaders).toEqual([leader]);
    for (const { reads, questions, role } of world.followers)
      expect([reads, questions, role]).toEqual([[], [], "following"]);
    expect(world.sent).toEqual([]);
  });

  it.each([
    ["current_ip", THIRD],
    ["valid_for_seconds", "1"],
    ["valid_for_seconds", "999999999999999"],
    ["epoch", "999999999999999"],
    ["leader", "node-3"],
    ["members", "[]"],
    ["passed", `{"${HOME}":["node-1"]}`],
    ["detected_at", "1999-01-01T00:00:00Z"],
    ["detected_at", "2099-01-01T00:00:00Z"],
    ["agreement", "all agree"],
  ])("says another %s in (%s) is mended within a second, and nobody acts on it", async (key, text) => {
    await settled();
    const before = world.data!;
    world.edit({ ...before, [key]: text });
    await world.advance(1);
    if (key !== "passed") expect(world.data![key]).toBe(before[key]);
    await world.advance(700);
    for (const { reads, questions, role } of world.followers)
      expect([reads, questions, role]).toEqual([[], [], "following"]);
    world.move(SECOND);
    await world.advance(60);
    expect(writers()).toEqual([`${world.leader.name} ${SECOND}`]);
  });

  it.each([
    ["takes the marks out of", "{}"],
    ["writes other marks into", `{"${HOME}":"${THIRD}"}`],
  ])("%s has its own marks back within a second, and nobody looks or writes", async (_, published) => {
    await settled();
    world.edit({ ...world.data, published });
    await world.advance(1);
    expect(world.shared!.published.get(HOME)?.text).toBe(FIRST);
    await world.advance(200);
    expect(world.followers.flatMap(({ reads }) => reads)).toEqual([]);
    expect(world.sent).toEqual([]);
  });

  it("counts down in is counted on from where it was, so that all others take it", async () => {
    await settled();
    const { sequence } = world.shared!;
    world.edit({ ...world.data, sequence: "1" });
    await world.advance(110);
    expect(world.shared!.sequence).toBeGreaterThan(sequence);
    await world.advance(700);
    expect(roles()).toEqual(["following", "following", "leading"]);
  });

  it.each([
    ["empties", () => world.edit({})],
    ["spoils", () => world.edit({ ...world.data, epoch: "x" })],
  ])("%s while nobody can see it is taken by all when they can", async (_, harm) => {
    await settled();
    await world.advance(900);
    world.api.freeze();
    await world.advance(20);
    world.api.endWatches("cut");
    await world.advance(5);
    harm();
    world.api.objects.compact();
    await world.advance(40);
    world.api.thaw();
    await world.settle();
    await world.advance(70);
    const { epoch, sequence } = world.shared!;
    for (const { engine } of world.alive) expect(engine.state().shared).toMatchObject({ epoch, sequence });
  });

  it("writes a higher epoch into: another leader goes on from there", async () => {
    await settled();
    const { leader } = world;
    world.edit({ ...world.data, epoch: "999999999999" });
    await world.advance(5);
    expect(leader.log.messages("warn")).toContain("Another leader has written since");
    await world.settle();
    expect(world.leader).not.toBe(leader);
    expect(world.shared!.epoch).toBe(1_000_000_000_000);
    world.move(SECOND);
    await world.advance(60);
    expect(writers()).toEqual([`${world.leader.name} ${SECOND}`]);
  });

  it("restores from a backup of an earlier reign is told anew by the next sign of life", async () => {
    await settled();
    const backup = world.data!;
    world.leader.kill();
    await world.settle();
    world.move(SECOND);
    await world.advance(200);
    world.edit(backup);
    await world.advance(110);
    expect(world.shared!.addresses.get(4)?.text).toBe(SECOND);
    await world.advance(900);
    expect(writers()).toEqual([`${world.leader.name} ${SECOND}`]);
    expect(roles()).toEqual(["following", "leading"]);
  });

  it("undoes without end is not fought over at the speed of the network", async () => {
    await settled();
    const meddle = () => world.edit({ ...world.data, leader: "me" });
    const since = world.clock.now();
    const stubborn = world.api.objects.listen(({ object }) => {
      if (object.metadata.name === "esddns-wan-ip") queueMicrotask(meddle);
    });
    meddle();
    await world.advance(60);
    stubborn();
    expect(world.updates(since)).toBeGreaterThan(20);
    expect(world.updates(since)).toBeLessThan(100);
    await world.advance(20);
    expect(world.data!["leader"]).toBe(world.leader.name);
  });
});

describe("a leader that cannot tell", () => {
  it("writes the change all the same, and nobody else does although all detect for themselves", async () => {
    await settled();
    const { leader } = world;
    world.api.fail({
      status: 403,
      times: Infinity,
      when: ({ verb, name }) => verb === "update" && name === "esddns-wan-ip",
    });
    await world.advance(700);
    expect(roles()).toEqual(["alone", "alone", "leading"]);
    world.move(SECOND);
    await world.advance(300);
    expect(writers()).toEqual([`${leader.name} ${SECOND}`]);
    expect(leader.log.messages("warn")).toEqual(["The shared address cannot be written"]);
    world.api.heal();
    await world.settle();
    await world.advance(300);
    expect(world.shared!.published.get(HOME)?.text).toBe(SECOND);
    expect(world.writes).toHaveLength(1);
  });
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
      expect(roles()).toEqual(["following", "leading"]);
      leader.start();
      await world.advance(60);
    }
  });

  it.each([-YEAR, YEAR])("that are set (%d ms) change nothing", async (skew) => {
    await settled();
    world.leader.clock.dateSkew = skew;
    await world.advance(1200);
    expect(roles()).toEqual(["following", "following", "leading"]);
    world.move(SECOND);
    await world.advance(60);
    expect(world.writes).toHaveLength(1);
  });
});

describe("a configuration that comes to one node after the other", () => {
  it("adds a record: one write of it, and no quarrel over it with a leader that does not know it", async () => {
    await settled();
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
