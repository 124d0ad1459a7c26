import { afterEach, describe, expect, it } from "vitest";
import type { RecordId } from "#core/record.ts";
import { rememberShared, rememberTakeovers } from "#kubernetes/cluster/remember-shared.ts";
import { MemoryStore } from "#store/memory-store.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { shared } from "#testing/shared-address.ts";
import { ClusterWorld, FIRST, SECOND, THIRD } from "#testing/cluster-world.ts";
import { address, desired } from "#testing/engine-world.ts";
import type { Data } from "#kubernetes/cluster/shared-address-data.ts";

const HOME: RecordId = "home.example.org/A";

let world: ClusterWorld;
afterEach(async () => {
  await world.close();
  expect(world.violations).toEqual([]);
});

describe("somebody who may write to the ConfigMap, and to nothing else", () => {
  it.each<readonly [string, (data: Data, leader: string, follower: string) => Data]>([
    ["in the name of another leader", (data, _, leader) => ({ ...data, leader })],
    ["in a reign of his own", (data, _, leader) => ({ ...data, epoch: "500", leader })],
    ["in the leader's place", (data, node) => ({ ...data, epoch: "9", passed: `{"${HOME}":["${node}"]}` })],
    ["in the last version of all", (data, _, leader) => ({ ...data, sequence: String(2 ** 40), leader })],
  ])("moves no record: %s", async (_, lie) => {
    world = await ClusterWorld.settled();
    const [leader, follower] = [world.leader.name, world.followers[0]!.name];
    world.edit({ ...lie(world.data!, leader, follower), current_ip: THIRD });
    await world.advance(1200);
    expect(world.sent).toEqual([]);
    expect(world.roles).toEqual(["following", "following", "leading"]);
    expect(world.shared!.addresses.get(4)?.text).toBe(FIRST);
  });

  it("moves no record by saying it again and again, and makes one node at a time ask its witnesses", async () => {
    world = await ClusterWorld.settled();
    let epoch = 100;
    for (let turn = 0; turn < 60; turn += 1) {
      const { name } = world.nodes[turn % 3]!;
      world.edit({ ...world.data, current_ip: THIRD, leader: name, epoch: String((epoch += 10)) });
      await world.advance(2);
    }
    expect(world.sent).toEqual([]);
    await world.advance(120);
    await world.settle();
    world.move(SECOND);
    await world.advance(60);
    expect(world.writes.map(({ address }) => address)).toEqual([SECOND]);
  });

  it.each([0.2, 5])("delays a change by about a minute, writing every %d s", async (pause) => {
    world = await ClusterWorld.settled();
    let epoch = 1000;
    const meddle = async () => {
      epoch += 5;
      const lie = { current_ip: FIRST, published: `{"${HOME}":"${FIRST}"}`, epoch: String(epoch) };
      world.edit({ ...world.data, ...lie, detected_at: new Date(world.clock.now()).toISOString() });
      await world.advance(pause);
    };
    for (const end = world.clock.now() + 45_000; world.clock.now() < end;) await meddle();
    const since = world.clock.now();
    world.move(SECOND);
    while (world.writes.length === 0 && world.clock.now() < since + 90_000) await meddle();
    expect(world.writes.map(({ address }) => address)).toEqual([SECOND]);
  });

  it.each(["epoch", "sequence"])("stops nobody from following by the last %s of all", async (key) => {
    world = await ClusterWorld.settled();
    for (const count of [2 ** 40, 2 ** 40 - 1]) {
      world.edit({ ...world.data, [key]: String(count) });
      await world.advance(120);
      const since = world.clock.now();
      await world.settle();
      await world.advance(600);
      expect(world.roles).toEqual(["following", "following", "leading"]);
      expect(world.updates(since)).toBeLessThan(20);
    }
    world.move(SECOND);
    await world.advance(60);
    expect(world.writes.map(({ node, address }) => [node, address])).toEqual([[world.leader.name, SECOND]]);
    for (const { engine } of world.nodes)
      expect([...engine.state().shared!.addresses.values()].map(({ text }) => text)).toEqual([SECOND]);
  });

  it("takes nothing of others out of a record that the leader shares with them", async () => {
    world = await ClusterWorld.settled({ records: [desired("home.example.org", "A", { mode: "merge" })] });
    world.provider.put("home.example.org", "A", [FIRST, THIRD]);
    await world.advance(700);
    world.edit({ ...world.data, published: `{"${HOME}":"${THIRD}"}` });
    await world.advance(700);
    world.move(SECOND);
    await world.advance(60);
    expect(world.values().split(",").toSorted()).toEqual([SECOND, THIRD].toSorted());
  });

  it("fills no memory with records that nobody has", () => {
    const store = new MemoryStore();
    const into = { store, clock: new ManualClock(), records: [desired()] };
    for (let turn = 0; turn < 20; turn += 1) {
      const made = Array.from({ length: 50 }, (_, index): RecordId => `r${turn}-${index}.example.org/A`);
      const published = new Map([HOME, ...made].map((id) => [id, address(FIRST)] as const));
      rememberShared(shared({ published }), into);
      rememberTakeovers(shared({ published }), into);
    }
    expect([...store.published().keys()]).toEqual([HOME]);
  });

  it("fills no log by spoiling it again and again", async () => {
    world = await ClusterWorld.settled();
    for (let turn = 0; turn < 100; turn += 1) {
      world.edit({ ...world.data, epoch: `x${turn}` });
      await world.advance(1);
    }
    for (const { log } of world.nodes) expect(log.messages("warn").length).toBeLessThan(10);
  });
});

