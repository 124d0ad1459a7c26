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
  /** Ours is published there, and our address is another one now; whatever else is in the set. */
  | "address-changed"
  /** What we published is not there any more, or (`replace`) others are there as well: someone changed it since. */
  | "changed-elsewhere"
  /** We never published it, and it is not there; with `merge`, not among the addresses of others. */
  | "missing"
  /** The whole set was there by our hand and is gone. */
  | "removed-elsewhere"
  /** Right address, other TTL than the configuration says. */
  | "ttl"
  /** It holds something else (`replace`), and we never published it. */
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

/**
 * Why a record stays as it is although it is not known to be right. `unavailable` is also the reason when
 * the witnesses were too few and merely confirm what is published: no lone witness ever causes a write.
 */
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
  /** Each record once: two wishes for one record would undo each other in every round. */
  readonly desired: readonly DesiredRecord[];
  readonly current: ReadonlyMap<RecordId, Reading>;
  /**
   * The address of ours that each record was last confirmed to hold, host suffix included. With `merge` it is
   * the one value that is taken away when our address moves; it is ours as soon as a set was found in sync,
   * even if others put it there as well, since a set holds an address once. They put it back if they need it.
   */
  readonly published: ReadonlyMap<RecordId, Address>;
}

/**
 * What has to change. Pure; planning an applied plan yields no change.
 *
 * ```
 * verdict      reading   set vs. wish            decision
 * not known    any       any                     keep (disputed, unavailable)
 * known        unread    -                       keep (unread)
 * confirmed    any       not as wished           keep (unavailable): `confirms-published` allows no write
 * known        absent    -                       change (missing, removed-elsewhere)
 * known        present   same values and TTL     in-sync
 * known        present   same values, other TTL  change (ttl)
 * known        present   other values            change (address-changed, changed-elsewhere, wrong-address)
 * ```
 * There is no row that deletes.
 *
 * The plan has no memory. A provider that rounds or limits TTLs will never hold the one that is wished for, and
 * `ttl` would come up in every round: the engine has to remember the TTL found after a write that was applied, and
 * leave the record alone while wish and finding stay the same.
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

/**
 * The change against what is there now, where that may be another thing than when it was planned.
 *
 * @param before as it was just read; `undefined`: there is no such record set
 * @returns `undefined`: it is as wished already
 */
export function rebaseChange(change: Change, before: RecordSet | undefined): Change | undefined {
  const ours = change.before?.values.find((value) => !isIn(change.after, value));
  const after = wantedSet(change.record, change.address, before, ours);
  return before && isAsWished(before, after) ? undefined : { ...change, before, after };
}

function isIn({ values }: RecordSet, { text }: Address): boolean {
  return values.some((value) => value.text === text);
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
  if (before && isAsWished(before, after)) return { kind: "in-sync", record, set: before, address };
  if (verdict.basis === "confirms-published")
    return { kind: "keep", record, reason: { kind: "unavailable" } };
  const reason = reasonOf(record, before, after, published);
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
  // A proxied record has the TTL its proxy gives it
  const ttl = before?.proxied ? before.ttl : (record.ttl ?? before?.ttl);
  return {
    name: record.name,
    type: record.type,
    values: canonicalValues([...foreign, address]),
    ...(ttl === undefined ? {} : { ttl }),
    ...(before?.proxied === undefined ? {} : { proxied: before.proxied }),
  };
}

function isAsWished(before: RecordSet, after: RecordSet): boolean {
  // A provider that keeps a value twice serves it once: nothing to write, and it would stay so
  return sameValues(canonicalValues(before.values), after.values) && hasWishedTtl(before, after);
}

/** A provider that hides the TTL cannot differ. */
function hasWishedTtl(before: RecordSet, after: RecordSet): boolean {
  return before.ttl === undefined || before.ttl === after.ttl;
}

function reasonOf(
  record: DesiredRecord,
  before: RecordSet | undefined,
  after: RecordSet,
  published: Address | undefined,
): ChangeReason {
  if (!before) return published ? "removed-elsewhere" : "missing";
  if (sameValues(canonicalValues(before.values), after.values)) return "ttl";
  if (!published) return record.mode === "merge" ? "missing" : "wrong-address";
  // Ours was there and will not be: that our address moved is the reason. Else somebody's hand is
  return isIn(before, published) && !isIn(after, published) ? "address-changed" : "changed-elsewhere";
}

function byRecordId(a: DesiredRecord, b: DesiredRecord): number {
  const [left, right] = [recordId(a), recordId(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
