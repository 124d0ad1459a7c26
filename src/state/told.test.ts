import { expect, it } from "vitest";
import { Chronicle } from "#state/chronicle.ts";
import { currentWitnesses, isTold } from "#state/told.ts";
import { desired, EngineWorld, finish, NEVER, operators } from "#testing/engine-world.ts";
import { FOLLOWING } from "#testing/cluster-state.ts";

/** A chronicle that hears of one round by each of the worlds, in their order. */
async function after(...worlds: readonly EngineWorld[]): Promise<Chronicle> {
  const [first] = worlds;
  const chronicle = new Chronicle({
    subjects: {
      families: [4],
      records: [desired()],
      providers: [],
      witnesses: worlds.flatMap(({ witnesses }) => witnesses),
    },
    archive: first!.store,
    clock: first!.clock,
    budgetOf: () => undefined,
  });
  for (const world of worlds) {
    const engine = world.engine();
    engine.subscribe(chronicle.learn);
    await finish(world.clock, engine.round("command", NEVER));
    await finish(world.clock, engine.stop());
  }
  return chronicle;
}

const follower = () => new EngineWorld(FOLLOWING);
const leader = () => new EngineWorld({ witnesses: operators(5, 3) });

it("a verdict is told when the leader's word is what it rests on, whatever was asked before", async () => {
  const cases = [
    [[leader()], false],
    [[follower()], true],
    [[leader(), follower()], true],
    [[follower(), leader()], false],
  ] as const;
  for (const [worlds, expected] of cases) {
    const chronicle = await after(...worlds);
    const { families, witnesses } = chronicle.state();
    expect(isTold(families[0]!)).toBe(expected);
    const sources = currentWitnesses(witnesses, families[0]!).map(({ witness }) => witness.source);
    expect(sources.includes("cluster")).toBe(expected);
    expect(sources.includes("stun")).toBe(!expected);
    chronicle.close();
  }
});

it("an address that the leader tells is told as such", async () => {
  const chronicle = await after(follower());
  expect(chronicle.state().lately.find(({ kind }) => kind === "address-changed")).toMatchObject({
    title: "The IPv4 address is now 44.128.10.77",
    detail: "told by the cluster's leader",
  });
  chronicle.close();
});
