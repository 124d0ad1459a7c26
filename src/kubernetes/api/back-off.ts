import type { Clock, Random } from "#core/ports.ts";
import { elapsed, type Instant, type Milliseconds, milliseconds } from "#core/units.ts";

const [FIRST, LONGEST, FACTOR] = [800, 10_000, 2];
/** Without a failure for so long, the next one is a first one. */
const QUIET = 120_000;

/**
 * How long to wait after a failure, as client-go's reflector does (`tools/cache/reflector.go`): from 0.8 s, twice as
 * long each time, and up to as long again by chance, so that many pods do not come back at once. Up to 10 s, and not 30:
 * it is one object that is asked for, and until it is, a node knows of no change.
 */
export class BackOff {
  readonly #clock: Clock;
  readonly #random: Random;
  #next = FIRST;
  #last: Instant | undefined;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** @param asked what the server asks to wait, at least */
  next(asked?: Milliseconds): Milliseconds {
    const now = this.#clock.now();
    if (this.#last !== undefined && elapsed(this.#last, now) > QUIET) this.#next = FIRST;
    const span = this.#next * (1 + this.#random.fraction());
    this.#next = Math.min(this.#next * FACTOR, LONGEST);
    this.#last = now;
    return milliseconds((asked ?? 0) + span);
  }

  /** All is well again: the next failure is a first one. */
  reset(): void {
    this.#next = FIRST;
  }
}
