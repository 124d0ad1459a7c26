import type { Address } from "#core/address.ts";
import type { Change } from "#core/plan.ts";
import type { RecordSet } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import type { RecordData } from "#wire/dns/record-data.ts";
import type { ResourceRecord } from "#wire/dns/resource-record.ts";
import { TYPE } from "#wire/dns/types.ts";
import { addRecord, deleteRecord, deleteRecordSet } from "#wire/dns/update.ts";

/** UPDATE has no "leave it to the server": a record that is new and has no TTL in the configuration gets this. */
export const DEFAULT_TTL = seconds(300);

/**
 * The part of an UPDATE that makes one change. `replace` deletes the set and adds ours, which the server does as
 * one step; `merge` names only our own old and new value, so that what others do meanwhile is kept.
 */
export function updatesOf(change: Change): readonly ResourceRecord[] {
  const { record, before, after, address } = change;
  const { name, type } = after;
  const ttl = after.ttl ?? DEFAULT_TTL;
  const add = (value: Address) => addRecord(name, TYPE[type], ttl, dataOf(value));
  if (record.mode === "replace") return [deleteRecordSet(name, TYPE[type]), ...after.values.map(add)];
  const gone = (before?.values ?? []).filter(
    (value) => !after.values.some(({ text }) => text === value.text),
  );
  return [...gone.map((value) => deleteRecord(name, TYPE[type], dataOf(value))), add(address)];
}

/** The set as the server has it once the change is made. */
export function writtenSet({ after }: Change): RecordSet {
  return { ...after, ttl: after.ttl ?? DEFAULT_TTL };
}

function dataOf(address: Address): RecordData {
  return { kind: "address", address };
}
