import type { DatabaseSync } from "node:sqlite";
import { DamagedDatabase } from "#store/sqlite.ts";
import { StoreError } from "#store/store-error.ts";

/** `ESDD`: what `file` and SQLite call the application id, so that no other program's database is taken for ours. */
const APPLICATION_ID = 0x45534444;

/** Each brings the schema from its index to the next number. Append only: releases have run them. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE published (
     record  TEXT PRIMARY KEY,
     address TEXT NOT NULL,
     ttl     INTEGER,
     at      INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE belief (
     family     INTEGER PRIMARY KEY CHECK (family IN (4, 6)),
     kind       TEXT NOT NULL,
     address    TEXT,
     since      INTEGER,
     last_round INTEGER NOT NULL,
     in_favour  TEXT NOT NULL,
     against    TEXT NOT NULL
   ) STRICT;
   CREATE TABLE history (
     id            INTEGER PRIMARY KEY AUTOINCREMENT,
     at            INTEGER NOT NULL,
     record        TEXT NOT NULL,
     provider      TEXT NOT NULL,
     values_before TEXT NOT NULL,
     values_after  TEXT NOT NULL,
     reason        TEXT NOT NULL,
     outcome       TEXT NOT NULL,
     words         TEXT,
     took          REAL NOT NULL,
     converged     REAL
   ) STRICT;
   CREATE INDEX history_record_at ON history (record, at);`,
  `ALTER TABLE history ADD COLUMN operators TEXT;
   ALTER TABLE history ADD COLUMN sight REAL;
   CREATE INDEX history_record ON history (record);
   CREATE INDEX history_at ON history (at);
   CREATE TABLE episode (
     family  INTEGER NOT NULL CHECK (family IN (4, 6)),
     number  INTEGER NOT NULL,
     kind    TEXT NOT NULL,
     address TEXT,
     began   INTEGER NOT NULL,
     PRIMARY KEY (family, number),
     UNIQUE (family, began)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE measure (
     family   INTEGER NOT NULL CHECK (family IN (4, 6)),
     at       INTEGER NOT NULL,
     witness  TEXT NOT NULL,
     operator TEXT NOT NULL,
     asked    INTEGER NOT NULL,
     answered INTEGER NOT NULL,
     agreed   INTEGER NOT NULL,
     differed INTEGER NOT NULL,
     mean     REAL,
     fastest  REAL,
     slowest  REAL,
     PRIMARY KEY (family, at, witness)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE happening (
     id       INTEGER PRIMARY KEY AUTOINCREMENT,
     kind     TEXT NOT NULL,
     at       INTEGER NOT NULL,
     family   INTEGER,
     record   TEXT,
     provider TEXT,
     witness  TEXT,
     title    TEXT NOT NULL,
     detail   TEXT
   ) STRICT;`,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Checks that the file is whole and ours, and brings its schema up to date.
 *
 * @throws {DamagedDatabase} when its structure is broken
 * @throws {StoreError} codes `store-newer` and `store-foreign`: it is somebody's, leave it alone
 */
export function prepareSchema(database: DatabaseSync, path: string): void {
  const version = pragma(database, "user_version");
  const isNew = version === 0 && tableCount(database) === 0;
  if (!isNew && pragma(database, "application_id") !== APPLICATION_ID) {
    throw new StoreError(`Cannot use the store "${path}": it is another program's database`, {
      code: "store-foreign",
      hint: "give another path for the store",
      retry: "never",
    });
  }
  if (version > SCHEMA_VERSION) {
    const is = `its schema is number ${version}, expected at most ${SCHEMA_VERSION}`;
    throw new StoreError(`Cannot use the store "${path}": ${is}`, {
      code: "store-newer",
      hint: "a newer esddns wrote it: use that one, or give another path for the store",
      retry: "never",
    });
  }
  if (!isNew) checkStructure(database);
  if (version < SCHEMA_VERSION) migrate(database);
}

function migrate(database: DatabaseSync): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    // another process may have been faster
    for (const step of MIGRATIONS.slice(pragma(database, "user_version"))) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function checkStructure(database: DatabaseSync): void {
  const result = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {});
  if (result[0] !== "ok") throw new DamagedDatabase(String(result[0]));
}

function tableCount(database: DatabaseSync): number {
  const row = database.prepare("SELECT count(*) AS count FROM sqlite_schema WHERE type = 'table'").get();
  return Number(row?.["count"]);
}

function pragma(database: DatabaseSync, name: "application_id" | "user_version"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
