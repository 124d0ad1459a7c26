import type { Clock } from "#core/ports.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import type { Trigger } from "#engine/events.ts";

/** Others than our own probes come in bursts: a router announces one change several times. */
const COALESCE = milliseconds(30);

/** The first trigger since the last round counts, the others join it. */
export class Triggers {
  readonly #clock: Clock;
  #pending: Trigger | undefined;
  #wake: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  pull(trigger: Trigger): void {
    this.#pending ??= trigger;
    this.#wake();
  }

  /**
   * Waits for a trigger, at most that long.
   *
   * @throws {CancelledError} (rejects) when the signal ends it
   */
  async next(within: Milliseconds, signal: AbortSignal): Promise<Trigger | undefined> {
    if (this.#pending === undefined) await this.#sleep(within, signal);
    if (this.#pending === undefined) return undefined;
    if (this.#pending !== "probe" && this.#pending !== "silence") await this.#clock.sleep(COALESCE, signal);
    const trigger = this.#pending;
    this.#pending = undefined;
    return trigger;
  }

  async #sleep(span: Milliseconds, signal: AbortSignal): Promise<void> {
    const early = new AbortController();
    const wake = () => early.abort();
    this.#wake = wake;
    signal.addEventListener("abort", wake);
    if (signal.aborted) wake();
    try {
      await this.#clock.sleep(span, early.signal);
    } catch (error) {
      if (signal.aborted || !early.signal.aborted) throw error;
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }
}
