import type { Address } from "#core/address.ts";
import { ProviderError } from "#core/errors.ts";
import { canonicalValues, familyOf, type Reading, type RecordKey, type RecordType } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import type { Answer } from "#dns/exchange.ts";
import { extendedRcode, optRecord } from "#wire/dns/edns.ts";
import { type Message, queryMessage } from "#wire/dns/message.ts";
import { sameName } from "#wire/dns/name.ts";
import { formatRcode, RCODE } from "#wire/dns/rcode.ts";
import type { ResourceRecord } from "#wire/dns/resource-record.ts";
import { CLASS, TYPE } from "#wire/dns/types.ts";

/** Asks a zone's own server what it has: no recursion. */
export function recordSetQuery(key: RecordKey, id: number): Message {
  const question = { name: key.name, type: TYPE[key.type] };
  return queryMessage(question, { id, rd: false, additionals: [optRecord()] });
}

/**
 * What an authoritative answer says about a record set. An alias is not followed: it stands where the set
 * would have to stand, and updating what it points to is not what was asked for.
 *
 * @param peer for messages
 */
export function readRecordSet(key: RecordKey, answer: Answer, peer: string): Reading {
  const { message } = answer;
  const rcode = extendedRcode(message);
  const owned = message.answers.filter(
    (record) => record.class === CLASS.IN && sameName(record.name, key.name),
  );
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN)
    return unread(key, peer, "rcode", `the server answers ${formatRcode(rcode)}`, formatRcode(rcode));
  if (!message.header.aa)
    return unread(key, peer, "not-authoritative", "the server does not hold the zone", formatRcode(rcode));
  const alias = owned.find(({ type }) => type === TYPE.CNAME);
  if (alias?.data.kind === "host")
    return unread(key, peer, "alias", `it is an alias (CNAME) of "${alias.data.host}", expected no alias`);
  const records = owned.filter(({ type }) => type === TYPE[key.type]);
  const values = records.flatMap((record) => addressOf(record, key.type));
  if (values.length === 0) return { kind: "absent" };
  const ttl = seconds(Math.min(...records.map((record) => record.ttl)));
  return { kind: "present", set: { name: key.name, type: key.type, values: canonicalValues(values), ttl } };
}

function addressOf(record: ResourceRecord, type: RecordType): readonly Address[] {
  const { data } = record;
  return data.kind === "address" && data.address.family === familyOf(type) ? [data.address] : [];
}

function unread(key: RecordKey, peer: string, code: string, why: string, status?: string): Reading {
  const message = `Cannot read ${key.type} of "${key.name}" at ${peer}: ${why}`;
  return { kind: "unread", error: new ProviderError(message, { code, status }) };
}
