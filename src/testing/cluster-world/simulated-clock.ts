import { CancelledError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import { type Instant, instant, type Milliseconds } from "#core/units.ts";

interface Sleeper {
  readonly at: number;
  readonly turn: number;
  isOver: boolean;
  wake(): void;
}

/**
 * True time of a simulation: a `ManualClock` for thousands of sleepers. After each wake-up every promise that can
 * settle without time or I/O does so.
 */
export class SimulatedClock implements Clock {
  readonly #start: number;
  readonly #sleepers = new Heap();
  #now = 0;
  #turns = 0;
  /** Called after each wake-up: for what must hold at every moment. */
  onStep: () => void = () => {};

  constructor(start = new Date("2026-01-01T00:00:00Z")) {
    this.#start = start.getTime();
  }

  now(): Instant {
    return instant(this.#now);
  }

  date(): Date {
    return new Date(this.#start + this.#now);
  }

  sleep(span: Milliseconds, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(new CancelledError());
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => () => {
        sleeper.isOver = true;
        signal.removeEventListener("abort", cancel);
        act();
      };
      const at = this.#now + Math.max(0, span);
      const sleeper: Sleeper = { at, turn: (this.#turns += 1), isOver: false, wake: settle(resolve) };
      const cancel = settle(() => reject(new CancelledError()));
      signal.addEventListener("abort", cancel);
      this.#sleepers.push(sleeper);
    });
  }

  /** Moves time on, waking each sleeper at its own time. */
  async advance(span: number): Promise<void> {
    const { stackTraceLimit } = Error;
    // Every sleep that is cut short has an error, and half the time of a simulation would go into their stacks
    Error.stackTraceLimit = 0;
    await this.#wakeUntil(this.#now + span);
    Error.stackTraceLimit = stackTraceLimit;
  }

  async #wakeUntil(target: number): Promise<void> {
    await settled();
    for (;;) {
      const next = this.#sleepers.popUntil(target);
      if (!next) break;
      this.#now = next.at;
      next.wake();
      await settled();
      this.onStep();
    }
    this.#now = target;
  }
}

/**
 * Promises have no other way to go on here than by each other, and the queue of `nextTick` is looked at when theirs is
 * empty. That starves all else, e.g. the test's own time limit, which now and then gets its turn.
 */
export function settled(): Promise<void> {
  steps += 1;
  return new Promise((resolve) => {
    if (steps % 500 === 0) setImmediate(resolve);
    else process.nextTick(resolve);
  });
}

let steps = 0;

/** Sleepers, the earliest first. */
class Heap {
  readonly #items: Sleeper[] = [];

  push(item: Sleeper): void {
    let index = this.#items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Those that are over already are dropped on the way. */
  popUntil(time: number): Sleeper | undefined {
    for (;;) {
      const [first] = this.#items;
      if (!first || (first.at > time && !first.isOver)) return undefined;
      this.#dropFirst();
      if (!first.isOver) return first;
    }
  }

  #dropFirst(): void {
    const last = this.#items.pop();
    if (!last || this.#items.length === 0) return;
    this.#items[0] = last;
    let index = 0;
    for (;;) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      const least = [left, right].reduce((low, each) => (this.#isBefore(each, low) ? each : low), index);
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#items[a], this.#items[b]];
    if (!one || !other) return false;
    return one.at < other.at || (one.at === other.at && one.turn < other.turn);
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#items[a], this.#items[b]];
    if (one && other) [this.#items[a], this.#items[b]] = [other, one];
  }
}
