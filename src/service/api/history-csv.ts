import type { HistoryEntry } from "#core/store.ts";
import { reportHistory } from "#report/status.ts";

const COLUMNS = [
  "at",
  "record",
  "provider",
  "before",
  "after",
  "reason",
  "outcome",
  "words",
  "tookMs",
  "convergedMs",
  "sightMs",
  "operators",
] as const satisfies readonly (keyof ReturnType<typeof reportHistory>)[];

/** RFC 4180, with a head; lists have a space between their values. */
export function historyCsv(entries: readonly HistoryEntry[]): string {
  const lines = entries.map((entry) => {
    const report = reportHistory(entry);
    return COLUMNS.map((column) => cell(report[column])).join(",");
  });
  return [COLUMNS.join(","), ...lines, ""].join("\r\n");
}

function cell(value: string | number | readonly string[] | null | undefined): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") return String(value);
  const text = harmless(typeof value === "string" ? value : value.join(" "));
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Spreadsheets take such a beginning for a formula, and a provider's words can have it (OWASP, CSV injection). Where
 * people write numbers with a comma, a semicolon or a tab begins a cell too, in quotes or not.
 */
function harmless(text: string): string {
  return text.replaceAll(/(?<=^|[;\t\r\n])(?=\s*[=+\-@])/g, "'");
}
