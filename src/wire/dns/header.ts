import type { ByteWriter } from "#wire/byte-writer.ts";
import type { Cursor } from "#wire/cursor.ts";

/** The first four bytes of a message, in the RFC's abbreviations (RFC 1035 section 4.1.1, RFC 4035 section 3). */
export interface Header {
  /** 16 bits, repeated in the answer. */
  readonly id: number;
  /** An answer, not a question. */
  readonly qr: boolean;
  readonly opcode: number;
  /** The server holds the zone itself. */
  readonly aa: boolean;
  /** Truncated: ask again over TCP. */
  readonly tc: boolean;
  /** Recursion desired. */
  readonly rd: boolean;
  /** Recursion available. */
  readonly ra: boolean;
  readonly ad: boolean;
  readonly cd: boolean;
  /** The lower four bits; see `extendedRcode` for the rest. */
  readonly rcode: number;
}

const FLAGS = { qr: 0x8000, aa: 0x0400, tc: 0x0200, rd: 0x0100, ra: 0x0080, ad: 0x0020, cd: 0x0010 } as const;

export function writeHeader(writer: ByteWriter, header: Header): void {
  if (header.opcode > 15 || header.rcode > 15)
    throw new RangeError("Cannot write more than 4 bits of a code");
  let bits = (header.opcode << 11) | header.rcode;
  if (header.qr) bits |= FLAGS.qr;
  if (header.aa) bits |= FLAGS.aa;
  if (header.tc) bits |= FLAGS.tc;
  if (header.rd) bits |= FLAGS.rd;
  if (header.ra) bits |= FLAGS.ra;
  if (header.ad) bits |= FLAGS.ad;
  if (header.cd) bits |= FLAGS.cd;
  writer.uint16(header.id).uint16(bits);
}

export function readHeader(cursor: Cursor): Header {
  const id = cursor.uint16("ID");
  const bits = cursor.uint16("flags");
  const has = (flag: number) => (bits & flag) !== 0;
  return {
    id,
    qr: has(FLAGS.qr),
    opcode: (bits >> 11) & 0xf,
    aa: has(FLAGS.aa),
    tc: has(FLAGS.tc),
    rd: has(FLAGS.rd),
    ra: has(FLAGS.ra),
    ad: has(FLAGS.ad),
    cd: has(FLAGS.cd),
    rcode: bits & 0xf,
  };
}
