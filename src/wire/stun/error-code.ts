import { WireError } from "#core/errors.ts";
import { ByteWriter } from "#wire/byte-writer.ts";
import { Cursor } from "#wire/cursor.ts";
import { ATTRIBUTE_TYPES, type Attribute } from "#wire/stun/attribute.ts";

/** Codes that the rules for answers name (RFC 8489 section 18.5). */
export const ERROR_CODES = {
  TRY_ALTERNATE: 300,
  BAD_REQUEST: 400,
  UNKNOWN_ATTRIBUTE: 420,
  SERVER_ERROR: 500,
} as const;

export interface ErrorCode {
  /** 300 to 699. */
  readonly code: number;
  /** The server's own words; control characters are removed. */
  readonly reason: string;
}

/** Fewer than 128 characters (RFC 8489 section 14.8); what a server sends beyond is cut off. */
const MAX_REASON_LENGTH = 127;

/**
 * @throws {WireError} when it is shorter than 4 bytes, the class is not 3 to 6, or the number is above 99
 * @see RFC 8489 section 14.8
 */
export function decodeErrorCode(value: Uint8Array): ErrorCode {
  const cursor = new Cursor(value);
  cursor.skip(2, "ERROR-CODE");
  const hundreds = cursor.uint8("ERROR-CODE class") & 0b111;
  const number = cursor.uint8("ERROR-CODE number");
  if (hundreds < 3 || hundreds > 6)
    throw new WireError("ERROR-CODE class", 2, `is ${hundreds}, expected 3 to 6`);
  if (number > 99) throw new WireError("ERROR-CODE number", 3, `is ${number}, expected 0 to 99`);
  const text = new TextDecoder().decode(cursor.bytes(cursor.remaining, "ERROR-CODE reason"));
  const reason = text.replaceAll(/\p{C}/gu, "").slice(0, MAX_REASON_LENGTH);
  return { code: hundreds * 100 + number, reason };
}

/** @throws {RangeError} when the code is not 300 to 699, or the reason has 128 characters or more */
export function encodeErrorCode({ code, reason }: ErrorCode): Attribute {
  if (!Number.isInteger(code) || code < 300 || code > 699) {
    throw new RangeError(`Cannot use ${code} as a STUN error code, expected 300 to 699`);
  }
  if (reason.length > MAX_REASON_LENGTH) {
    throw new RangeError(`Cannot use a reason of ${reason.length} characters, expected fewer than 128`);
  }
  const writer = new ByteWriter()
    .uint16(0)
    .uint8(Math.floor(code / 100))
    .uint8(code % 100);
  return {
    type: ATTRIBUTE_TYPES.ERROR_CODE,
    value: writer.bytes(new TextEncoder().encode(reason)).toBytes(),
  };
}
