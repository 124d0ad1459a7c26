import type { ByteWriter } from "#wire/byte-writer.ts";
import type { Cursor } from "#wire/cursor.ts";

/** One attribute as it stands in a message; what it means is up to the file named like it. */
export interface Attribute {
  /** 16 bits; see {@link ATTRIBUTE_TYPES}. */
  readonly type: number;
  /** Without header and padding. */
  readonly value: Uint8Array;
}

/** An attribute that was read: where its header began, in bytes from the start of the message. */
export interface ReadAttribute extends Attribute {
  readonly offset: number;
}

/**
 * The numbers that a client needs by name (RFC 8489 section 18.3).
 * `LEGACY_XOR_MAPPED_ADDRESS` is what drafts of RFC 5389 called XOR-MAPPED-ADDRESS and old servers still send.
 */
export const ATTRIBUTE_TYPES = {
  MAPPED_ADDRESS: 0x0001,
  MESSAGE_INTEGRITY: 0x0008,
  ERROR_CODE: 0x0009,
  UNKNOWN_ATTRIBUTES: 0x000a,
  MESSAGE_INTEGRITY_SHA256: 0x001c,
  XOR_MAPPED_ADDRESS: 0x0020,
  LEGACY_XOR_MAPPED_ADDRESS: 0x8020,
  SOFTWARE: 0x8022,
  FINGERPRINT: 0x8028,
} as const;

const { MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256, XOR_MAPPED_ADDRESS, FINGERPRINT } = ATTRIBUTE_TYPES;

/**
 * Comprehension-required types beyond 0x0001..0x000B that an answer may carry without making it unreadable:
 * REALM, NONCE, MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM, USERHASH, XOR-MAPPED-ADDRESS (RFC 8489),
 * PADDING and RESPONSE-PORT (RFC 5780).
 */
const COMPREHENDED: ReadonlySet<number> = new Set([
  0x0014,
  0x0015,
  MESSAGE_INTEGRITY_SHA256,
  0x001d,
  0x001e,
  XOR_MAPPED_ADDRESS,
  0x0026,
  0x0027,
]);

/**
 * Whether an answer with this attribute must be refused because its meaning is unknown (RFC 8489 section 6.3.3).
 *
 * All of 0x0001..0x000B count as known, though RFC 8489 marks some of them Reserved: servers of the age of
 * RFC 3489 send SOURCE-ADDRESS (0x0004) and CHANGED-ADDRESS (0x0005) beside the address.
 */
export function isUncomprehended(type: number): boolean {
  const isRequired = type < 0x8000;
  const isLegacy = type >= 0x0001 && type <= 0x000b;
  return isRequired && !isLegacy && !COMPREHENDED.has(type);
}

/** Type, length without padding, value, zeros up to a multiple of 4 bytes (RFC 8489 section 14). */
export function writeAttribute(writer: ByteWriter, { type, value }: Attribute): void {
  writer.uint16(type).uint16(value.length).bytes(value);
  writer.bytes(new Uint8Array(paddingOf(value.length)));
}

/**
 * All attributes up to the end of the cursor, in their order, repeated ones included. Padding may have any content.
 *
 * @throws {WireError} when an attribute or its padding goes beyond the end
 */
export function readAttributes(cursor: Cursor): readonly ReadAttribute[] {
  const attributes: ReadAttribute[] = [];
  while (cursor.remaining > 0) {
    const offset = cursor.offset;
    const type = cursor.uint16("attribute type");
    const length = cursor.uint16("attribute length");
    const value = cursor.bytes(length, "attribute value");
    cursor.skip(paddingOf(length), "attribute padding");
    attributes.push({ type, value, offset });
  }
  return attributes;
}

/** The first of its type; later ones may be ignored (RFC 8489 section 14). */
export function findAttribute<Kind extends Attribute>(
  attributes: readonly Kind[],
  type: number,
): Kind | undefined {
  return attributes.find((attribute) => attribute.type === type);
}

/**
 * Attributes that count: those after a MESSAGE-INTEGRITY, or after a MESSAGE-INTEGRITY-SHA256, must be ignored,
 * except for MESSAGE-INTEGRITY-SHA256 and FINGERPRINT (RFC 8489 sections 14.5 and 14.6).
 */
export function effectiveAttributes<Kind extends Attribute>(attributes: readonly Kind[]): readonly Kind[] {
  const isSeal = ({ type }: Attribute) => type === MESSAGE_INTEGRITY || type === MESSAGE_INTEGRITY_SHA256;
  const seal = attributes.findIndex(isSeal);
  if (seal === -1) return attributes;
  const mayFollow = ({ type }: Attribute) => type === MESSAGE_INTEGRITY_SHA256 || type === FINGERPRINT;
  return attributes.filter((attribute, index) => index <= seal || mayFollow(attribute));
}

function paddingOf(length: number): number {
  return -length & 3;
}
