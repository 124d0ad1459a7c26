import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { milliseconds } from "#core/units.ts";
import { openStore } from "#store/open-store.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";

/** As release 0.1 made it: never to be changed. */
const SCHEMA_1 = `
  CREATE TABLE published (
    record TEXT PRIMARY KEY, address TEXT NOT NULL, ttl INTEGER, at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE belief (
    family INTEGER PRIMARY KEY CHECK (family IN (4, 6)), kind TEXT NOT NULL, address TEXT, since INTEGER,
    last_round INTEGER NOT NULL, in_favour TEXT NOT NULL, against TEXT NOT NULL
  ) STRICT;
  CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, record TEXT NOT NULL, provider TEXT NOT NULL,
    values_before TEXT NOT NULL, values_after TEXT NOT NULL, reason TEXT NOT NULL, outcome TEXT NOT NULL,
    words TEXT, took REAL NOT NULL, converged REAL
  ) STRICT;
  CREATE INDEX history_record_at ON history (record, at);
  PRAGMA application_id = 0x45534444;
  PRAGMA user_version = 1;`;
const ADD_HISTORY_1 = `
  INSERT INTO history (at, record, provider, values_before, values_after, reason, outcome, words, took, converged)
  VALUES (86400000, 'home.example.org/A', 'home', '["192.0.2.1"]', '["192.0.2.2"]', 'address-changed', 'applied',
    NULL, 12.5, NULL)`;
const LINE = {
  at: new Date(86_400_000),
  record: "home.example.org/A",
  provider: "home",
  before: ["192.0.2.1"],
  after: ["192.0.2.2"],
  reason: "address-changed",
  outcome: "applied",
  took: milliseconds(12.5),
} as const;

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "esddns-schema-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a store of release 0.1", () => {
  it("is brought up to date, with all that is in it", () => {
    const path = join(folder, "e.db");
    const old = new DatabaseSync(path);
    old.exec(SCHEMA_1);
    old.exec(ADD_HISTORY_1);
    old.exec("INSERT INTO published VALUES ('home.example.org/A', '192.0.2.2', 300, 86400000)");
    old.exec("INSERT INTO belief VALUES (4, 'known', '192.0.2.2', 1, 86400000, '[\"a\"]', '[]')");
    old.close();

    const log = new MemoryLog();
    const store = openStore({ path, log, clock: new ManualClock() });
    expect(log.entries).toEqual([]);
    expect(store.history(10)).toEqual([LINE]);
    expect(store.published().get("home.example.org/A")).toMatchObject({ ttl: 300 });
    expect(store.beliefs().get(4)).toMatchObject({ kind: "known", for: ["a"] });
    const told = { ...LINE, operators: ["a"], sight: milliseconds(5) };
    store.addHistory(told);
    store.beginEpisode({ family: 4, kind: "disputed", from: new Date(1) });
    expect(store.historyPage({ limit: 10 })).toEqual([
      { id: 2, ...told },
      { id: 1, ...LINE },
    ]);
    expect(store.episodes(4, new Date(0))).toHaveLength(1);
    store.close();
  });

  it("can still be written to by a process of that release that has it open", () => {
    const path = join(folder, "e.db");
    const old = new DatabaseSync(path);
    old.exec(`PRAGMA journal_mode = WAL; ${SCHEMA_1}`);
    const add = old.prepare(ADD_HISTORY_1);
    const store = openStore({ path, log: new MemoryLog(), clock: new ManualClock() });
    add.run();
    expect(store.history(10)).toEqual([LINE]);
    old.close();
    store.close();
  });
});
