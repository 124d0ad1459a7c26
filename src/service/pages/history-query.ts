import { parseDomainName } from "#core/name.ts";
import { RECORD_TYPES, type RecordId, recordId } from "#core/record.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface HistorySpan {
  /** As in the address. */
  readonly key: "24h" | "30d" | "7d";
  readonly title: string;
  readonly length: number;
  /** Of the table of measures: as coarse as a person can read. */
  readonly step: number;
}

export const HISTORY_SPANS = [
  { key: "24h", title: "24 hours", length: DAY, step: HOUR },
  { key: "7d", title: "7 days", length: 7 * DAY, step: 6 * HOUR },
  { key: "30d", title: "30 days", length: 30 * DAY, step: DAY },
] as const satisfies readonly HistorySpan[];

/** What the page was asked for. Whatever makes no sense counts as not asked. */
export interface HistoryChoice {
  readonly span: HistorySpan;
  readonly record: RecordId | undefined;
  readonly before: number | undefined;
}

export function readChoice(query: URLSearchParams): HistoryChoice {
  const span = HISTORY_SPANS.find(({ key }) => key === query.get("span")) ?? HISTORY_SPANS[0];
  const before = query.get("before") ?? "";
  return {
    span,
    record: readRecord(query.get("record") ?? ""),
    before: /^\d{1,15}$/.test(before) ? Number(before) : undefined,
  };
}

/** The page's own address with another choice. */
export function historyHref({ span, record, before }: Partial<HistoryChoice>): string {
  const query = new URLSearchParams();
  if (span && span.key !== "24h") query.set("span", span.key);
  if (record) query.set("record", record);
  if (before !== undefined) query.set("before", String(before));
  return query.size > 0 ? `/history?${query.toString()}` : "/history";
}

function readRecord(text: string): RecordId | undefined {
  const at = text.lastIndexOf("/");
  const type = RECORD_TYPES.find((each) => each === text.slice(at + 1));
  if (at < 1 || !type) return undefined;
  try {
    return recordId({ name: parseDomainName(text.slice(0, at)), type });
  } catch {
    return undefined;
  }
}
