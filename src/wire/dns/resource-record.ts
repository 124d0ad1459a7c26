import { WireError } from "#core/errors.ts";
import type { ByteWriter } from "#wire/byte-writer.ts";
import { Cursor } from "#wire/cursor.ts";
import { readName, writeName } from "#wire/dns/name.ts";
import { readRecordData, type RecordData, writeRecordData } from "#wire/dns/record-data.ts";

/** RFC 1035 section 4.1.3. */
export interface ResourceRecord {
  readonly name: string;
  readonly type: number;
  /** In OPT: how large a UDP answer may be. */
  readonly class: number;
  /** Seconds, 32 bits; in OPT: flags. */
  readonly ttl: number;
  /** Of the form that `type` has. */
  readonly data: RecordData;
}

export function writeRecord(writer: ByteWriter, record: ResourceRecord): void {
  writeName(writer, record.name);
  writer.uint16(record.type).uint16(record.class).uint32(record.ttl).uint16(0);
  const start = writer.length;
  writeRecordData(writer, record.data);
  writer.setUint16(start - 2, writer.length - start);
}

export function readRecord(cursor: Cursor, message: Uint8Array): ResourceRecord {
  const name = readName(cursor, message, "NAME");
  const [type, cls] = [cursor.uint16("TYPE"), cursor.uint16("CLASS")];
  const ttl = cursor.uint32("TTL");
  const length = cursor.uint16("RDLENGTH");
  const start = cursor.offset;
  if (length > cursor.remaining)
    throw new WireError("RDATA", start, `${cursor.remaining} bytes remain, expected ${length}`);
  const data = readRecordData(type, cls, new Cursor(message, start, start + length), message);
  cursor.skip(length, "RDATA");
  return { name, type, class: cls, ttl, data };
}
