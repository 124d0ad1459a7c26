import { type Address, addressFromBytes, type Family, parseAddress } from "#core/address.ts";

/** A block of addresses: all that share the first `length` bits of `bytes`. */
export interface Prefix {
  readonly family: Family;
  readonly bytes: Uint8Array;
  readonly length: number;
  /** Canonical, e.g. `100.64.0.0/10`. */
  readonly text: string;
}

/** Strict CIDR text; bits after the prefix must be zero. */
export function parsePrefix(text: string): Prefix | undefined {
  const [head = "", tail, ...rest] = text.split("/");
  const address = parseAddress(head);
  if (!address || tail === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(tail)) return undefined;
  const length = Number(tail);
  if (length > address.bytes.length * 8) return undefined;
  const prefix = { family: address.family, bytes: address.bytes, length, text: `${address.text}/${length}` };
  return addressFromBytes(maskBytes(address.bytes, length)).text === address.text ? prefix : undefined;
}

export function prefixContains(prefix: Prefix, address: Address): boolean {
  if (prefix.family !== address.family) return false;
  const masked = maskBytes(address.bytes, prefix.length);
  return masked.every((byte, index) => byte === prefix.bytes[index]);
}

/** The first and the last address of the block. */
export function prefixBounds(prefix: Prefix): { first: Address; last: Address } {
  const last = prefix.bytes.map((byte, index) => byte | (0xff & ~maskByte(prefix.length, index)));
  return { first: addressFromBytes(prefix.bytes), last: addressFromBytes(last) };
}

/** The block of the given length that an address lies in, e.g. the /24 of an IPv4 server. */
export function prefixOf(address: Address, length: number): Prefix {
  const bytes = maskBytes(address.bytes, length);
  return { family: address.family, bytes, length, text: `${addressFromBytes(bytes).text}/${length}` };
}

function maskBytes(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.map((byte, index) => byte & maskByte(length, index));
}

function maskByte(length: number, index: number): number {
  const bits = Math.min(8, Math.max(0, length - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}
