import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { milliseconds } from "#core/units.ts";
import { createCollector, keepTidy } from "#platform/garbage.ts";
import { ManualClock } from "#testing/manual-clock.ts";

describe("collecting garbage", () => {
  it("takes what nobody holds any more", async () => {
    const kept = new WeakRef({ of: "nobody" });
    // Until the end of this turn it is held by the one who made it
    await setImmediate();
    createCollector()?.();
    expect(kept.deref()).toBeUndefined();
  });

  it("goes on every ten minutes until it is ended", async () => {
    const [clock, end] = [new ManualClock(), new AbortController()];
    let count = 0;
    const tidying = keepTidy(() => (count += 1), clock, end.signal);
    await clock.advance(milliseconds(20_000));
    expect(count).toBe(1);
    await clock.advance(milliseconds(3 * 600_000));
    expect(count).toBe(4);
    end.abort();
    await tidying;
    expect(count).toBe(4);
    expect(clock.pending).toBe(0);
  });

  it("is done without where V8 does not let us", async () => {
    const clock = new ManualClock();
    await keepTidy(undefined, clock, new AbortController().signal);
    expect(clock.pending).toBe(0);
  });
});
