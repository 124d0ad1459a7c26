import type { Clock } from "#core/ports.ts";
import { elapsed, type Instant, type Milliseconds, milliseconds } from "#core/units.ts";

export interface PaceLimit {
  readonly count: number;
  readonly per: Milliseconds;
}

/** So many in any such span, however many more are wished for. */
export class Pace {
  readonly #clock: Clock;
  readonly #limit: PaceLimit;
  #done: readonly Instant[] = [];

  constructor(clock: Clock, limit: PaceLimit) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** One more was done. */
  count(): void {
    this.#done = [...this.#done, this.#clock.now()].slice(-this.#limit.count);
  }

  /** How long the next one has to wait. */
  get wait(): Milliseconds {
    const { count, per } = this.#limit;
    const [first] = this.#done;
    if (first === undefined || this.#done.length < count) return milliseconds(0);
    return milliseconds(Math.max(0, per - elapsed(first, this.#clock.now())));
  }
}
