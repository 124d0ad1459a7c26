import type { Message } from "#wire/dns/message.ts";
import { ROOT } from "#wire/dns/name.ts";
import type { ResourceRecord } from "#wire/dns/resource-record.ts";
import { TYPE } from "#wire/dns/types.ts";

/** Fits every path without fragments (DNS flag day 2020). */
export const UDP_PAYLOAD_SIZE = 1232;

/** What a message without OPT may have over UDP (RFC 1035 section 4.2.1). */
export const PLAIN_UDP_SIZE = 512;

/** Tells the server how large an answer may be (RFC 6891 section 6.1). */
export function optRecord(udpSize: number = UDP_PAYLOAD_SIZE): ResourceRecord {
  return { name: ROOT, type: TYPE.OPT, class: udpSize, ttl: 0, data: { kind: "opt", options: [] } };
}

export function findOpt(message: Message): ResourceRecord | undefined {
  return message.additionals.find((record) => record.type === TYPE.OPT);
}

/** All twelve bits: the header has the lower four, OPT the upper eight (RFC 6891 section 6.1.3). */
export function extendedRcode(message: Message): number {
  const opt = findOpt(message);
  return message.header.rcode | (((opt?.ttl ?? 0) >>> 24) << 4);
}
