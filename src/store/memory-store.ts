import type { Family } from "#core/address.ts";
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
import { MEASURES_KEPT, STORE_LIMITS, type StoreLimits } from "#store/limits.ts";
import { measureKey, sumOfAll, sumOfMeasures } from "#store/measure-sums.ts";
import { timeline } from "#store/timeline.ts";

/** 100 witnesses for a day, or 8 for two weeks. */
const MEASURES_IN_MEMORY = 10_000;

interface HistoryLine {
  readonly id: number;
  readonly entry: HistoryEntry;
}

/** When a record had converged whose line of the history is elsewhere. */
interface Convergence {
  readonly record: RecordId;
  readonly at: Date;
  readonly converged: Milliseconds;
}

/** A store that ends with the process: for a configuration without a store, and for when the disk fails. */
export class MemoryStore implements Archive {
  readonly #published = new Map<RecordId, Published>();
  readonly #beliefs = new Map<Family, Belief>();
  /** Oldest first, as every list here. */
  readonly #history: HistoryLine[] = [];
  readonly #convergences: Convergence[] = [];
  readonly #episodes: Readonly<Record<Family, Episode[]>> = { 4: [], 6: [] };
  readonly #measures = new Map<string, Measure>();
  readonly #happenings: StoredHappening[] = [];
  readonly #limits: StoreLimits;
  #lastId = 0;

  constructor(limits: Partial<StoreLimits> = {}) {
    this.#limits = { ...STORE_LIMITS, ...limits };
  }

  published(): ReadonlyMap<RecordId, Published> {
    return new Map(this.#published);
  }

  publishedIn(record: RecordId): Published | undefined {
    return this.#published.get(record);
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
    return lastOf(this.#history, limit).map(({ entry }) => entry);
  }

  historyPage(query: HistoryQuery): readonly (HistoryEntry & { readonly id: number })[] {
    const matching = this.#history.filter((line) => isIn(line, query));
    return lastOf(matching, query.limit).map(({ id, entry }) => ({ id, ...entry }));
  }

  addHistory(entry: HistoryEntry): void {
    this.#lastId += 1;
    this.#history.push({ id: this.#lastId, entry });
    keepLast(this.#history, this.#limits.history);
  }

  setConverged(record: RecordId, at: Date, converged: Milliseconds): void {
    const index = this.#history.findLastIndex(({ entry }) => isSame(entry, record, at));
    const line = this.#history[index];
    if (line) this.#history[index] = { ...line, entry: { ...line.entry, converged } };
    else this.#convergences.push({ record, at, converged });
    keepLast(this.#convergences, this.#limits.history);
  }

  /** Those whose lines are not here. */
  convergences(): readonly Convergence[] {
    return [...this.#convergences];
  }

  beginEpisode(episode: Episode): void {
    const episodes = this.#episodes[episode.family];
    const same = episodes.findIndex(({ from }) => from.getTime() === episode.from.getTime());
    if (same >= 0) episodes.splice(same, 1);
    episodes.push(episode);
    keepLast(episodes, this.#limits.episodes);
  }

  episodes(family: Family, since: Date): readonly Episode[] {
    return timeline(this.#episodes[family], since);
  }

  addMeasures(measures: readonly Measure[]): void {
    for (const measure of measures) {
      const key = measureKey(measure);
      const known = this.#measures.get(key);
      this.#measures.set(key, known ? sumOfMeasures(known, measure) : measure);
    }
    const oldest = Math.max(...measures.map(({ at }) => at.getTime())) - MEASURES_KEPT;
    for (const [key, { at }] of this.#measures) {
      if (at.getTime() < oldest || this.#measures.size > MEASURES_IN_MEMORY) this.#measures.delete(key);
    }
  }

  measures(family: Family, since: Date): readonly Measure[] {
    return sumOfAll(
      [...this.#measures.values()].filter((each) => each.family === family && each.at >= since),
    );
  }

  addHappening(happening: StoredHappening): void {
    this.#happenings.push(happening);
    keepLast(this.#happenings, this.#limits.happenings);
  }

  happenings(limit: number): readonly StoredHappening[] {
    return lastOf(this.#happenings, limit);
  }

  size(): undefined {
    return undefined;
  }

  /**
   * Drops everything but beliefs and what is published.
   *
   * @param lastId the ids of lines to come are beyond it
   */
  clearLines(lastId: number): void {
    this.#lastId = Math.max(this.#lastId, lastId);
    this.#measures.clear();
    for (const lines of [this.#history, this.#convergences, this.#happenings]) lines.length = 0;
    for (const episodes of Object.values(this.#episodes)) episodes.length = 0;
  }

  close(): void {}
}

function lastOf<Line>(lines: readonly Line[], limit: number): readonly Line[] {
  return lines.slice(Math.max(0, lines.length - Math.max(0, limit))).toReversed();
}

function keepLast(lines: unknown[], limit: number): void {
  if (lines.length > limit) lines.splice(0, lines.length - limit);
}

function isSame(entry: HistoryEntry, record: RecordId, at: Date): boolean {
  return entry.record === record && entry.at.getTime() === at.getTime();
}

function isIn({ id, entry: { record, at } }: HistoryLine, query: HistoryQuery): boolean {
  if (query.before !== undefined && id >= query.before) return false;
  if (query.record !== undefined && record !== query.record) return false;
  if (query.since && at < query.since) return false;
  return !query.until || at < query.until;
}
