import type { Clock } from "#core/ports.ts";
import { elapsed, type Instant } from "#core/units.ts";
import { WRITE_DEADLINE } from "#engine/publish.ts";

/**
 * A write rests on what was known when it began. A process that stood still since then (SIGSTOP, a frozen container, a
 * laptop's lid) finds its timers unchanged for a moment, but not its clock: others may have written something newer.
 */
export class WriteWindow {
  readonly #clock: Clock;
  readonly #begun = new Set<{ readonly at: Instant }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether what is under way may still write. */
  get isOpen(): boolean {
    const now = this.#clock.now();
    return [...this.#begun].every(({ at }) => elapsed(at, now) < WRITE_DEADLINE);
  }

  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    const begun = { at: this.#clock.now() };
    this.#begun.add(begun);
    try {
      return await work();
    } finally {
      this.#begun.delete(begun);
    }
  }
}
