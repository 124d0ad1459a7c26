import { ATTRIBUTE_TYPES, type Attribute } from "#wire/stun/attribute.ts";
import {
  readTransportAddress,
  type TransportAddress,
  writeTransportAddress,
} from "#wire/stun/transport-address.ts";

/**
 * The public address in plain. Gateways that rewrite every occurrence of an address in a packet turn it into the
 * private one (RFC 8489 section 14.2), so it counts only where XOR-MAPPED-ADDRESS is missing.
 *
 * @returns `undefined` for an unknown family
 * @throws {WireError} when the length does not match the family
 * @see RFC 8489 section 14.1
 */
export function decodeMappedAddress(value: Uint8Array): TransportAddress | undefined {
  return readTransportAddress(value, "MAPPED-ADDRESS");
}

export function encodeMappedAddress(mapped: TransportAddress): Attribute {
  return { type: ATTRIBUTE_TYPES.MAPPED_ADDRESS, value: writeTransportAddress(mapped) };
}
