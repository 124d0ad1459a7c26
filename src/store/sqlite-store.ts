import { statSync } from "node:fs";
import type { Family } from "#core/address.ts";
import type { RecordId } from "#core/record.ts";
import {
  type Archive,
  type Belief,
  type Episode,
  type HistoryEntry,
  type HistoryQuery,
  type Measure,
  type Published,
  type StoredHappening,
} from "#core/store.ts";
import type { Milliseconds } from "#core/units.ts";
import {
  episodeRow,
  happeningRow,
  measureRow,
  readEpisode,
  readHappening,
  readMeasure,
} from "#store/archive-rows.ts";
import { EVER, MEASURES_KEPT, type StoreLimits } from "#store/limits.ts";
import { sumOfMeasures } from "#store/measure-sums.ts";
import type { MemoryStore } from "#store/memory-store.ts";
import { PreparedDatabase } from "#store/prepared-database.ts";
import { createPrivately } from "#store/private-file.ts";
import {
  beliefRow,
  historyRow,
  publishedRow,
  readBelief,
  readHistoryEntry,
  readHistoryLine,
  readPublished,
} from "#store/rows.ts";
import { prepareSchema } from "#store/schema.ts";
import { DatabaseGone, openDatabase } from "#store/sqlite.ts";
import { STATEMENTS } from "#store/statements.ts";
import { timeline } from "#store/timeline.ts";

type HistoryLine = HistoryEntry & { readonly id: number };

/** Beyond every id, and every date. */
const NO_ID = Number.MAX_SAFE_INTEGER;
const NO_TIME = NO_ID;

/**
 * The store's file. Every method is a transaction of its own, committed when it returns: a killed process loses
 * nothing of it, a power cut may lose the last of them (WAL, `synchronous = NORMAL`).
 *
 * Unlike a {@link Store} for the rest of the program, every method throws what SQLite throws.
 */
export class SqliteStore implements Archive {
  readonly #path: string;
  readonly #inode: bigint | undefined;
  readonly #database: PreparedDatabase;
  readonly #limits: StoreLimits;

  /** @throws {DamagedDatabase | StoreError} and the errors of SQLite and of the file system */
  constructor(path: string, limits: StoreLimits) {
    createPrivately(path);
    this.#path = path;
    this.#inode = inodeOf(path);
    this.#limits = limits;
    const database = openDatabase(path);
    try {
      prepareSchema(database, path);
      database.exec(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 1048576",
      );
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = new PreparedDatabase(database);
  }

  published(): ReadonlyMap<RecordId, Published> {
    const all = this.#database.all("SELECT * FROM published ORDER BY record", {}, readPublished);
    return new Map(all.map((published) => [published.record, published]));
  }

  publishedIn(record: RecordId): Published | undefined {
    return this.#database.all("SELECT * FROM published WHERE record = :record", { record }, readPublished)[0];
  }

  setPublished(published: Published): void {
    this.#database.run(
      "INSERT OR REPLACE INTO published VALUES (:record, :address, :ttl, :at)",
      publishedRow(published),
    );
  }

  clearPublished(record: RecordId): void {
    this.#database.run("DELETE FROM published WHERE record = :record", { record });
  }

  beliefs(): ReadonlyMap<Family, Belief> {
    const all = this.#database.all("SELECT * FROM belief ORDER BY family", {}, readBelief);
    return new Map(all.map((belief) => [belief.family, belief]));
  }

  setBelief(belief: Belief): void {
    const values = ":family, :kind, :address, :since, :last_round, :in_favour, :against";
    this.#database.run(`INSERT OR REPLACE INTO belief VALUES (${values})`, beliefRow(belief));
  }

  history(limit: number): readonly HistoryEntry[] {
    const page = { before: NO_ID, limit: Math.max(0, limit) };
    return this.#database.all(STATEMENTS.historyPage, page, readHistoryEntry);
  }

