import { beforeEach, describe, expect, it } from "vitest";
import { milliseconds } from "#core/units.ts";
import { Gong } from "#kubernetes/cluster/gong.ts";
import { NEVER } from "#testing/engine-world.ts";
import { ManualClock } from "#testing/manual-clock.ts";

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});

describe("a gong", () => {
  /** When a loop that waits for it goes on. */
  async function wakes(gong: Gong, signal: AbortSignal = NEVER): Promise<number[]> {
    const at: number[] = [];
    const loop = async () => {
      while (at.length < 3) {
        await gong.next(clock, milliseconds(1000), signal);
        at.push(clock.now());
      }
    };
    void loop();
    await clock.advance(0);
    return at;
  }

  it("wakes a loop at a stroke, and else when its time is over", async () => {
    const gong = new Gong();
    const at = await wakes(gong);
    await clock.advance(400);
    gong.strike();
    await clock.advance(3000);
    expect(at).toEqual([400, 1400, 2400]);
  });

  it("is heard by the next one who waits, and once however often it was struck", async () => {
    const gong = new Gong();
    gong.strike();
    gong.strike();
    const at = await wakes(gong);
    await clock.advance(3000);
    expect(at).toEqual([0, 1000, 2000]);
  });

  it("waits for nobody whose signal has ended", async () => {
    const stop = new AbortController();
    const at = await wakes(new Gong(), stop.signal);
    stop.abort();
    await clock.advance(0);
    expect(at).toEqual([0, 0, 0]);
    expect(clock.pending).toBe(0);
  });
});
