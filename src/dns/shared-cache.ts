import { CancelledError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import { elapsed, type Instant, type Milliseconds } from "#core/units.ts";

interface Entry<Value> {
  readonly value: Promise<Value>;
  readonly since: Instant;
  readonly abandon: AbortController;
  waiting: number;
  settled: boolean;
}

/**
 * Keeps what was found for a while. Those who ask for the same at the same time share one search, which ends
 * early only when all of them have given up. Failures are not kept.
 */
export class SharedCache<Key, Value> {
  readonly #clock: Clock;
  readonly #lifetime: Milliseconds;
  readonly #entries = new Map<Key, Entry<Value>>();

  constructor(clock: Clock, lifetime: Milliseconds) {
    this.#clock = clock;
    this.#lifetime = lifetime;
  }

  async get(key: Key, find: (signal: AbortSignal) => Promise<Value>, signal: AbortSignal): Promise<Value> {
    if (signal.aborted) throw new CancelledError();
    const entry = this.#fresh(key) ?? this.#start(key, find);
    entry.waiting += 1;
    try {
      return await cancellable(entry.value, signal);
    } finally {
      entry.waiting -= 1;
      if (entry.waiting === 0 && !entry.settled) {
        this.#drop(key, entry);
        entry.abandon.abort();
      }
    }
  }

  #fresh(key: Key): Entry<Value> | undefined {
    const entry = this.#entries.get(key);
    return entry && elapsed(entry.since, this.#clock.now()) < this.#lifetime ? entry : undefined;
  }

  #start(key: Key, find: (signal: AbortSignal) => Promise<Value>): Entry<Value> {
    const abandon = new AbortController();
    const value = find(abandon.signal);
    const entry = { value, since: this.#clock.now(), abandon, waiting: 0, settled: false };
    this.#entries.set(key, entry);
    value.then(
      () => {
        entry.settled = true;
      },
      () => {
        entry.settled = true;
        this.#drop(key, entry);
      },
    );
    return entry;
  }

  #drop(key: Key, entry: Entry<Value>): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }
}

function cancellable<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new CancelledError());
    signal.addEventListener("abort", cancel, { once: true });
    value.then(resolve, reject).finally(() => signal.removeEventListener("abort", cancel));
  });
}