describe("a shared address that somebody", () => {
  it.each([
    ["deletes", () => world.deleteShared()],
    ["empties", () => world.edit({})],
    ["spoils the address of", () => world.edit({ ...world.data, current_ip: "no address" })],
    ["spoils the epoch of", () => world.edit({ ...world.data, epoch: "-1" })],
    ["spoils the marks of", () => world.edit({ ...world.data, published: "{" })],
    ["spoils the date of", () => world.edit({ ...world.data, detected_at: "yesterday" })],
  ])("%s is told anew within a second, and nobody asks or writes anything", async (_, harm) => {
    world = await ClusterWorld.settled();
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
    world = await ClusterWorld.settled();
    const before = world.data!;
    world.edit({ ...before, [key]: text });
    await world.advance(1);
    if (key !== "passed") expect(world.data![key]).toBe(before[key]);
    await world.advance(700);
    for (const { reads, questions, role } of world.followers)
      expect([reads, questions, role]).toEqual([[], [], "following"]);
    world.move(SECOND);
    await world.advance(60);
    expect(world.writers).toEqual([`${world.leader.name} ${SECOND}`]);
  });

  it.each([
    ["takes the marks out of", "{}"],
    ["writes other marks into", `{"${HOME}":"${THIRD}"}`],
  ])("%s has its own marks back within a second, and nobody looks or writes", async (_, published) => {
    world = await ClusterWorld.settled();
    world.edit({ ...world.data, published });
    await world.advance(1);
    expect(world.shared!.published.get(HOME)?.text).toBe(FIRST);
    await world.advance(200);
    expect(world.followers.flatMap(({ reads }) => reads)).toEqual([]);
    expect(world.sent).toEqual([]);
  });

  it("counts down in is counted on from where it was, so that all others take it", async () => {
    world = await ClusterWorld.settled();
    const { sequence } = world.shared!;
    world.edit({ ...world.data, sequence: "1" });
    await world.advance(110);
    expect(world.shared!.sequence).toBeGreaterThan(sequence);
    await world.advance(700);
    expect(world.roles).toEqual(["following", "following", "leading"]);
  });

  it.each([
    ["empties", () => world.edit({})],
    ["spoils", () => world.edit({ ...world.data, epoch: "x" })],
  ])("%s while nobody can see it is taken by all when they can", async (_, harm) => {
    world = await ClusterWorld.settled();
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
    world = await ClusterWorld.settled();
    const { leader } = world;
    world.edit({ ...world.data, epoch: "999999999999" });
    await world.advance(5);
    expect(leader.log.messages("warn")).toContain("Another leader has written since");
    await world.settle();
    expect(world.leader).not.toBe(leader);
    expect(world.shared!.epoch).toBe(1_000_000_000_000);
    world.move(SECOND);
    await world.advance(60);
    expect(world.writers).toEqual([`${world.leader.name} ${SECOND}`]);
  });

  it("restores from a backup of an earlier reign is told anew by the next sign of life", async () => {
    world = await ClusterWorld.settled();
    const backup = world.data!;
    world.leader.kill();
    await world.settle();
    world.move(SECOND);
    await world.advance(200);
    world.edit(backup);
    await world.advance(110);
    expect(world.shared!.addresses.get(4)?.text).toBe(SECOND);
    await world.advance(900);
    expect(world.writers).toEqual([`${world.leader.name} ${SECOND}`]);
    expect(world.roles).toEqual(["following", "leading"]);
  });

  it("undoes without end is not fought over at the speed of the network", async () => {
    world = await ClusterWorld.settled();
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
