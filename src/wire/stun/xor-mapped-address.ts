import { addressFromBytes } from "#core/address.ts";
import { ByteWriter } from "#wire/byte-writer.ts";
import { ATTRIBUTE_TYPES, type Attribute } from "#wire/stun/attribute.ts";
import { MAGIC_COOKIE, type TransactionId } from "#wire/stun/header.ts";
import {
  readTransportAddress,
  type TransportAddress,
  writeTransportAddress,
} from "#wire/stun/transport-address.ts";

/**
 * The public address as the server saw it, hidden from gateways that rewrite addresses.
 *
 * @param value 8 bytes (IPv4) or 20 bytes (IPv6), without header and padding
 * @param transactionId of the same message; it hides the last 12 bytes of an IPv6 address
 * @returns `undefined` for an unknown family
 * @throws {WireError} when the length does not match the family
 * @see RFC 8489 section 14.2
 */
export function decodeXorMappedAddress(
  value: Uint8Array,
  transactionId: TransactionId,
): TransportAddress | undefined {
  const hidden = readTransportAddress(value, "XOR-MAPPED-ADDRESS");
  return hidden && mask(hidden, transactionId);
}

export function encodeXorMappedAddress(mapped: TransportAddress, transactionId: TransactionId): Attribute {
  const value = writeTransportAddress(mask(mapped, transactionId));
  return { type: ATTRIBUTE_TYPES.XOR_MAPPED_ADDRESS, value };
}

/** Hides and shows alike: XOR with the cookie, and for IPv6 with the transaction id after it. */
function mask({ address, port }: TransportAddress, transactionId: TransactionId): TransportAddress {
  const key = new ByteWriter().uint32(MAGIC_COOKIE).bytes(transactionId).toBytes();
  const bytes = address.bytes.map((byte, index) => byte ^ (key[index] ?? 0));
  return { address: addressFromBytes(bytes), port: port ^ (MAGIC_COOKIE >>> 16) };
}
