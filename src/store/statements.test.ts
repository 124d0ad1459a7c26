import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareSchema } from "#store/schema.ts";
import { STATEMENTS } from "#store/statements.ts";

let database: DatabaseSync;
beforeAll(() => {
  database = new DatabaseSync(":memory:");
  prepareSchema(database, ":memory:");
});
afterAll(() => database.close());

/** What SQLite would do, step by step (https://sqlite.org/eqp.html). */
function planOf(sql: string): readonly string[] {
  return database
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map(({ detail }) => String(detail));
}

function isSlow(step: string): boolean {
  return /TEMP B-TREE|^SCAN (?!CONSTANT ROW)/.test(step);
}

describe("a statement to a table that grows", () => {
  it.each(Object.entries(STATEMENTS))("finds its rows by an index, and sorts none: %s", (_, sql) => {
    expect(planOf(sql).filter(isSlow)).toEqual([]);
  });

  it.each([
    ["SELECT * FROM history WHERE outcome = 'applied'", "SCAN history"],
    ["SELECT * FROM history WHERE id > 0 ORDER BY took", "USE TEMP B-TREE FOR ORDER BY"],
  ])("would be caught: %s", (sql, step) => {
    expect(planOf(sql).filter(isSlow)).toEqual([step]);
  });

  it.each([
    ["historyPage", "SEARCH history USING INTEGER PRIMARY KEY (rowid<?)"],
    ["historyPageOfRecord", "SEARCH history USING INDEX history_record (record=? AND rowid<?)"],
    ["historyPageOfTime", "SEARCH history USING COVERING INDEX history_at (at>? AND at<?)"],
    [
      "historyPageOfRecordAndTime",
      "SEARCH history USING COVERING INDEX history_record_at (record=? AND at>? AND at<?)",
    ],
    ["setConverged", "SEARCH history USING COVERING INDEX history_record_at (record=? AND at=?)"],
    ["measures", "SEARCH measure USING PRIMARY KEY (family=? AND at>?)"],
    ["happenings", "SEARCH happening USING INTEGER PRIMARY KEY (rowid>?)"],
  ] as const)("has the index that was made for it: %s", (name, step) => {
    expect(planOf(STATEMENTS[name])).toContain(step);
  });
});
