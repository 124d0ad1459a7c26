import type { Clock } from "#core/ports.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";

export interface RationOptions {
  /** So many without a pause. */
  readonly atOnce: number;
  /** Then one each. */
  readonly each: Milliseconds;
  readonly clock: Pick<Clock, "now">;
}

/** For what may be asked for by many, and asks others in turn. */
export class Ration {
  readonly #options: RationOptions;
  #due = -Infinity;

  constructor(options: RationOptions) {
    this.#options = options;
  }

  /** Takes one. @returns how long to wait with it */
  take(): Milliseconds {
    const { atOnce, each, clock } = this.#options;
    const now = clock.now();
    const start = Math.max(this.#due, now - (atOnce - 1) * each);
    this.#due = start + each;
    return milliseconds(Math.max(0, start - now));
  }
}
