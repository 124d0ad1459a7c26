import { type Address, addressFromBytes, type Family } from "#core/address.ts";
import { WireError } from "#core/errors.ts";
import { ByteWriter } from "#wire/byte-writer.ts";
import { Cursor } from "#wire/cursor.ts";

/** An IP address and a port, as a STUN server saw the sender of a request. */
export interface TransportAddress {
  readonly address: Address;
  readonly port: number;
}

const FAMILY_NUMBERS = { 4: 0x01, 6: 0x02 } as const satisfies Record<Family, number>;
const ADDRESS_SIZES: ReadonlyMap<number, number> = new Map([
  [FAMILY_NUMBERS[4], 4],
  [FAMILY_NUMBERS[6], 16],
]);

/**
 * The layout that MAPPED-ADDRESS and XOR-MAPPED-ADDRESS share: a byte to ignore, family, port, address.
 *
 * @param value 8 bytes (IPv4) or 20 bytes (IPv6), without header and padding
 * @returns `undefined` for a family other than IPv4 and IPv6, which is to be ignored (RFC 8489 section 14.1)
 * @throws {WireError} when the length does not match the family
 */
export function readTransportAddress(value: Uint8Array, field: string): TransportAddress | undefined {
  const cursor = new Cursor(value);
  cursor.skip(1, field);
  const size = ADDRESS_SIZES.get(cursor.uint8(field));
  if (size === undefined) return undefined;
  const port = cursor.uint16(field);
  if (cursor.remaining !== size) {
    throw new WireError(field, cursor.offset, `the address has ${cursor.remaining} bytes, expected ${size}`);
  }
  return { address: addressFromBytes(cursor.bytes(size, field)), port };
}

export function writeTransportAddress({ address, port }: TransportAddress): Uint8Array {
  const writer = new ByteWriter().uint8(0).uint8(FAMILY_NUMBERS[address.family]);
  return writer.uint16(port).bytes(address.bytes).toBytes();
}
