import { ByteWriter } from "#wire/byte-writer.ts";
import { Cursor } from "#wire/cursor.ts";
import { ATTRIBUTE_TYPES, type Attribute } from "#wire/stun/attribute.ts";

/**
 * The attribute types that made a server answer 420, in its order.
 *
 * @throws {WireError} when the length is odd
 * @see RFC 8489 section 14.9
 */
export function decodeUnknownAttributes(value: Uint8Array): readonly number[] {
  const cursor = new Cursor(value);
  const types: number[] = [];
  while (cursor.remaining > 0) types.push(cursor.uint16("UNKNOWN-ATTRIBUTES"));
  return types;
}

export function encodeUnknownAttributes(types: readonly number[]): Attribute {
  const writer = new ByteWriter();
  for (const type of types) writer.uint16(type);
  return { type: ATTRIBUTE_TYPES.UNKNOWN_ATTRIBUTES, value: writer.toBytes() };
}
