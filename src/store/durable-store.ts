import type { Family } from "#core/address.ts";
import type { Clock, Log } from "#core/ports.ts";
import type { RecordId } from "#core/record.ts";
import type {
  Archive,
  Belief,
  Episode,
  HistoryEntry,
  HistoryQuery,
  Measure,
  Published,
  StoredHappening,
} from "#core/store.ts";
import type { Milliseconds } from "#core/units.ts";
import { EVER, type StoreLimits } from "#store/limits.ts";
import { sumOfAll } from "#store/measure-sums.ts";
import { MemoryStore } from "#store/memory-store.ts";
import { DatabaseGone, isDamage } from "#store/sqlite.ts";
import type { SqliteStore } from "#store/sqlite-store.ts";
import { StoreError } from "#store/store-error.ts";
import { timeline } from "#store/timeline.ts";

/** How long a failed disk is left alone. */
const RETRY_AFTER = 60_000;

export interface DurableStoreOptions {
  readonly path: string;
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  readonly limits: StoreLimits;
  /** Throws when the file cannot be used. */
  open(): SqliteStore;
  /** Lets go of what {@link DurableStoreOptions.open} holds beside the file. */
  release(): void;
}

/**
 * A store on disk that goes on in memory when the disk fails, and returns to it.
 *
 * ```
 * disk works    writes go to both, reads come from the disk (other processes write there too)
 * disk fails    writes and reads go to memory; the lines on disk are read beside where they still can be
 * after 60 s    the next write opens the disk anew and brings it what was kept in memory
 * ```
 */
export class DurableStore implements Archive {
  readonly #options: DurableStoreOptions;
  /** Beliefs and what is published as on disk; of every list only what the disk has not got. */
  readonly #memory: MemoryStore;
  #disk: SqliteStore | undefined;
  #isFailing = false;
  /** On the clock's `now`. */
  #retryAt = 0;

