import type { Family } from "#core/address.ts";
import { recordId, type RecordId } from "#core/record.ts";
import type { Archive } from "#core/store.ts";
import { familyLabel } from "#report/verdict.ts";
import { type ChangeRow, changeRow } from "#service/pages/history-changes.ts";
import type { MeasuresTable } from "#service/pages/history-measures.ts";
import type { HistoryChoice } from "#service/pages/history-query.ts";
import { bandOf, type Segment } from "#service/pages/overview-day.ts";
import type { State } from "#state/state.ts";

export interface Timeline {
  readonly family: Family;
  readonly label: "IPv4" | "IPv6";
  readonly from: Date;
  readonly segments: readonly Segment[];
  /** E.g. `3 addresses, not known for 41 s in all`. */
  readonly summary: string;
  /** The plots' numbers. */
  readonly measures: MeasuresTable;
}

export interface HistoryModel {
  readonly now: Date;
  readonly choice: HistoryChoice;
  readonly timelines: readonly Timeline[];
  /** To choose from: those of the configuration, and the one that was chosen. */
  readonly records: readonly RecordId[];
  readonly changes: readonly ChangeRow[];
  /** Where the page of older ones begins. */
  readonly olderThan: number | undefined;
}

const PAGE = 25;

export interface HistoryInput {
  readonly choice: HistoryChoice;
  readonly tables: ReadonlyMap<Family, MeasuresTable>;
  readonly now: Date;
}

export function historyModel(
  state: Pick<State, "families" | "records">,
  archive: Pick<Archive, "episodes" | "historyPage">,
  { choice, tables, now }: HistoryInput,
): HistoryModel {
  const { record, before, span } = choice;
  const lines = archive.historyPage({
    limit: PAGE + 1,
    ...(record !== undefined && { record }),
    ...(before !== undefined && { before }),
  });
  const changes = lines.slice(0, PAGE).map(changeRow);
  const records = new Set(state.records.map((each) => recordId(each.record)));
  const from = new Date(now.getTime() - span.length);
  return {
    now,
    choice,
    timelines: state.families.map(({ family }) => {
      const { segments } = bandOf(archive.episodes(family, from), from, now);
      const measures = tables.get(family) ?? NOTHING;
      return { family, label: familyLabel(family), from, segments, summary: summaryOf(segments), measures };
    }),
    records: [...(record === undefined ? records : records.add(record))],
    changes,
    olderThan: lines.length > PAGE ? changes.at(-1)?.id : undefined,
  };
}

const NOTHING: MeasuresTable = { operators: [], rows: [] };

function summaryOf(segments: readonly Segment[]): string {
  const addresses = new Set(segments.filter(({ kind }) => kind === "known").map(({ label }) => label)).size;
  const gaps = segments.filter(({ kind }) => kind === "disputed" || kind === "unavailable").length;
  if (segments.length === 0) return "";
  const held = `${addresses === 0 ? "no" : addresses} ${addresses === 1 ? "address" : "addresses"}`;
  return gaps === 0 ? held : `${held}, ${gaps} ${gaps === 1 ? "gap" : "gaps"}`;
}
