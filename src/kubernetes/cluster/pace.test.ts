import { beforeEach, describe, expect, it } from "vitest";
import { milliseconds } from "#core/units.ts";
import { Pace } from "#kubernetes/cluster/pace.ts";
import { ManualClock } from "#testing/manual-clock.ts";

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});

describe("a pace", () => {
  it("lets so many through at once, and then as many in each span", async () => {
    const pace = new Pace(clock, { count: 3, per: milliseconds(1000) });
    const at: number[] = [];
    while (clock.now() < 2500) {
      if (pace.wait > 0) {
        await clock.advance(pace.wait);
      } else {
        pace.count();
        at.push(clock.now());
        await clock.advance(1);
      }
    }
    expect(at).toEqual([0, 1, 2, 1000, 1001, 1002, 2000, 2001, 2002]);
  });
});
