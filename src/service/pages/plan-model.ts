import type { Change, Plan } from "#core/plan.ts";
import { type DesiredRecord, recordId, type RecordSet } from "#core/record.ts";
import { describeKeep, REASON_WORDS } from "#report/plan.ts";
import type { Condition, RecordState } from "#state/state.ts";

/** One line of a diff. */
export interface DiffLine {
  readonly sign: "+" | "-" | "=";
  readonly value: string;
  /** In words, with the unit. */
  readonly ttl: string;
}

interface RecordLine {
  readonly name: string;
  readonly type: string;
  readonly provider: string;
}

export interface PlanModel {
  /** E.g. `2 changes, 1 record is left as it is, 3 are right`. */
  readonly summary: string;
  readonly changes: readonly (RecordLine & {
    readonly reason: string;
    readonly lines: readonly DiffLine[];
    /** Why a round may not write it yet, as a sentence. */
    readonly held: string | undefined;
  })[];
  /** By reason, those with the most records first. */
  readonly kept: readonly { readonly reason: string; readonly records: readonly RecordLine[] }[];
  readonly right: readonly (RecordLine & { readonly lines: readonly DiffLine[] })[];
}

/** @param records as they stand: what is held back is in the plan all the same */
export function planModel(plan: Plan, records: readonly RecordState[] = []): PlanModel {
  const held = heldBack(records);
  const changes: PlanModel["changes"][number][] = [];
  const kept: { readonly reason: string; readonly record: RecordLine }[] = [];
  const right: PlanModel["right"][number][] = [];
  for (const decision of plan) {
    const line = lineOf(decision.record);
    switch (decision.kind) {
      case "change":
        changes.push({
          ...line,
          reason: REASON_WORDS[decision.change.reason],
          lines: diffOf(decision.change),
          held: held.get(recordId(decision.record)),
        });
        break;
      case "keep":
        kept.push({ record: line, reason: describeKeep(decision) });
        break;
      case "in-sync":
        right.push({ ...line, lines: linesOf(decision.set, "=") });
        break;
    }
  }
  return {
    summary: summaryOf(changes.length, kept.length, right.length),
    changes,
    kept: byReason(kept),
    right,
  };
}

function byReason(
  kept: readonly { readonly reason: string; readonly record: RecordLine }[],
): PlanModel["kept"] {
  return [...Map.groupBy(kept, ({ reason }) => reason)]
    .map(([reason, own]) => ({ reason, records: own.map(({ record }) => record) }))
    .toSorted((a, b) => b.records.length - a.records.length);
}

function heldBack(records: readonly RecordState[]): ReadonlyMap<string, string> {
  return new Map(
    records.flatMap(({ record, condition }) => {
      const words = heldWords(condition);
      return words === undefined ? [] : [[recordId(record), words]];
    }),
  );
}

/** What was refused for good stays so until the configuration changes, whoever asks for a round. */
function heldWords(condition: Condition): string | undefined {
  if (condition.kind === "withheld") return `Held back at the moment: ${condition.words}`;
  if (condition.kind !== "failed") return undefined;
  const hint = condition.hint === undefined ? "" : ` What to do: ${condition.hint}`;
  return `It did not work the last time, and may not be tried again yet: “${condition.words}”${hint}`;
}

/** A value that stays is one line; one whose TTL changes is two. */
function diffOf({ before, after }: Change): readonly DiffLine[] {
  const old = before ? linesOf(before, "-") : [];
  const fresh = linesOf(after, "+");
  const isIn = (lines: readonly DiffLine[], line: DiffLine) =>
    lines.some(({ value, ttl }) => value === line.value && ttl === line.ttl);
  return [
    ...old.map((line): DiffLine => (isIn(fresh, line) ? { ...line, sign: "=" } : line)),
    ...fresh.filter((line) => !isIn(old, line)),
  ];
}

function linesOf({ values, ttl, proxied }: RecordSet, sign: DiffLine["sign"]): readonly DiffLine[] {
  const words = proxied ? "proxied" : ttl === undefined ? "TTL as the provider has it" : `TTL ${ttl} s`;
  return values.map(({ text }) => ({ sign, value: text, ttl: words }));
}

function lineOf({ name, type, provider }: DesiredRecord): RecordLine {
  return { name, type, provider };
}

function summaryOf(changes: number, kept: number, right: number): string {
  const parts = [
    ...(changes > 0 ? [`${changes} ${changes === 1 ? "change" : "changes"}`] : []),
    ...(kept > 0 ? [`${kept} left as ${kept === 1 ? "it is" : "they are"}`] : []),
    ...(right > 0 ? [`${right} right already`] : []),
  ];
  return parts.length > 0 ? parts.join(", ") : "no record is configured";
}
