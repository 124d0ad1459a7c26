import { beforeEach, describe, expect, it } from "vitest";
import type { Verdict } from "#core/consensus.ts";
import { milliseconds } from "#core/units.ts";
import type { EngineEvent } from "#engine/events.ts";
import { Hearing } from "#kubernetes/cluster/hearing.ts";
import { address, NEVER } from "#testing/engine-world.ts";
import { FakeWitness } from "#testing/fake-witness.ts";
import { ManualClock } from "#testing/manual-clock.ts";

const MINUTE = 60_000;

let clock: ManualClock;
let hearing: Hearing;
beforeEach(() => {
  clock = new ManualClock();
  hearing = new Hearing(clock);
});

/** A reign. @returns the silence that ended it; empty: none yet */
async function reign(hasOthers: () => boolean = () => true, signal = NEVER): Promise<unknown[]> {
  const ends: unknown[] = [];
  void hearing.silence(hasOthers, signal).then((silent) => ends.push(silent));
  await clock.advance(0);
  return ends;
}

const base = { family: 4, observations: [] } as const;
const VERDICTS: Readonly<Record<Verdict["kind"], Verdict>> = {
  known: { ...base, kind: "known", basis: "quorum", address: address("44.128.10.77"), for: [], against: [] },
  disputed: { ...base, kind: "disputed", positions: [] },
  unavailable: { ...base, kind: "unavailable", reason: "no-answer" },
};

function decided(kind: Verdict["kind"]): EngineEvent {
  return {
    kind: "decided",
    round: 1,
    family: 4,
    verdict: VERDICTS[kind],
    took: milliseconds(100),
    notes: [],
  };
}

function probed(result: "changed" | "silent" | "unchanged"): EngineEvent {
  const witness = new FakeWitness({ clock, truth: () => "44.128.10.77" });
  return { kind: "probed", family: 4, witness, result, took: milliseconds(40) };
}

describe("a leader that hears no witness", () => {
  it("is silent after a minute of its reign", async () => {
    await clock.advance(10 * MINUTE);
    const ends = await reign();
    await clock.advance(MINUTE - 1);
    expect(ends).toEqual([]);
    await clock.advance(1);
    expect(ends).toEqual([MINUTE]);
    expect(clock.pending).toBe(0);
  });

  it.each<[string, () => EngineEvent, boolean]>([
    ["an address that is known", () => decided("known"), true],
    ["witnesses that disagree", () => decided("disputed"), true],
    ["no answer", () => decided("unavailable"), false],
    ["a probe that sees the address of before", () => probed("unchanged"), true],
    ["a probe that sees another one", () => probed("changed"), true],
    ["a probe without an answer", () => probed("silent"), false],
  ])("is one without %s", async (_, event, isHeard) => {
    const ends = await reign();
    await clock.advance(MINUTE / 2);
    hearing.learn(event());
    await clock.advance(MINUTE / 2);
    expect(ends).toEqual(isHeard ? [] : [MINUTE]);
    await clock.advance(MINUTE / 2);
    expect(ends).toEqual([MINUTE]);
  });

  it("leads on twice as long each time, up to sixteen minutes, until a witness answers", async () => {
    for (const minutes of [1, 2, 4, 8, 16, 16, 16]) {
      const ends = await reign();
      await clock.advance(minutes * MINUTE - 1);
      expect(ends).toEqual([]);
      await clock.advance(1);
      expect(ends).toEqual([minutes * MINUTE]);
    }
    hearing.learn(probed("unchanged"));
    const ends = await reign();
    await clock.advance(MINUTE);
    expect(ends).toEqual([MINUTE]);
  });

  it("leads on where there is nobody else, and gives way a second after there is", async () => {
    let hasOthers = false;
    const ends = await reign(() => hasOthers);
    await clock.advance(10 * MINUTE);
    expect(ends).toEqual([]);
    hasOthers = true;
    await clock.advance(1000);
    expect(ends).toEqual([10 * MINUTE + 1000]);
  });

  it("is not silent where its reign ends before", async () => {
    const end = new AbortController();
    const ends = await reign(() => true, end.signal);
    await clock.advance(MINUTE - 1);
    end.abort();
    await clock.advance(MINUTE);
    expect(ends).toEqual([undefined]);
    expect(clock.pending).toBe(0);
  });
});
