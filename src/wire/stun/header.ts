import { WireError } from "#core/errors.ts";
import type { ByteWriter } from "#wire/byte-writer.ts";
import type { Cursor } from "#wire/cursor.ts";
import { decodeMessageType, encodeMessageType, type MessageClass } from "#wire/stun/message-type.ts";

/** RFC 8489 section 5. */
export const HEADER_SIZE = 20;

/** RFC 8489 section 5: tells STUN from what else may share a port, and from RFC 3489. */
export const MAGIC_COOKIE = 0x2112a442;

export const TRANSACTION_ID_SIZE = 12;

/** 12 bytes: cryptographically random, the same in retransmissions, new in every transaction (RFC 8489 section 6). */
export type TransactionId = Uint8Array;

export interface Header {
  readonly method: number;
  readonly messageClass: MessageClass;
  readonly transactionId: TransactionId;
  /** Of everything after the header, in bytes; a multiple of 4. */
  readonly length: number;
}

/** @throws {WireError} when fewer than 20 bytes remain, or they do not begin a STUN message */
export function readHeader(cursor: Cursor): Header {
  const type = cursor.uint16("message type");
  if (type > 0x3fff) throw new WireError("message type", 0, "the two top bits are not 0, expected 00");
  const length = cursor.uint16("message length");
  if (length % 4 !== 0) throw new WireError("message length", 2, `is ${length}, expected a multiple of 4`);
  if (cursor.uint32("magic cookie") !== MAGIC_COOKIE) {
    throw new WireError("magic cookie", 4, "is another number, expected 0x2112a442");
  }
  return {
    ...decodeMessageType(type),
    length,
    transactionId: cursor.bytes(TRANSACTION_ID_SIZE, "transaction id"),
  };
}

/** @throws {RangeError} when the transaction id is not 12 bytes long, or a number does not fit */
export function writeHeader(
  writer: ByteWriter,
  { method, messageClass, length, transactionId }: Header,
): void {
  if (transactionId.length !== TRANSACTION_ID_SIZE) {
    throw new RangeError(`Cannot use ${transactionId.length} bytes as a transaction id, expected 12`);
  }
  writer.uint16(encodeMessageType(method, messageClass)).uint16(length);
  writer.uint32(MAGIC_COOKIE).bytes(transactionId);
}
