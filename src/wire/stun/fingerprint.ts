import { WireError } from "#core/errors.ts";
import { crc32 } from "#wire/stun/crc32.ts";
import { ATTRIBUTE_TYPES, findAttribute, type ReadAttribute } from "#wire/stun/attribute.ts";
import { Cursor } from "#wire/cursor.ts";

/** "STUN" in ASCII: keeps the value apart from a CRC that the payload may carry itself. */
const FINGERPRINT_XOR = 0x5354554e;

/** Header and value: what FINGERPRINT adds to the length of a message. */
export const FINGERPRINT_SIZE = 8;

/**
 * The value of FINGERPRINT.
 *
 * @param preceding the message up to the attribute, its length field already counting {@link FINGERPRINT_SIZE}
 * @returns 32 bits, unsigned
 * @see RFC 8489 section 14.7
 */
export function fingerprintOf(preceding: Uint8Array): number {
  return (crc32(preceding) ^ FINGERPRINT_XOR) >>> 0;
}

/**
 * Does nothing for a message without FINGERPRINT: a stand-alone server need not send it (RFC 8489 section 12).
 *
 * @param message the whole message
 * @throws {WireError} when FINGERPRINT is there and is wrong, or is not the last attribute
 */
export function checkFingerprint(message: Uint8Array, attributes: readonly ReadAttribute[]): void {
  const found = findAttribute(attributes, ATTRIBUTE_TYPES.FINGERPRINT);
  if (!found) return;
  if (found !== attributes.at(-1)) {
    throw new WireError("FINGERPRINT", found.offset, "attributes follow it, expected it to be the last");
  }
  const value = new Cursor(found.value).uint32("FINGERPRINT");
  if (found.value.length !== 4 || value !== fingerprintOf(message.subarray(0, found.offset))) {
    throw new WireError("FINGERPRINT", found.offset, "it does not match the message, expected its CRC-32");
  }
}
