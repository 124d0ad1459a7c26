import type { Family } from "#core/address.ts";
import type { RecordId } from "#core/record.ts";
import type { Belief, HistoryEntry, Published, Store } from "#core/store.ts";
import type { Milliseconds } from "#core/units.ts";

/** How many lines of history are kept when nothing else is said. */
export const HISTORY_LIMIT = 10_000;

/** A store that ends with the process: for a configuration without a store, and for when the disk fails. */
export class MemoryStore implements Store {
  readonly #published = new Map<RecordId, Published>();
  readonly #beliefs = new Map<Family, Belief>();
  /** Oldest first. */
  readonly #history: HistoryEntry[] = [];
  readonly #historyLimit: number;

  constructor(historyLimit = HISTORY_LIMIT) {
    this.#historyLimit = historyLimit;
  }

  published(): ReadonlyMap<RecordId, Published> {
    return new Map(this.#published);
  }

  setPublished(published: Published): void {
    this.#published.set(published.record, published);
  }

  clearPublished(record: RecordId): void {
    this.#published.delete(record);
  }

  beliefs(): ReadonlyMap<Family, Belief> {
    return new Map(this.#beliefs);
  }

  setBelief(belief: Belief): void {
    this.#beliefs.set(belief.family, belief);
  }

  history(limit: number): readonly HistoryEntry[] {
    return this.#history.toReversed().slice(0, Math.max(0, limit));
  }

  addHistory(entry: HistoryEntry): void {
    this.#history.push(entry);
    if (this.#history.length > this.#historyLimit) this.#history.shift();
  }

  setConverged(record: RecordId, at: Date, converged: Milliseconds): void {
    const index = this.#history.findLastIndex((entry) => isSame(entry, record, at));
    const entry = this.#history[index];
    if (entry) this.#history[index] = { ...entry, converged };
  }

  clearHistory(): void {
    this.#history.length = 0;
  }

  close(): void {}
}

function isSame(entry: HistoryEntry, record: RecordId, at: Date): boolean {
  return entry.record === record && entry.at.getTime() === at.getTime();
}
