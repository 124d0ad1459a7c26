import { describe, expect, it } from "vitest";
import { decodeMessageType, encodeMessageType } from "#wire/stun/message-type.ts";

describe("the message type", () => {
  it.each([
    ["request", 0x0001],
    ["indication", 0x0011],
    ["success", 0x0101],
    ["error", 0x0111],
  ] as const)("of a Binding %s is the number of RFC 8489", (messageClass, type) => {
    expect(encodeMessageType(1, messageClass)).toBe(type);
    expect(decodeMessageType(type)).toEqual({ method: 1, messageClass });
  });

  it("weaves the class between the bits of the method", () => {
    expect(encodeMessageType(0xfff, "request")).toBe(0x3eef);
    expect(encodeMessageType(0x080, "error")).toBe(0x0310);
  });

  it("has exactly one method and class for each of its 14 bits", () => {
    for (let type = 0; type <= 0x3fff; type += 1) {
      const { method, messageClass } = decodeMessageType(type);
      expect(encodeMessageType(method, messageClass)).toBe(type);
    }
  });

  it("refuses a method of more than 12 bits", () => {
    expect(() => encodeMessageType(0x1000, "request")).toThrow(RangeError);
    expect(() => encodeMessageType(-1, "request")).toThrow(RangeError);
  });
});
