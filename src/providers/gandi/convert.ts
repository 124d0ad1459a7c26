import { z } from "zod";
import { relativeName } from "#core/name.ts";
import type { RecordKey, RecordSet } from "#core/record.ts";
import { addressesOf, ttlOf } from "#providers/_shared/vendor-values.ts";
import type { Zone } from "#providers/_shared/zones.ts";

/** The fields used of a record set (https://api.gandi.net/docs/livedns/, read 2026-11-22). */
export const gandiRecordSet = z.looseObject({
  rrset_name: z.string(),
  rrset_type: z.string(),
  rrset_ttl: z.int().optional(),
  rrset_values: z.array(z.string()),
});

export type GandiRecordSet = z.infer<typeof gandiRecordSet>;

/** Gandi's name of a record: relative to its zone, `@` at the apex. */
export function gandiName(zone: Zone, key: RecordKey): string {
  return relativeName(key.name, zone.name) || "@";
}

/** @throws {AnswerError} when the values are not addresses of the type */
export function fromGandi(key: RecordKey, set: GandiRecordSet): RecordSet {
  const { name, type } = key;
  return { name, type, values: addressesOf("Gandi", key, set.rrset_values), ...ttlOf(set.rrset_ttl) };
}

/** The body of a PUT. Without a TTL Gandi would set its default, so the caller sends back what is there. */
export function toGandi(set: RecordSet) {
  return {
    rrset_values: set.values.map((address) => address.text),
    ...(set.ttl === undefined ? {} : { rrset_ttl: set.ttl }),
  };
}
