import { expect, it } from "vitest";
import { instant, milliseconds } from "#core/units.ts";
import type { EngineEvent } from "#engine/events.ts";
import { initialState } from "#state/initial-state.ts";
import { Measures } from "#state/measures.ts";
import { nextState } from "#state/next-state.ts";
import { EngineWorld } from "#testing/engine-world.ts";
import { FakeWitness } from "#testing/fake-witness.ts";

const START = new Date("2026-03-10T14:00:00Z");

/** Probes of as many witnesses as a public list may bring. */
function probes(count: number): readonly Extract<EngineEvent, { kind: "probed" }>[] {
  const world = new EngineWorld();
  return Array.from({ length: count }, (_, index) => ({
    kind: "probed",
    family: 4,
    witness: new FakeWitness(world, { id: `stun:s${index}.example:3478:udp`, operator: `o${index}` }),
    result: "unchanged",
    took: milliseconds(20),
  }));
}

it("the state has a hundred witnesses at most, whatever a public list brings", () => {
  const world = new EngineWorld();
  const subjects = { families: [4 as const], records: [], providers: [], witnesses: [] };
  let state = initialState(subjects, world.store, [], START);
  for (const event of probes(130)) state = nextState(state, event, { date: START, now: instant(0) });
  expect(state.witnesses).toHaveLength(100);
});

it("a hundred witnesses at most are measured", () => {
  const state = initialState(
    { families: [4], records: [], providers: [], witnesses: [] },
    new EngineWorld().store,
    [],
    START,
  );
  const measures = new Measures(START);
  for (const event of [...probes(130), ...probes(1)]) measures.learn(event, state, START);
  const ended = measures.end();
  expect(ended).toHaveLength(100);
  expect(ended[0]).toMatchObject({ asked: 2, answered: 2 });
});
