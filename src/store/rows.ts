import type { SQLOutputValue } from "node:sqlite";
import type { Outcome } from "#core/outcome.ts";
import type { ChangeReason } from "#core/plan.ts";
import type { Belief, HistoryEntry, Published } from "#core/store.ts";
import {
  isRecordId,
  type NewRow,
  optional,
  readAddress,
  readDate,
  readFamily,
  readList,
  readNumber,
  readSpan,
  readText,
  type Row,
} from "#store/columns.ts";

const REASONS: Readonly<Record<ChangeReason, true>> = {
  "address-changed": true,
  "changed-elsewhere": true,
  missing: true,
  "removed-elsewhere": true,
  ttl: true,
  "wrong-address": true,
};
const OUTCOMES: Readonly<Record<Outcome["kind"], true>> = {
  applied: true,
  failed: true,
  refused: true,
  unchanged: true,
  unconfirmed: true,
};
const BELIEFS: Readonly<Record<Belief["kind"], true>> = { disputed: true, known: true, unavailable: true };

export function publishedRow({ record, address, ttl, at }: Published): NewRow {
  return { record, address: address.text, ttl: ttl ?? null, at: at.getTime() };
}

/** `undefined`, as everywhere here, for a row that does not say what it should: it is passed over. */
export function readPublished(row: Row): Published | undefined {
  const { record } = row;
  const address = readAddress(row["address"]);
  const at = readDate(row["at"]);
  if (!isRecordId(record) || !address || !at) return undefined;
  return { record, address, at, ...optional("ttl", readNumber(row["ttl"])) };
}

export function beliefRow(belief: Belief): NewRow {
  return {
    family: belief.family,
    kind: belief.kind,
    address: belief.address?.text ?? null,
    since: belief.since?.getTime() ?? null,
    last_round: belief.lastRound.getTime(),
    in_favour: JSON.stringify(belief.for),
    against: JSON.stringify(belief.against),
  };
}

export function readBelief(row: Row): Belief | undefined {
  const { kind } = row;
  const family = readFamily(row["family"]);
  const lastRound = readDate(row["last_round"]);
  if (!family || !isBelief(kind) || !lastRound) return undefined;
  return {
    family,
    kind,
    lastRound,
    for: readList(row["in_favour"]),
    against: readList(row["against"]),
    ...optional("address", readAddress(row["address"])),
    ...optional("since", readDate(row["since"])),
  };
}

export function historyRow(entry: HistoryEntry): NewRow {
  return {
    at: entry.at.getTime(),
    record: entry.record,
    provider: entry.provider,
    values_before: JSON.stringify(entry.before),
    values_after: JSON.stringify(entry.after),
    reason: entry.reason,
    outcome: entry.outcome,
    words: entry.words ?? null,
    took: entry.took,
    converged: entry.converged ?? null,
    operators: entry.operators ? JSON.stringify(entry.operators) : null,
    sight: entry.sight ?? null,
  };
}

export function readHistoryEntry(row: Row): HistoryEntry | undefined {
  const { record, reason, outcome, operators } = row;
  const at = readDate(row["at"]);
  const provider = readText(row["provider"]);
  const took = readSpan(row["took"]);
  if (!isRecordId(record) || provider === undefined || !isReason(reason) || !isOutcome(outcome)) {
    return undefined;
  }
  if (!at || took === undefined) return undefined;
  return {
    at,
    record,
    provider,
    reason,
    outcome,
    before: readList(row["values_before"]),
    after: readList(row["values_after"]),
    took,
    ...optional("words", readText(row["words"])),
    ...optional("converged", readSpan(row["converged"])),
    ...optional("operators", typeof operators === "string" ? readList(operators) : undefined),
    ...optional("sight", readSpan(row["sight"])),
  };
}

export function readHistoryLine(row: Row): (HistoryEntry & { readonly id: number }) | undefined {
  const id = readNumber(row["id"]);
  const entry = readHistoryEntry(row);
  return entry && id !== undefined ? { id, ...entry } : undefined;
}

function isReason(value: SQLOutputValue | undefined): value is ChangeReason {
  return typeof value === "string" && Object.hasOwn(REASONS, value);
}

function isOutcome(value: SQLOutputValue | undefined): value is Outcome["kind"] {
  return typeof value === "string" && Object.hasOwn(OUTCOMES, value);
}

export function isBelief(value: SQLOutputValue | undefined): value is Belief["kind"] {
  return typeof value === "string" && Object.hasOwn(BELIEFS, value);
}
