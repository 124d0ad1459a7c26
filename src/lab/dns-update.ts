import type { DnsZone } from "#lab/dns-zone.ts";
import { ByteWriter } from "#wire/byte-writer.ts";
import { lowerCaseName, sameName } from "#wire/dns/name.ts";
import type { Message } from "#wire/dns/message.ts";
import { RCODE } from "#wire/dns/rcode.ts";
import { type RecordData, writeRecordData } from "#wire/dns/record-data.ts";
import type { ResourceRecord } from "#wire/dns/resource-record.ts";
import { CLASS, TYPE } from "#wire/dns/types.ts";

/**
 * The server's side of an update (RFC 2136 section 3): every prerequisite holds and every record makes sense, or
 * nothing happens.
 *
 * @returns the rcode
 */
export function applyUpdate(zone: DnsZone, message: Message): number {
  const { answers: prerequisites, authorities: updates } = message;
  if ([...prerequisites, ...updates].some((record) => !zone.holds(record.name))) return RCODE.NOTZONE;
  const unmet = checkPrerequisites(zone, prerequisites);
  if (unmet !== RCODE.NOERROR) return unmet;
  if (!updates.every(isWellFormed)) return RCODE.FORMERR;
  const before = zone.records;
  const after = updates.reduce((records, update) => applyOne(zone, records, update), before);
  if (!sameContent(before, after)) zone.replace(after);
  return RCODE.NOERROR;
}

/** RFC 2136 section 3.2. */
function checkPrerequisites(zone: DnsZone, prerequisites: readonly ResourceRecord[]): number {
  const exact = new Map<string, ResourceRecord[]>();
  for (const record of prerequisites) {
    const { name, type, class: cls, data, ttl } = record;
    const isEmpty = data.kind === "raw" && data.bytes.length === 0;
    if (ttl !== 0 || (cls !== CLASS.IN && !isEmpty)) return RCODE.FORMERR;
    const exists = zone.find(name, type).length > 0;
    switch (cls) {
      case CLASS.ANY:
        if (!exists) return type === TYPE.ANY ? RCODE.NXDOMAIN : RCODE.NXRRSET;
        break;
      case CLASS.NONE:
        if (exists) return type === TYPE.ANY ? RCODE.YXDOMAIN : RCODE.YXRRSET;
        break;
      case CLASS.IN: {
        const key = `${lowerCaseName(name)}/${type}`;
        exact.set(key, [...(exact.get(key) ?? []), record]);
        break;
      }
      default:
        return RCODE.FORMERR;
    }
  }
  const isMet = [...exact.values()].every((set) => {
    const [first] = set;
    return first !== undefined && sameContent(zone.find(first.name, first.type), set, { ttl: false });
  });
  return isMet ? RCODE.NOERROR : RCODE.NXRRSET;
}

/** RFC 2136 section 3.4.1. */
function isWellFormed({ class: cls, ttl, type, data }: ResourceRecord): boolean {
  const isEmpty = data.kind === "raw" && data.bytes.length === 0;
  if (cls === CLASS.IN) return type !== TYPE.ANY && !isEmpty;
  if (cls === CLASS.ANY) return ttl === 0 && isEmpty;
  return cls === CLASS.NONE && ttl === 0 && type !== TYPE.ANY && !isEmpty;
}

/** RFC 2136 section 3.4.2. */
function applyOne(
  zone: DnsZone,
  records: readonly ResourceRecord[],
  update: ResourceRecord,
): readonly ResourceRecord[] {
  const isOwn = (record: ResourceRecord) => sameName(record.name, update.name);
  const isApex = sameName(update.name, zone.name);
  // The apex keeps its SOA and NS whatever an update says
  const isProtected = (type: number) => isApex && (type === TYPE.SOA || type === TYPE.NS);
  switch (update.class) {
    case CLASS.ANY: {
      const isGone = ({ type }: ResourceRecord) => update.type === TYPE.ANY || type === update.type;
      return records.filter((record) => !isOwn(record) || !isGone(record) || isProtected(record.type));
    }
    case CLASS.NONE:
      if (isProtected(update.type)) return records;
      return records.filter((record) => !(isOwn(record) && sameTypeAndData(record, update)));
    default: {
      const others = records.filter((record) => !(isOwn(record) && sameTypeAndData(record, update)));
      // One set has one TTL (RFC 2181 section 5.2)
      const aligned = others.map((record) =>
        isOwn(record) && record.type === update.type ? { ...record, ttl: update.ttl } : record,
      );
      return [...aligned, update];
    }
  }
}

function sameTypeAndData(a: ResourceRecord, b: ResourceRecord): boolean {
  return a.type === b.type && textOf(a.data) === textOf(b.data);
}

function sameContent(
  a: readonly ResourceRecord[],
  b: readonly ResourceRecord[],
  { ttl }: { readonly ttl: boolean } = { ttl: true },
): boolean {
  const lines = (records: readonly ResourceRecord[]) =>
    records
      .map((record) =>
        [lowerCaseName(record.name), record.type, ttl ? record.ttl : "", textOf(record.data)].join(" "),
      )
      .toSorted()
      .join("\n");
  return lines(a) === lines(b);
}

/** RDATA as text, for comparing. */
function textOf(data: RecordData): string {
  const writer = new ByteWriter();
  writeRecordData(writer, data);
  return writer.toBytes().join(".");
}
