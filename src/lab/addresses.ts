import { type Address, type Family, parseAddress } from "#core/address.ts";

/** Documentation addresses (RFC 5737, RFC 3849): they cannot be anybody's. The lab's configuration allows them. */
export const LAB_RANGES: readonly string[] = ["198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"];

const LIES = { 4: literal("198.51.100.66"), 6: literal("2001:db8:bad::66") } as const;

/** The lab's public address after that many moves. */
export function publicAddressAt(family: Family, moves: number): Address {
  return literal(family === 4 ? `203.0.113.${1 + (moves % 254)}` : `2001:db8::${(1 + moves).toString(16)}`);
}

/** Of a network that the lab never has; the same from every liar, as if they conspired. */
export function lieOf(family: Family): Address {
  return LIES[family];
}

export function loopback(family: Family): Address {
  return literal(family === 4 ? "127.0.0.1" : "::1");
}

function literal(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new TypeError(`Cannot read the address "${text}" of the lab`);
  return address;
}
