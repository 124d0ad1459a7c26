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

async function settled(options: ConstructorParameters<typeof ClusterWorld>[0] = {}): Promise<void> {
  world = new ClusterWorld(options).start();
  await world.settle();
  await world.advance(210);
}

describe("somebody who may write to the ConfigMap, and to nothing else", () => {
  it.each<readonly [string, (data: Data, leader: string, follower: string) => Data]>([
    ["in the name of another leader", (data, _, leader) => ({ ...data, leader })],
    ["in a reign of his own", (data, _, leader) => ({ ...data, epoch: "500", leader })],
    ["in the leader's place", (data, node) => ({ ...data, epoch: "9", passed: `{"${HOME}":["${node}"]}` })],
    ["in the last version of all", (data, _, leader) => ({ ...data, sequence: String(2 ** 40), leader })],
  ])("moves no record: %s", async (_, lie) => {
    await settled();
    const [leader, follower] = [world.leader.name, world.followers[0]!.name];
    world.edit({ ...lie(world.data!, leader, follower), current_ip: THIRD });
    await world.advance(1200);
    expect(world.sent).toEqual([]);
    expect(world.alive.map(({ role }) => role).toSorted()).toEqual(["following", "following", "leading"]);
    expect(world.shared!.addresses.get(4)?.text).toBe(FIRST);
  });

  it("moves no record by saying it again and again, and makes one node at a time ask its witnesses", async () => {
    await settled();
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
    await settled();
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
    await settled();
    for (const count of [2 ** 40, 2 ** 40 - 1]) {
      world.edit({ ...world.data, [key]: String(count) });
      await world.advance(120);
      const since = world.clock.now();
      await world.settle();
      await world.advance(600);
      expect(world.alive.map(({ role }) => role).toSorted()).toEqual(["following", "following", "leading"]);
      expect(world.updates(since)).toBeLessThan(20);
    }
    world.move(SECOND);
    await world.advance(60);
    expect(world.writes.map(({ node, address }) => [node, address])).toEqual([[world.leader.name, SECOND]]);
    for (const { engine } of world.nodes)
      expect([...engine.state().shared!.addresses.values()].map(({ text }) => text)).toEqual([SECOND]);
  });

  it("takes nothing of others out of a record that the leader shares with them", async () => {
    await settled({ records: [desired("home.example.org", "A", { mode: "merge" })] });
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
    await settled();
    for (let turn = 0; turn < 100; turn += 1) {
      world.edit({ ...world.data, epoch: `x${turn}` });
      await world.advance(1);
    }
    for (const { log } of world.nodes) expect(log.messages("warn").length).toBeLessThan(10);
  });
});
