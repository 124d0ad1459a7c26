import { describe, expect, it } from "vitest";
import type { Family } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import { CancelledError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import { elapsed, type Instant, instant, milliseconds } from "#core/units.ts";
import type { RoundSummary, Trigger } from "#engine/events.ts";
import { DEFAULT_SCHEDULE, untilNextProbe, untilNextRound } from "#engine/pace.ts";
import { keepRounds } from "#engine/schedule.ts";
import { Triggers } from "#engine/triggers.ts";
import { address, fixedRandom } from "#testing/engine-world.ts";
import { ManualClock } from "#testing/manual-clock.ts";

const KNOWN: Verdict = {
  kind: "known",
  family: 4,
  basis: "quorum",
  address: address("44.128.10.77"),
  observations: [],
  for: [],
  against: [],
};

function summaryOf(trigger: Trigger, verdicts: readonly (readonly [Family, Verdict])[]): RoundSummary {
  return {
    trigger,
    verdicts: new Map(verdicts),
    plan: [],
    withheld: [],
    outcomes: [],
    took: milliseconds(0),
    crashed: false,
  };
}

describe("the pace of rounds", () => {
  it("is the interval, give or take a tenth, while the address is known", () => {
    const spans = [0, 0.5, 0.999].map((lot) => untilNextRound("known", 0, DEFAULT_SCHEDULE, lot));
    expect(spans.map((span) => Math.round(span / 1000))).toEqual([270, 300, 330]);
  });

  it("is 1 s and doubles to a limit while it is not", () => {
    const spans = (kind: "disputed" | "unavailable") =>
      Array.from({ length: 8 }, (_, i) => untilNextRound(kind, i + 1, DEFAULT_SCHEDULE, 0.5) / 1000);
    expect(spans("disputed")).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(spans("unavailable")).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
    expect(untilNextRound("unavailable", 100_000, DEFAULT_SCHEDULE, 0.5)).toBe(30_000);
  });
});

describe("the pace of probes", () => {
  it("quickens at the first miss, and slows down as the silence lasts", () => {
    const beat = { probe: milliseconds(10_000), jitter: 0.2 };
    const span = (misses: number, silence: number) =>
      untilNextProbe(misses, milliseconds(silence), beat, 0.5);
    expect([1, 2, 3, 4, 9].map((misses) => span(misses, 10_000))).toEqual([250, 500, 1000, 1000, 1000]);
    expect(span(1000, 3_600_000)).toBe(5000);
  });
});

describe("a process that stood still", () => {
  /** Every sleep lasts as long as it should, and then `late` more. */
  class LateClock implements Clock {
    #now = 0;
    late = 0;
    now(): Instant {
      return instant(this.#now);
    }
    date(): Date {
      return new Date(0);
    }
    sleep(span: number): Promise<void> {
      this.#now += span + this.late;
      return Promise.resolve();
    }
  }

  it.each([
    [10, "schedule"],
    [3_600_000, "resume"],
  ] as const)("for %d ms: its next round is a %s", async (late, expected) => {
    const clock = new LateClock();
    clock.late = late;
    const triggers: Trigger[] = [];
    const round = (trigger: Trigger) => {
      triggers.push(trigger);
      if (triggers.length === 3) return Promise.reject(new CancelledError());
      return Promise.resolve(summaryOf(trigger, [[4, KNOWN]]));
    };
    const context = {
      families: [4] as const,
      schedule: DEFAULT_SCHEDULE,
      triggers: new Triggers(clock),
      clock,
      random: fixedRandom(),
      emit: () => {},
      round,
      releaseAt: () => undefined,
    };
    await expect(keepRounds(context, new AbortController().signal)).rejects.toThrow(CancelledError);
    expect(triggers).toEqual(["start", expected, expected]);
  });
});

describe("triggers", () => {
  it("that come during a round are not lost, and make one", async () => {
    const clock = new ManualClock();
    const triggers = new Triggers(clock);
    triggers.pull("signal");
    triggers.pull("gateway");
    const first = triggers.next(milliseconds(60_000), new AbortController().signal);
    await clock.advance(30);
    expect(await first).toBe("signal");
    const second = triggers.next(milliseconds(1000), new AbortController().signal);
    await clock.advance(1000);
    expect(await second).toBeUndefined();
    expect(elapsed(instant(0), clock.now())).toBe(1030);
  });
});
