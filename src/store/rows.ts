import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { type Address, parseAddress } from "#core/address.ts";
import type { Outcome } from "#core/outcome.ts";
import type { ChangeReason } from "#core/plan.ts";
import type { RecordId } from "#core/record.ts";
import type { Belief, HistoryEntry, Published } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";

export type Row = Readonly<Record<string, SQLOutputValue>>;
type NewRow = Record<string, SQLInputValue>;

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
  const { family, kind } = row;
  const lastRound = readDate(row["last_round"]);
  if ((family !== 4 && family !== 6) || !isBelief(kind) || !lastRound) return undefined;
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
  };
}

export function readHistoryEntry(row: Row): HistoryEntry | undefined {
  const { record, provider, reason, outcome, words } = row;
  const at = readDate(row["at"]);
  const took = readNumber(row["took"]);
  const converged = readNumber(row["converged"]);
  if (!isRecordId(record) || typeof provider !== "string" || !isReason(reason) || !isOutcome(outcome)) {
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
    took: milliseconds(took),
    ...(typeof words === "string" && { words }),
    ...(converged !== undefined && { converged: milliseconds(converged) }),
  };
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [K in Name]?: Value } {
  const part: { [K in Name]?: Value } = {};
  if (value !== undefined) part[name] = value;
  return part;
}

function readAddress(value: SQLOutputValue | undefined): Address | undefined {
  return typeof value === "string" ? parseAddress(value) : undefined;
}

function readNumber(value: SQLOutputValue | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function readDate(value: SQLOutputValue | undefined): Date | undefined {
  return typeof value === "number" ? new Date(value) : undefined;
}

function readList(value: SQLOutputValue | undefined): readonly string[] {
  try {
    const list: unknown = typeof value === "string" ? JSON.parse(value) : [];
    return Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
  } catch {
    return [];
  }
}

function isRecordId(value: SQLOutputValue | undefined): value is RecordId {
  return typeof value === "string" && /^[^/]+\/(A|AAAA)$/.test(value);
}

function isReason(value: SQLOutputValue | undefined): value is ChangeReason {
  return typeof value === "string" && Object.hasOwn(REASONS, value);
}

function isOutcome(value: SQLOutputValue | undefined): value is Outcome["kind"] {
  return typeof value === "string" && Object.hasOwn(OUTCOMES, value);
}

function isBelief(value: SQLOutputValue | undefined): value is Belief["kind"] {
  return typeof value === "string" && Object.hasOwn(BELIEFS, value);
}
