import { type Address, addressFromBytes } from "#core/address.ts";
import { WireError } from "#core/errors.ts";
import type { ByteWriter } from "#wire/byte-writer.ts";
import type { Cursor } from "#wire/cursor.ts";
import { readName, writeName } from "#wire/dns/name.ts";
import { type EdnsOption, readOptions, writeOptions } from "#wire/dns/edns-option.ts";
import { readTsigData, type TsigData, writeTsigData } from "#wire/dns/tsig-data.ts";
import { CLASS, TYPE } from "#wire/dns/types.ts";

/** RFC 1035 section 3.3.13; times in seconds. */
export interface SoaData {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** Also for how long "there is none" may be cached (RFC 2308). */
  readonly minimum: number;
}

/** RDATA. What has no form of its own, and whatever is empty (updates), is kept as bytes. */
export type RecordData =
  | { readonly kind: "address"; readonly address: Address }
  /** NS and CNAME. */
  | { readonly kind: "host"; readonly host: string }
  | { readonly kind: "soa"; readonly soa: SoaData }
  /** TXT: at least one string of at most 255 bytes each. */
  | { readonly kind: "text"; readonly strings: readonly Uint8Array[] }
  | { readonly kind: "opt"; readonly options: readonly EdnsOption[] }
  | { readonly kind: "tsig"; readonly tsig: TsigData }
  | { readonly kind: "raw"; readonly bytes: Uint8Array };

export const NO_DATA: RecordData = { kind: "raw", bytes: new Uint8Array() };

export function writeRecordData(writer: ByteWriter, data: RecordData): void {
  switch (data.kind) {
    case "address":
      writer.bytes(data.address.bytes);
      return;
    case "host":
      writeName(writer, data.host);
      return;
    case "soa":
      writeSoa(writer, data.soa);
      return;
    case "text":
      for (const string of data.strings) writer.uint8(string.length).bytes(string);
      return;
    case "opt":
      writeOptions(writer, data.options);
      return;
    case "tsig":
      writeTsigData(writer, data.tsig);
      return;
    case "raw":
      writer.bytes(data.bytes);
  }
}

/** @param cursor of exactly the RDATA; what it leaves over is an error */
export function readRecordData(type: number, cls: number, cursor: Cursor, message: Uint8Array): RecordData {
  const data = readKnown(type, cls, cursor, message);
  if (cursor.remaining > 0)
    throw new WireError("RDATA", cursor.offset, `${cursor.remaining} bytes too many for type ${type}`);
  return data;
}

function readKnown(type: number, cls: number, cursor: Cursor, message: Uint8Array): RecordData {
  if (type === TYPE.OPT) return { kind: "opt", options: readOptions(cursor) };
  // An update names record sets by records without data; and in class CH an A record is another thing
  if (cursor.remaining === 0 || cls === CLASS.CH) return readOther(type, cursor);
  switch (type) {
    case TYPE.A:
      return { kind: "address", address: addressFromBytes(cursor.bytes(4, "ADDRESS")) };
    case TYPE.AAAA:
      return { kind: "address", address: addressFromBytes(cursor.bytes(16, "ADDRESS")) };
    case TYPE.NS:
      return { kind: "host", host: readName(cursor, message, "NSDNAME") };
    case TYPE.CNAME:
      return { kind: "host", host: readName(cursor, message, "CNAME") };
    case TYPE.SOA:
      return { kind: "soa", soa: readSoa(cursor, message) };
    case TYPE.TSIG:
      return { kind: "tsig", tsig: readTsigData(cursor, message) };
    default:
      return readOther(type, cursor);
  }
}

function readOther(type: number, cursor: Cursor): RecordData {
  if (type !== TYPE.TXT || cursor.remaining === 0)
    return { kind: "raw", bytes: cursor.bytes(cursor.remaining, "RDATA") };
  const strings: Uint8Array[] = [];
  while (cursor.remaining > 0) strings.push(cursor.bytes(cursor.uint8("TXT-DATA"), "TXT-DATA"));
  return { kind: "text", strings };
}

function writeSoa(writer: ByteWriter, soa: SoaData): void {
  writeName(writer, soa.mname);
  writeName(writer, soa.rname);
  writer.uint32(soa.serial).uint32(soa.refresh).uint32(soa.retry).uint32(soa.expire).uint32(soa.minimum);
}

function readSoa(cursor: Cursor, message: Uint8Array): SoaData {
  return {
    mname: readName(cursor, message, "MNAME"),
    rname: readName(cursor, message, "RNAME"),
    serial: cursor.uint32("SERIAL"),
    refresh: cursor.uint32("REFRESH"),
    retry: cursor.uint32("RETRY"),
    expire: cursor.uint32("EXPIRE"),
    minimum: cursor.uint32("MINIMUM"),
  };
}
