import { WireError } from "#core/errors.ts";
import { ByteWriter } from "#wire/byte-writer.ts";
import { Cursor } from "#wire/cursor.ts";
import {
  ATTRIBUTE_TYPES,
  type Attribute,
  type ReadAttribute,
  readAttributes,
  writeAttribute,
} from "#wire/stun/attribute.ts";
import { checkFingerprint, FINGERPRINT_SIZE, fingerprintOf } from "#wire/stun/fingerprint.ts";
import { HEADER_SIZE, readHeader, type TransactionId, writeHeader } from "#wire/stun/header.ts";
import { BINDING_METHOD, type MessageClass } from "#wire/stun/message-type.ts";

export interface Message {
  /** 12 bits; {@link BINDING_METHOD} for all that is sent here. */
  readonly method: number;
  readonly messageClass: MessageClass;
  readonly transactionId: TransactionId;
  /** In the order of the wire; unknown and repeated ones are kept. */
  readonly attributes: readonly Attribute[];
}

export interface ReadMessage extends Message {
  readonly attributes: readonly ReadAttribute[];
}

/**
 * @param options `fingerprint: true` appends FINGERPRINT; the attributes must not hold one then
 * @throws {RangeError} when something does not fit its field
 */
export function encodeMessage(
  message: Message,
  options: { readonly fingerprint?: boolean } = {},
): Uint8Array {
  const body = new ByteWriter();
  for (const attribute of message.attributes) writeAttribute(body, attribute);
  const writer = new ByteWriter();
  writeHeader(writer, { ...message, length: body.length + (options.fingerprint ? FINGERPRINT_SIZE : 0) });
  writer.bytes(body.toBytes());
  if (options.fingerprint) {
    const value = new ByteWriter().uint32(fingerprintOf(writer.toBytes())).toBytes();
    writeAttribute(writer, { type: ATTRIBUTE_TYPES.FINGERPRINT, value });
  }
  return writer.toBytes();
}

/**
 * One whole message and nothing after it. FINGERPRINT is verified where it is present; MESSAGE-INTEGRITY is not.
 *
 * @param bytes a datagram, or a message that {@link MessageFramer} cut out of a stream
 * @throws {WireError} for anything but a well-formed message
 * @see RFC 8489 sections 5, 6.3 and 14
 */
export function decodeMessage(bytes: Uint8Array): ReadMessage {
  const cursor = new Cursor(bytes);
  const { method, messageClass, length, transactionId } = readHeader(cursor);
  if (length !== cursor.remaining) {
    throw new WireError("message length", 2, `is ${length}, expected ${bytes.length - HEADER_SIZE}`);
  }
  const attributes = readAttributes(cursor);
  checkFingerprint(bytes, attributes);
  return { method, messageClass, transactionId, attributes };
}

/**
 * A Binding request without attributes, 20 bytes: servers of the age of RFC 3489 silently drop requests that
 * carry SOFTWARE or FINGERPRINT.
 */
export function encodeBindingRequest(transactionId: TransactionId): Uint8Array {
  return encodeMessage({ method: BINDING_METHOD, messageClass: "request", transactionId, attributes: [] });
}
