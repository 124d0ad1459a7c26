import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Family } from "#core/address.ts";
import type { RecordId } from "#core/record.ts";
import type { Belief, HistoryEntry, Published, Store } from "#core/store.ts";
import type { Milliseconds } from "#core/units.ts";
import { createPrivately } from "#store/private-file.ts";
import {
  beliefRow,
  historyRow,
  publishedRow,
  type Row,
  readBelief,
  readHistoryEntry,
  readPublished,
} from "#store/rows.ts";
import { prepareSchema } from "#store/schema.ts";
import { DatabaseGone, openDatabase } from "#store/sqlite.ts";

/**
 * The store's file. Every method is a transaction of its own, committed when it returns: a killed process loses
 * nothing of it, a power cut may lose the last of them (WAL, `synchronous = NORMAL`).
 *
 * Unlike a {@link Store} for the rest of the program, every method throws what SQLite throws.
 */
export class SqliteStore implements Store {
  readonly #path: string;
  readonly #inode: bigint | undefined;
  readonly #database: DatabaseSync;
  readonly #historyLimit: number;

  /** @throws {DamagedDatabase | StoreError} and the errors of SQLite and of the file system */
  constructor(path: string, historyLimit: number) {
    createPrivately(path);
    this.#path = path;
    this.#inode = inodeOf(path);
    this.#historyLimit = historyLimit;
    this.#database = openDatabase(path);
    try {
      prepareSchema(this.#database, path);
      this.#database.exec(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 1048576",
      );
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  published(): ReadonlyMap<RecordId, Published> {
    const all = this.#rows("SELECT * FROM published ORDER BY record").flatMap(
      (row) => readPublished(row) ?? [],
    );
    return new Map(all.map((published) => [published.record, published]));
  }

  setPublished(published: Published): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO published VALUES (:record, :address, :ttl, :at)")
      .run(publishedRow(published));
  }

  clearPublished(record: RecordId): void {
    this.#database.prepare("DELETE FROM published WHERE record = ?").run(record);
  }

  beliefs(): ReadonlyMap<Family, Belief> {
    const all = this.#rows("SELECT * FROM belief ORDER BY family").flatMap((row) => readBelief(row) ?? []);
    return new Map(all.map((belief) => [belief.family, belief]));
  }

  setBelief(belief: Belief): void {
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO belief
         VALUES (:family, :kind, :address, :since, :last_round, :in_favour, :against)`,
      )
      .run(beliefRow(belief));
  }

  history(limit: number): readonly HistoryEntry[] {
    return this.#rows("SELECT * FROM history ORDER BY id DESC LIMIT ?", Math.max(0, limit)).flatMap(
      (row) => readHistoryEntry(row) ?? [],
    );
  }

  addHistory(entry: HistoryEntry): void {
    this.#inTransaction(() => this.#insertHistory(entry));
  }

  setConverged(record: RecordId, at: Date, converged: Milliseconds): void {
    this.#database
      .prepare(
        `UPDATE history SET converged = ?
         WHERE id = (SELECT max(id) FROM history WHERE record = ? AND at = ?)`,
      )
      .run(converged, record, at.getTime());
  }

  /** @throws {DatabaseGone} when the file was deleted or replaced since it was opened */
  checkInPlace(): void {
    if (inodeOf(this.#path) !== this.#inode) throw new DatabaseGone("its file was deleted or replaced");
  }

  /** Takes over what another store holds: its beliefs and what it published, and its history beside our own. */
  adopt(other: Store): void {
    this.#inTransaction(() => {
      this.#database.exec("DELETE FROM published");
      for (const published of other.published().values()) this.setPublished(published);
      for (const belief of other.beliefs().values()) this.setBelief(belief);
      for (const entry of other.history(this.#historyLimit).toReversed()) this.#insertHistory(entry);
    });
  }

  close(): void {
    this.#database.close();
  }

  #insertHistory(entry: HistoryEntry): void {
    const { lastInsertRowid } = this.#database
      .prepare(
        `INSERT INTO history (at, record, provider, values_before, values_after, reason, outcome, words, took, converged)
         VALUES (:at, :record, :provider, :values_before, :values_after, :reason, :outcome, :words, :took, :converged)`,
      )
      .run(historyRow(entry));
    // ids have no gaps, so the oldest line that may stay is known without counting
    this.#database
      .prepare("DELETE FROM history WHERE id <= ?")
      .run(Number(lastInsertRowid) - this.#historyLimit);
  }

  #rows(sql: string, ...parameters: readonly number[]): readonly Row[] {
    return this.#database.prepare(sql).all(...parameters);
  }

  #inTransaction(act: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      act();
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
