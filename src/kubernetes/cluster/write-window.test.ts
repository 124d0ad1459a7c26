import { beforeEach, describe, expect, it } from "vitest";
import { WriteWindow } from "#kubernetes/cluster/write-window.ts";
import { ManualClock } from "#testing/manual-clock.ts";

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});

describe("the window of a write", () => {
  it("is closed as soon as one that is under way is too old, and open again when that one has ended", async () => {
    const window = new WriteWindow(clock);
    const { promise, resolve } = Promise.withResolvers<void>();
    const long = window.during(() => promise);
    await clock.advance(29_999);
    expect(window.isOpen).toBe(true);
    await clock.advance(1);
    expect(window.isOpen).toBe(false);
    await window.during(() => Promise.resolve());
    expect(window.isOpen).toBe(false);
    resolve();
    await long;
    expect(window.isOpen).toBe(true);
    await expect(window.during(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await clock.advance(60_000);
    expect(window.isOpen).toBe(true);
  });
});
