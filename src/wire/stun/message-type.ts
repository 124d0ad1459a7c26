/** The class of a message (RFC 8489 section 5). Bit 0 and bit 1 of the number are C0 and C1. */
export type MessageClass = "error" | "indication" | "request" | "success";

const CLASSES: readonly MessageClass[] = ["request", "indication", "success", "error"];

/** RFC 8489 section 18.2: the only method that STUN itself defines. */
export const BINDING_METHOD = 0x001;

const MAX_METHOD = 0xfff;

/**
 * The 14-bit type field: a 12-bit method with the two class bits woven in, `M11..M7 C1 M6..M4 C0 M3..M0`.
 *
 * @throws {RangeError} when the method has more than 12 bits
 * @see RFC 8489 section 5, figure 3
 */
export function encodeMessageType(method: number, messageClass: MessageClass): number {
  if (!Number.isInteger(method) || method < 0 || method > MAX_METHOD) {
    throw new RangeError(`Cannot use ${method} as a STUN method, expected 0 to ${MAX_METHOD}`);
  }
  const bits = CLASSES.indexOf(messageClass);
  const woven = (method & 0x00f) | ((method & 0x070) << 1) | ((method & 0xf80) << 2);
  return woven | ((bits & 1) << 4) | ((bits & 2) << 7);
}

/** @param type 14 bits; every value has a method and a class */
export function decodeMessageType(type: number): {
  readonly method: number;
  readonly messageClass: MessageClass;
} {
  const method = (type & 0x000f) | ((type & 0x00e0) >> 1) | ((type & 0x3e00) >> 2);
  const bits = ((type & 0x0010) >> 4) | ((type & 0x0100) >> 7);
  return { method, messageClass: CLASSES[bits] ?? "request" };
}