  /** @throws {StoreError} code `store-locked`; every other failure leaves a store in memory */
  constructor(options: DurableStoreOptions) {
    this.#options = options;
    this.#memory = new MemoryStore(options.limits);
    try {
      this.#disk = options.open();
      for (const published of this.#disk.published().values()) this.#memory.setPublished(published);
      for (const belief of this.#disk.beliefs().values()) this.#memory.setBelief(belief);
      this.#memory.clearLines(this.#disk.lastHistoryId());
    } catch (error) {
      if (error instanceof StoreError && error.code === "store-locked") throw error;
      this.#fail(error);
    }
  }

  /** `false` while the disk fails: what happens now does not survive the process. */
  get isDurable(): boolean {
    return !this.#isFailing;
  }

  published(): ReadonlyMap<RecordId, Published> {
    return this.#read((store) => store.published());
  }

  publishedIn(record: RecordId): Published | undefined {
    return this.#read((store) => store.publishedIn(record));
  }

  setPublished(published: Published): void {
    this.#write((store) => store.setPublished(published));
  }

  clearPublished(record: RecordId): void {
    this.#write((store) => store.clearPublished(record));
  }

  beliefs(): ReadonlyMap<Family, Belief> {
    return this.#read((store) => store.beliefs());
  }

  setBelief(belief: Belief): void {
    this.#write((store) => store.setBelief(belief));
  }

  history(limit: number): readonly HistoryEntry[] {
    const kept = this.#memory.history(limit);
    return [...kept, ...this.#onDisk((disk) => disk.history(limit - kept.length))];
  }

  historyPage(query: HistoryQuery): readonly (HistoryEntry & { readonly id: number })[] {
    const kept = this.#memory.historyPage(query);
    const limit = query.limit - kept.length;
    return [...kept, ...this.#onDisk((disk) => disk.historyPage({ ...query, limit }))];
  }

  addHistory(entry: HistoryEntry): void {
    this.#write((store) => store.addHistory(entry));
  }

  setConverged(record: RecordId, at: Date, converged: Milliseconds): void {
    this.#write((store) => store.setConverged(record, at, converged));
  }

  beginEpisode(episode: Episode): void {
    this.#write((store) => store.beginEpisode(episode));
  }

  episodes(family: Family, since: Date): readonly Episode[] {
    const kept = this.#memory.episodes(family, EVER);
    return timeline([...this.#onDisk((disk) => disk.episodes(family, since)), ...kept], since);
  }

  addMeasures(measures: readonly Measure[]): void {
    this.#write((store) => store.addMeasures(measures));
  }

  measures(family: Family, since: Date): readonly Measure[] {
    const kept = this.#memory.measures(family, since);
    const stored = this.#onDisk((disk) => disk.measures(family, since));
    return kept.length === 0 ? stored : sumOfAll([...stored, ...kept]);
  }

  addHappening(happening: StoredHappening): void {
    this.#write((store) => store.addHappening(happening));
  }

  happenings(limit: number): readonly StoredHappening[] {
    const kept = this.#memory.happenings(limit);
    return [...kept, ...this.#onDisk((disk) => disk.happenings(limit - kept.length))];
  }

  size(): number | undefined {
    try {
      return this.#disk?.size();
    } catch {
      return undefined;
    }
  }

  close(): void {
    if (this.#isFailing && Number.isFinite(this.#retryAt)) this.#recover();
    this.#closeDisk();
    this.#options.release();
    this.#retryAt = Number.POSITIVE_INFINITY;
    this.#isFailing = true;
  }

  #read<Value>(act: (store: Archive) => Value): Value {
    if (!this.#disk || this.#isFailing) return act(this.#memory);
    try {
      return act(this.#disk);
    } catch (error) {
      this.#fail(error);
      return act(this.#memory);
    }
  }

  /** Beside what is kept in memory; nothing when it cannot be read. */
  #onDisk<Line>(read: (disk: SqliteStore) => readonly Line[]): readonly Line[] {
    try {
      return this.#disk ? read(this.#disk) : [];
    } catch (error) {
      this.#fail(error);
      return [];
    }
  }

  #write(act: (store: Archive) => void): void {
    act(this.#memory);
    if (this.#isFailing || !this.#disk) {
      if (this.#options.clock.now() >= this.#retryAt) this.#recover();
      return;
    }
    try {
      this.#disk.checkInPlace();
      const lastId = this.#disk.lastHistoryId();
      act(this.#disk);
      // nothing that can fail in between: what is written must not be kept, or it would come twice
      this.#memory.clearLines(lastId + 1);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Opens the disk anew: the old file may be gone, or damaged and to be set aside. */
  #recover(): void {
    const { path, log } = this.#options;
    this.#closeDisk();
    try {
      this.#disk = this.#options.open();
      this.#disk.adopt(this.#memory);
      this.#memory.clearLines(0);
      this.#isFailing = false;
      log.info("The store can be used again: what was kept in memory is written to it", { path });
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const { clock, log, path } = this.#options;
    const wasFailing = this.#isFailing;
    const isForGood = error instanceof StoreError && error.code !== "store-locked";
    const isReplaceable = isDamage(error) || error instanceof DatabaseGone;
    this.#isFailing = true;
    this.#retryAt = isForGood ? Number.POSITIVE_INFINITY : clock.now() + RETRY_AFTER;
    if (wasFailing) return log.debug("The store still cannot be used", { path, error });
    if (error instanceof DatabaseGone)
      log.warn("The store was deleted or replaced: the file that is there now is used, or a new one", {
        path,
      });
    // a new file needs no patience
    if (isReplaceable && this.#disk) this.#recover();
    if (!this.#isFailing) return;
    log.warn("The store cannot be used: what happens is kept in memory until it can", { path, error });
  }

  #closeDisk(): void {
    try {
      this.#disk?.close();
    } catch (error) {
      this.#options.log.debug("The store could not be closed", { path: this.#options.path, error });
    }
    this.#disk = undefined;
  }
}
