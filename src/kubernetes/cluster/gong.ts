import type { Clock } from "#core/ports.ts";
import type { Milliseconds } from "#core/units.ts";
import { pause } from "#kubernetes/api/pause.ts";

/** Wakes a loop that waits; a stroke while nobody waits is heard by the next one who does. */
export class Gong {
  #isStruck = false;
  #wake: () => void = () => {};

  strike(): void {
    this.#isStruck = true;
    this.#wake();
  }

  /** Resolves at a stroke, after the span, or when the signal ends. */
  async next(clock: Clock, within: Milliseconds, signal: AbortSignal): Promise<void> {
    if (!this.#isStruck) {
      const early = new AbortController();
      this.#wake = () => early.abort();
      await pause(clock, within, AbortSignal.any([early.signal, signal]));
      this.#wake = () => {};
    }
    this.#isStruck = false;
  }
}
