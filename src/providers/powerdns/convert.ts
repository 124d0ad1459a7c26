import { z } from "zod";
import type { DomainName } from "#core/name.ts";
import { parseDomainName } from "#core/name.ts";
import type { RecordKey, RecordSet } from "#core/record.ts";
import { AnswerError } from "#providers/_shared/answer-error.ts";
import { addressesOf, ttlOf } from "#providers/_shared/vendor-values.ts";

/** The fields used of a record set (https://doc.powerdns.com/authoritative/http-api/zone.html, read 2026-11-22). */
export const powerdnsRecordSet = z.looseObject({
  name: z.string(),
  type: z.string(),
  ttl: z.int().optional(),
  records: z.array(z.looseObject({ content: z.string(), disabled: z.boolean().optional() })),
});

export type PowerdnsRecordSet = z.infer<typeof powerdnsRecordSet>;

/** The API demands a TTL with every write, also for a new name that has none configured. */
export const DEFAULT_TTL = 300;

/** Names at the API are absolute, and must end in a dot. */
export function toPowerdnsName(name: DomainName): string {
  return `${name}.`;
}

/** @throws {AnswerError} when the name is not absolute */
export function fromPowerdnsName(name: string): DomainName {
  if (name.endsWith(".")) return parseDomainName(name);
  throw new AnswerError(`Cannot read the zone "${name}" at PowerDNS: expected a name that ends in a dot`, {
    code: "unreadable",
    words: "",
  });
}

/** Disabled records are not served, and so they are no values; a set of nothing else is absent. */
export function fromPowerdns(key: RecordKey, set: PowerdnsRecordSet): RecordSet | undefined {
  const values = set.records.filter((record) => !record.disabled).map((record) => record.content);
  if (values.length === 0) return undefined;
  const { name, type } = key;
  return { name, type, values: addressesOf("PowerDNS", key, values), ...ttlOf(set.ttl) };
}

/** A REPLACE, which overwrites the whole set: the disabled records that are there have to be sent back. */
export function toPowerdns(after: RecordSet, current: PowerdnsRecordSet | undefined) {
  const enabled = after.values.map((address) => ({ content: address.text, disabled: false }));
  const disabled = (current?.records ?? []).filter(
    (record) => record.disabled && enabled.every((other) => other.content !== record.content),
  );
  return {
    name: toPowerdnsName(after.name),
    type: after.type,
    ttl: after.ttl ?? current?.ttl ?? DEFAULT_TTL,
    changetype: "REPLACE",
    records: [...enabled, ...disabled.map(({ content }) => ({ content, disabled: true }))],
  };
}