  historyPage(query: HistoryQuery): readonly HistoryLine[] {
    const { record, since, until } = query;
    const page = { before: query.before ?? NO_ID, limit: Math.max(0, query.limit) };
    const span = { since: since?.getTime() ?? -NO_TIME, until: until?.getTime() ?? NO_TIME };
    if (!since && !until) {
      return record === undefined
        ? this.#database.all(STATEMENTS.historyPage, page, readHistoryLine)
        : this.#database.all(STATEMENTS.historyPageOfRecord, { ...page, record }, readHistoryLine);
    }
    return record === undefined
      ? this.#database.all(STATEMENTS.historyPageOfTime, { ...page, ...span }, readHistoryLine)
      : this.#database.all(
          STATEMENTS.historyPageOfRecordAndTime,
          { ...page, ...span, record },
          readHistoryLine,
        );
  }

  addHistory(entry: HistoryEntry): void {
    this.#database.inTransaction(() => this.#insertHistory(entry, null));
  }

  /** 0 when there is none. */
  lastHistoryId(): number {
    return this.#database.all(STATEMENTS.lastHistoryId, {}, ({ id }) => Number(id ?? 0))[0] ?? 0;
  }

  setConverged(record: RecordId, at: Date, converged: Milliseconds): void {
    this.#database.run(STATEMENTS.setConverged, { record, at: at.getTime(), converged });
  }

  beginEpisode(episode: Episode): void {
    this.#database.inTransaction(() => this.#insertEpisode(episode));
  }

  episodes(family: Family, since: Date): readonly Episode[] {
    return timeline(
      this.#database.all(STATEMENTS.episodes, { family, since: since.getTime() }, readEpisode),
      since,
    );
  }

  addMeasures(measures: readonly Measure[]): void {
    this.#database.inTransaction(() => this.#insertMeasures(measures));
  }

  measures(family: Family, since: Date): readonly Measure[] {
    return this.#database.all(STATEMENTS.measures, { family, since: since.getTime() }, readMeasure);
  }

  addHappening(happening: StoredHappening): void {
    this.#database.inTransaction(() => this.#insertHappening(happening));
  }

  happenings(limit: number): readonly StoredHappening[] {
    return this.#database.all(STATEMENTS.happenings, { limit: Math.max(0, limit) }, readHappening);
  }

  /** With the log beside it, which is part of it. */
  size(): number {
    return sizeOf(this.#path) + sizeOf(`${this.#path}-wal`);
  }

  /** @throws {DatabaseGone} when the file was deleted or replaced since it was opened */
  checkInPlace(): void {
    if (inodeOf(this.#path) !== this.#inode) throw new DatabaseGone("its file was deleted or replaced");
  }

  /** Takes over what another store holds: its beliefs and what it published, and its lines beside our own. */
  adopt(other: MemoryStore): void {
    this.#database.inTransaction(() => {
      this.#database.run("DELETE FROM published");
      for (const published of other.published().values()) this.setPublished(published);
      for (const belief of other.beliefs().values()) this.setBelief(belief);
      this.#adoptHistory(other);
      for (const family of [4, 6] as const) {
        for (const episode of other.episodes(family, EVER)) this.#insertEpisode(episode);
        this.#insertMeasures(other.measures(family, EVER));
      }
      for (const happening of other.happenings(this.#limits.happenings).toReversed())
        this.#insertHappening(happening);
    });
  }

  close(): void {
    this.#database.close();
  }

  /** Lines keep their ids, which a reader may have, unless another process was faster. */
  #adoptHistory(other: MemoryStore): void {
    for (const { record, at, converged } of other.convergences()) this.setConverged(record, at, converged);
    for (const { id, ...entry } of other.historyPage({ limit: this.#limits.history }).toReversed())
      this.#insertHistory(entry, Math.max(id, this.lastHistoryId() + 1));
  }

  #insertHistory(entry: HistoryEntry, id: number | null): void {
    const last = this.#database.run(STATEMENTS.addHistory, { id, ...historyRow(entry) });
    // ids have no gaps, so the oldest line that may stay is known without counting
    this.#database.run(STATEMENTS.pruneHistory, { id: last - this.#limits.history });
  }

  #insertEpisode(episode: Episode): void {
    this.#database.run(STATEMENTS.beginEpisode, episodeRow(episode));
    this.#database.run(STATEMENTS.pruneEpisodes, { family: episode.family, kept: this.#limits.episodes });
  }

  #insertMeasures(measures: readonly Measure[]): void {
    if (measures.length === 0) return;
    for (const measure of measures) {
      const { family, at, witness } = measure;
      const [known] = this.#database.all(
        STATEMENTS.measure,
        { family, at: at.getTime(), witness },
        readMeasure,
      );
      this.#database.run(STATEMENTS.addMeasure, measureRow(known ? sumOfMeasures(known, measure) : measure));
    }
    const newest = Math.max(...measures.map(({ at }) => at.getTime()));
    this.#database.run(STATEMENTS.pruneMeasures, { oldest: newest - MEASURES_KEPT });
  }

  #insertHappening(happening: StoredHappening): void {
    const last = this.#database.run(STATEMENTS.addHappening, happeningRow(happening));
    this.#database.run(STATEMENTS.pruneHappenings, { id: last - this.#limits.happenings });
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
