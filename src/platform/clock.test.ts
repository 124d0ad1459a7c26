import { describe, expect, it } from "vitest";
import { CancelledError } from "#core/errors.ts";
import { milliseconds } from "#core/units.ts";
import { createClock } from "#platform/clock.ts";

const clock = createClock();
const never = new AbortController().signal;

describe("the clock", () => {
  it("sleeps at least as long as asked", async () => {
    for (const span of [0, 0.4, 1, 7.5]) {
      const before = clock.now();
      await clock.sleep(milliseconds(span), never);
      expect(clock.now() - before).toBeGreaterThanOrEqual(span);
    }
  });

  it("wakes at once, and leaves no timer behind, when the signal aborts", async () => {
    const before = timers();
    const abort = new AbortController();
    const sleeping = clock.sleep(milliseconds(60_000), abort.signal);
    expect(timers()).toBe(before + 1);
    abort.abort();
    await expect(sleeping).rejects.toBeInstanceOf(CancelledError);
    await expect(clock.sleep(milliseconds(60_000), AbortSignal.abort())).rejects.toBeInstanceOf(
      CancelledError,
    );
    expect(timers()).toBe(before);
  });

  it("sleeps longer than a timer of Node can", async () => {
    const abort = new AbortController();
    const sleeping = clock.sleep(milliseconds(2 ** 31 + 5), abort.signal);
    const first = await Promise.race([
      sleeping,
      clock.sleep(milliseconds(30), never).then(() => "still asleep"),
    ]);
    expect(first).toBe("still asleep");
    abort.abort();
    await expect(sleeping).rejects.toBeInstanceOf(CancelledError);
  });

  it("tells the time of day", () => {
    expect(Math.abs(clock.date().getTime() - Date.now())).toBeLessThan(1000);
  });
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
}
