import { CancelledError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import { type Instant, instant, type Milliseconds } from "#core/units.ts";

interface Sleeper {
  readonly at: number;
  wake(): void;
}

/**
 * A clock that moves only when a test says so. Sleepers wake in the order of their times, and every wake-up
 * lets pending promises run before the next.
 */
export class ManualClock implements Clock {
  #now = 0;
  #wall: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start = new Date("2026-01-01T00:00:00Z")) {
    this.#wall = start.getTime();
  }

  now(): Instant {
    return instant(this.#now);
  }

  date(): Date {
    return new Date(this.#wall);
  }

  /** How many sleeps are pending: 0 when nothing was left behind. */
  get pending(): number {
    return this.#sleepers.size;
  }

  /** When the next sleeper wakes, on this clock. */
  get nextWake(): number | undefined {
    return [...this.#sleepers].map(({ at }) => at).toSorted((a, b) => a - b)[0];
  }

  sleep(span: Milliseconds, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(new CancelledError());
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => () => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener("abort", cancel);
        act();
      };
      const sleeper: Sleeper = { at: this.#now + Math.max(0, span), wake: settle(resolve) };
      const cancel = settle(() => reject(new CancelledError()));
      signal.addEventListener("abort", cancel);
      this.#sleepers.add(sleeper);
    });
  }

  /** Moves time on, waking each sleeper at its own time. */
  async advance(span: number): Promise<void> {
    const target = this.#now + span;
    await settled();
    for (;;) {
      const next = [...this.#sleepers].filter(({ at }) => at <= target).toSorted((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#moveTo(next.at);
      next.wake();
      await settled();
    }
    this.#moveTo(target);
  }

  /** The wall clock is set, as an administrator or NTP would; monotonic time does not notice. */
  setDate(date: Date): void {
    this.#wall = date.getTime();
  }

  #moveTo(now: number): void {
    this.#wall += now - this.#now;
    this.#now = now;
  }
}

/** Lets every promise that can settle without time or I/O do so. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
