import { beforeEach, describe, expect, it } from "vitest";
import { Waiting } from "#kubernetes/cluster/waiting.ts";
import { ManualClock } from "#testing/manual-clock.ts";

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});

describe("how long a record waits", () => {
  it("counts anew when it stands otherwise, and each for itself", async () => {
    const waiting = new Waiting(clock);
    expect(waiting.since("a.example.org/A", "1")).toBe(0);
    await clock.advance(500);
    expect(waiting.since("a.example.org/A", "1")).toBe(0);
    expect(waiting.since("b.example.org/A", "1")).toBe(500);
    expect(waiting.since("a.example.org/A", "2")).toBe(500);
    await clock.advance(500);
    expect(waiting.since("a.example.org/A", "1")).toBe(1000);
  });
});
