import { CancelledError, EsddnsError } from "#core/errors.ts";
import type { Clock, Random } from "#core/ports.ts";
import { elapsed, type Instant, type Milliseconds } from "#core/units.ts";
import { backOff } from "#notify/back-off.ts";

/** What becomes of the items. */
export interface DeliveryListener {
  delivered(): void;
  /** @param isLost it is not tried again */
  failed(error: unknown, isLost: boolean): void;
  /** The oldest had to make room. */
  overflowed(): void;
}

export interface OutboxOptions<Item> {
  /** One attempt. */
  readonly send: (item: Item, signal: AbortSignal) => Promise<void>;
  readonly capacity: number;
  /** An item that is older is not worth another attempt. */
  readonly lifetime: Milliseconds;
  readonly clock: Clock;
  readonly random: Random;
  readonly listener: DeliveryListener;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly since: Instant;
}

/** Items on their way to one peer: one at a time, in order, each until it is delivered, refused or too old. */
export class Outbox<Item> {
  readonly #options: OutboxOptions<Item>;
  readonly #waiting: Waiting<Item>[] = [];
  /** Ends pauses; aborted by {@link Outbox.finish}. */
  readonly #finishing = new AbortController();
  /** Ends attempts. */
  readonly #stop = new AbortController();
  #failures = 0;
  #running: Promise<void> | undefined;

  constructor(options: OutboxOptions<Item>) {
    this.#options = options;
  }

  put(item: Item): void {
    if (this.#finishing.signal.aborted) return;
    const { capacity, clock, listener } = this.#options;
    this.#waiting.push({ item, since: clock.now() });
    if (this.#waiting.length > capacity) {
      this.#waiting.shift();
      listener.overflowed();
    }
    this.#running ??= this.#deliverAll();
  }

  /** Tries what waits once more without pausing, takes nothing new, and resolves when that is over. */
  async finish(): Promise<void> {
    this.#finishing.abort();
    await this.#running;
  }

  /** Ends the attempt that is under way, and all. @returns how many are lost by it */
  stop(): number {
    this.#finishing.abort();
    const { length } = this.#waiting.splice(0);
    this.#stop.abort();
    return length;
  }

  async #deliverAll(): Promise<void> {
    for (let [first] = this.#waiting; first; [first] = this.#waiting) {
      const pause = await this.#attempt(first);
      if (pause !== undefined) await this.#pause(pause);
    }
    this.#running = undefined;
  }

  /** @returns how long to wait before it, or what has taken its place, is tried again */
  async #attempt(waiting: Waiting<Item>): Promise<Milliseconds | undefined> {
    const { send, listener } = this.#options;
    try {
      await send(waiting.item, this.#stop.signal);
      this.#failures = 0;
      this.#remove(waiting);
      listener.delivered();
      return undefined;
    } catch (error) {
      if (this.#stop.signal.aborted) return undefined;
      const pause = this.#pauseAfter(error, waiting);
      if (pause === undefined) this.#remove(waiting);
      listener.failed(error, pause === undefined);
      return pause;
    }
  }

  #pauseAfter(error: unknown, { since }: Waiting<Item>): Milliseconds | undefined {
    const { clock, random, lifetime } = this.#options;
    if (!(error instanceof EsddnsError) || this.#finishing.signal.aborted) return undefined;
    if (error.retry !== "never") this.#failures += 1;
    const pause = backOff(error.retry, this.#failures, random);
    const isTooOld = pause === undefined || elapsed(since, clock.now()) + pause > lifetime;
    return isTooOld ? undefined : pause;
  }

  async #pause(span: Milliseconds): Promise<void> {
    try {
      await this.#options.clock.sleep(span, this.#finishing.signal);
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
    }
  }

  #remove(waiting: Waiting<Item>): void {
    const index = this.#waiting.indexOf(waiting);
    if (index >= 0) this.#waiting.splice(index, 1);
  }
}
