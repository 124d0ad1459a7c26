import { type Address, addressFromBytes, type Family } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import {
  canonicalValues,
  type DesiredRecord,
  familyOf,
  type Reading,
  type RecordId,
  type RecordSet,
  recordId,
  sameValues,
} from "#core/record.ts";

/** Why a record set has to be written. */
export type ChangeReason =
  /** Ours is published there, and our address is another one now. */
  | "address-changed"
  /** We had it right; someone else changed it since. */
  | "changed-elsewhere"
  /** It is not there, and we never published it. */
  | "missing"
  /** It was there by our hand and is gone. */
  | "removed-elsewhere"
  /** Right address, other TTL than the configuration says. */
  | "ttl"
  /** It holds something else, and we never published it. */
  | "wrong-address";

export interface Change {
  readonly record: DesiredRecord;
  /** Absent: there is no such record set. */
  readonly before: RecordSet | undefined;
  /** The whole set as it should be. Without `ttl` the provider keeps or chooses it. */
  readonly after: RecordSet;
  /** Our own address in `after`. */
  readonly address: Address;
  readonly reason: ChangeReason;
}

/** Why a record stays as it is although it is not known to be right. */
export type KeepReason =
  | { readonly kind: "disputed" | "unavailable" }
  | { readonly kind: "unread"; readonly error: unknown };

export type Decision =
  | {
      readonly kind: "in-sync";
      readonly record: DesiredRecord;
      readonly set: RecordSet;
      readonly address: Address;
    }
  | { readonly kind: "change"; readonly record: DesiredRecord; readonly change: Change }
  | { readonly kind: "keep"; readonly record: DesiredRecord; readonly reason: KeepReason };

/** One decision for each desired record, sorted by record. */
export type Plan = readonly Decision[];

export interface PlanInput {
  /** A family without a verdict was not looked for: its records are kept. */
  readonly verdicts: ReadonlyMap<Family, Verdict>;
  readonly desired: readonly DesiredRecord[];
  readonly current: ReadonlyMap<RecordId, Reading>;
  /** The address of ours that each record was last confirmed to hold. */
  readonly published: ReadonlyMap<RecordId, Address>;
}

/**
 * What has to change. Pure; planning an applied plan yields no change.
 *
 * ```
 * verdict      reading   set vs. wish            decision
 * not known    any       any                     keep (disputed, unavailable)
 * known        unread    -                       keep (unread)
 * known        absent    -                       change (missing, removed-elsewhere)
 * known        present   same values and TTL     in-sync
 * known        present   same values, other TTL  change (ttl)
 * known        present   other values            change (address-changed, changed-elsewhere, wrong-address)
 * ```
 * There is no row that deletes.
 */
export function planChanges(input: PlanInput): Plan {
  return input.desired.toSorted(byRecordId).map((record) => decide(record, input));
}

export function changesOf(plan: Plan): readonly Change[] {
  return plan.flatMap((decision) => (decision.kind === "change" ? [decision.change] : []));
}

/** Our address in this record: the detected one, or the detected network with the record's host suffix. */
export function addressFor(record: DesiredRecord, detected: Address): Address {
  const { hostSuffix } = record;
  if (!hostSuffix || detected.family !== 6) return detected;
  return addressFromBytes(
    Uint8Array.from([...detected.bytes.subarray(0, 8), ...hostSuffix.bytes.subarray(8)]),
  );
}

function decide(record: DesiredRecord, input: PlanInput): Decision {
  const verdict = input.verdicts.get(familyOf(record.type));
  if (verdict?.kind !== "known") {
    return { kind: "keep", record, reason: { kind: verdict?.kind ?? "unavailable" } };
  }
  const id = recordId(record);
  const reading = input.current.get(id) ?? { kind: "unread", error: new TypeError(`${id} was not read`) };
  if (reading.kind === "unread") return { kind: "keep", record, reason: reading };

  const address = addressFor(record, verdict.address);
  const before = reading.kind === "present" ? reading.set : undefined;
  const published = input.published.get(id);
  const after = wantedSet(record, address, before, published);
  if (before && sameValues(before.values, after.values)) {
    if (!ttlDiffers(record, before)) return { kind: "in-sync", record, set: before, address };
    return { kind: "change", record, change: { record, before, after, address, reason: "ttl" } };
  }
  const reason = reasonOf(before, address, published);
  return { kind: "change", record, change: { record, before, after, address, reason } };
}

function wantedSet(
  record: DesiredRecord,
  address: Address,
  before: RecordSet | undefined,
  published: Address | undefined,
): RecordSet {
  const foreign =
    record.mode === "merge" ? (before?.values ?? []).filter((value) => value.text !== published?.text) : [];
  const ttl = record.ttl ?? before?.ttl;
  return {
    name: record.name,
    type: record.type,
    values: canonicalValues([...foreign, address]),
    ...(ttl === undefined ? {} : { ttl }),
    ...(before?.proxied === undefined ? {} : { proxied: before.proxied }),
  };
}

/** A proxied record has the TTL its proxy gives it, and a provider that hides the TTL cannot differ. */
function ttlDiffers(record: DesiredRecord, before: RecordSet): boolean {
  if (record.ttl === undefined || before.ttl === undefined || before.proxied) return false;
  return record.ttl !== before.ttl;
}

function reasonOf(
  before: RecordSet | undefined,
  address: Address,
  published: Address | undefined,
): ChangeReason {
  if (!before) return published ? "removed-elsewhere" : "missing";
  if (!published) return "wrong-address";
  const oursIsThere = before.values.some((value) => value.text === published.text);
  if (!oursIsThere) return "changed-elsewhere";
  return published.text === address.text ? "changed-elsewhere" : "address-changed";
}

function byRecordId(a: DesiredRecord, b: DesiredRecord): number {
  const [left, right] = [recordId(a), recordId(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
