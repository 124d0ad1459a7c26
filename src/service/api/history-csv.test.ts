import { expect, it } from "vitest";
import type { HistoryEntry } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";
import { historyCsv } from "#service/api/history-csv.ts";

const ENTRY: HistoryEntry = {
  at: new Date("2026-11-22T14:03:00Z"),
  record: "home.example.org/A",
  provider: "home",
  before: [],
  after: ["203.0.113.2"],
  reason: "missing",
  outcome: "refused",
  took: milliseconds(40),
};

it.each([
  ["=1+1", "'=1+1"],
  ["\t=1+1", "'\t'=1+1"],
  ["no;=1+1", "no;'=1+1"],
  ["no; @SUM(1)", "no;' @SUM(1)"],
  ["no\t-1", "no\t'-1"],
  ["a=b, c-d; e+f", "a=b, c-d; e+f"],
])("a provider's words %j are no formula, whatever separates the cells", (words, cell) => {
  const [, line = ""] = historyCsv([{ ...ENTRY, words }]).split("\r\n");
  const quoted = cell.includes(",") ? `"${cell}"` : cell;
  expect(line).toContain(`,refused,${quoted},40`);
});
