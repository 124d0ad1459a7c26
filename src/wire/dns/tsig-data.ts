import type { ByteWriter } from "#wire/byte-writer.ts";
import type { Cursor } from "#wire/cursor.ts";
import { readName, writeName } from "#wire/dns/name.ts";

/** RDATA of a TSIG record (RFC 8945 section 4.2). */
export interface TsigData {
  readonly algorithm: string;
  /** Seconds since 1970, 48 bits. */
  readonly timeSigned: number;
  /** Seconds that the two clocks may differ. */
  readonly fudge: number;
  readonly mac: Uint8Array;
  /** A forwarder may have changed the header's. */
  readonly originalId: number;
  /** An rcode, here with its full 16 bits. */
  readonly error: number;
  /** For BADTIME the server's time, 48 bits; else empty. */
  readonly other: Uint8Array;
}

export function writeTsigData(writer: ByteWriter, data: TsigData): void {
  writeName(writer, data.algorithm);
  writer.uint48(data.timeSigned).uint16(data.fudge);
  writer.uint16(data.mac.length).bytes(data.mac).uint16(data.originalId);
  writer.uint16(data.error).uint16(data.other.length).bytes(data.other);
}

export function readTsigData(cursor: Cursor, message: Uint8Array): TsigData {
  return {
    algorithm: readName(cursor, message, "Algorithm Name"),
    timeSigned: cursor.uint48("Time Signed"),
    fudge: cursor.uint16("Fudge"),
    mac: cursor.bytes(cursor.uint16("MAC Size"), "MAC"),
    originalId: cursor.uint16("Original ID"),
    error: cursor.uint16("Error"),
    other: cursor.bytes(cursor.uint16("Other Len"), "Other Data"),
  };
}
