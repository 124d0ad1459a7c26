import { type Message, requestHeader } from "#wire/dns/message.ts";
import { NO_DATA, type RecordData } from "#wire/dns/record-data.ts";
import type { ResourceRecord } from "#wire/dns/resource-record.ts";
import { CLASS, OPCODE, TYPE } from "#wire/dns/types.ts";

/**
 * One atomic update of one zone (RFC 2136 section 2): all of it happens, in this order, or nothing.
 *
 * @param prerequisites what must hold, else nothing happens
 */
export function updateMessage(
  zone: string,
  changes: readonly ResourceRecord[],
  options: { readonly id: number; readonly prerequisites?: readonly ResourceRecord[] | undefined },
): Message {
  return {
    header: requestHeader(options.id, OPCODE.UPDATE, false),
    questions: [{ name: zone, type: TYPE.SOA, class: CLASS.IN }],
    answers: options.prerequisites ?? [],
    authorities: changes,
    additionals: [],
  };
}

/** RFC 2136 section 2.5.1. */
export function addRecord(name: string, type: number, ttl: number, data: RecordData): ResourceRecord {
  return { name, type, class: CLASS.IN, ttl, data };
}

/** RFC 2136 section 2.5.2. */
export function deleteRecordSet(name: string, type: number): ResourceRecord {
  return { name, type, class: CLASS.ANY, ttl: 0, data: NO_DATA };
}

/** Only the record with this data (RFC 2136 section 2.5.4). */
export function deleteRecord(name: string, type: number, data: RecordData): ResourceRecord {
  return { name, type, class: CLASS.NONE, ttl: 0, data };
}

/** Prerequisite: there is such a set, whatever is in it (RFC 2136 section 2.4.1). */
export function recordSetExists(name: string, type: number): ResourceRecord {
  return { name, type, class: CLASS.ANY, ttl: 0, data: NO_DATA };
}

/** Prerequisite: the set is exactly all records given so for its name and type (RFC 2136 section 2.4.2). */
export function recordSetHas(name: string, type: number, data: RecordData): ResourceRecord {
  return { name, type, class: CLASS.IN, ttl: 0, data };
}

/** Prerequisite: there is no such set (RFC 2136 section 2.4.3). */
export function recordSetMissing(name: string, type: number): ResourceRecord {
  return { name, type, class: CLASS.NONE, ttl: 0, data: NO_DATA };
}
