import type { Clock } from "#core/ports.ts";
import type { Milliseconds } from "#core/units.ts";

/** A signal that ends with another one, or when its time is over. To be ended: then it leaves no timer behind. */
export class TimeLimit {
  readonly #clock: Clock;
  readonly #outer: AbortSignal;
  readonly #inner = new AbortController();
  #timer = new AbortController();
  #isOver = false;

  constructor(clock: Clock, span: Milliseconds, outer: AbortSignal) {
    this.#clock = clock;
    this.#outer = outer;
    if (outer.aborted) this.#inner.abort();
    outer.addEventListener("abort", this.#stop);
    this.restart(span);
  }

  get signal(): AbortSignal {
    return this.#inner.signal;
  }

  /** It was the time, not the other signal. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** So long from now. */
  restart(span: Milliseconds): void {
    this.#timer.abort();
    this.#timer = new AbortController();
    this.#clock.sleep(span, this.#timer.signal).then(
      () => {
        this.#isOver = !this.#outer.aborted;
        this.#stop();
      },
      () => {},
    );
  }

  end(): void {
    this.#timer.abort();
    this.#outer.removeEventListener("abort", this.#stop);
  }

  readonly #stop = (): void => this.#inner.abort();
}
