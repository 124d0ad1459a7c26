/**
 * Writes the part of DER (ITU-T X.690) that an X.509 certificate needs. Every function yields one complete
 * value: tag, length, content.
 */

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** X.690 section 8.1.2: the two top bits of a tag; 0x20 marks a constructed value. */
const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

export function sequence(...members: readonly Uint8Array[]): Uint8Array {
  return value(TAG.sequence, ...members);
}

/** A set of one member: DER's order of members is of no matter then. */
export function setOf(member: Uint8Array): Uint8Array {
  return value(TAG.set, member);
}

export function boolean(is: boolean): Uint8Array {
  return value(TAG.boolean, Uint8Array.of(is ? 0xff : 0x00));
}

/** @param magnitude a positive number, network order */
export function integer(magnitude: Uint8Array): Uint8Array {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const shortest = start === -1 ? Uint8Array.of(0) : magnitude.subarray(start);
  // a set top bit would make it negative (X.690 section 8.3.3)
  const isNegative = (shortest[0] ?? 0) >= 0x80;
  return isNegative ? value(TAG.integer, Uint8Array.of(0), shortest) : value(TAG.integer, shortest);
}

/** @param unusedBits in the last byte, 0 to 7 */
export function bitString(bits: Uint8Array, unusedBits = 0): Uint8Array {
  return value(TAG.bitString, Uint8Array.of(unusedBits), bits);
}

export function octetString(...content: readonly Uint8Array[]): Uint8Array {
  return value(TAG.octetString, ...content);
}

export function utf8String(text: string): Uint8Array {
  return value(TAG.utf8String, new TextEncoder().encode(text));
}

/** @param dotted e.g. `1.2.840.10045.4.3.2` */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return value(TAG.objectIdentifier, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 section 4.1.2.5); whole seconds. */
export function time(date: Date): Uint8Array {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  const isUtc = date.getUTCFullYear() < 2050;
  const text = new TextEncoder().encode(isUtc ? digits.slice(2) : digits);
  return value(isUtc ? TAG.utcTime : TAG.generalizedTime, text);
}

/** `[number] EXPLICIT`: a complete value wrapped in a context tag. */
export function explicit(number: number, content: Uint8Array): Uint8Array {
  return value(CONTEXT | CONSTRUCTED | number, content);
}

/** `[number] IMPLICIT` of a primitive type: the context tag stands in for the type's own. */
export function implicit(number: number, content: Uint8Array): Uint8Array {
  return value(CONTEXT | number, content);
}

function value(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  return Uint8Array.from([tag, ...lengthBytes(length), ...contents.flatMap((content) => [...content])]);
}

/** Definite form, the shortest (X.690 section 10.1). */
function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}

/** Groups of seven bits, all but the last with the top bit set (X.690 section 8.19.2). */
function base128(arc: number): readonly number[] {
  const groups = [arc & 0x7f];
  for (let rest = arc >> 7; rest > 0; rest >>= 7) groups.unshift(0x80 | (rest & 0x7f));
  return groups;
}
