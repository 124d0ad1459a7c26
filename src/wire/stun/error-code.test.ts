import { describe, expect, it } from "vitest";
import { WireError } from "#core/errors.ts";
import { decodeErrorCode, encodeErrorCode } from "#wire/stun/error-code.ts";
import { decodeUnknownAttributes, encodeUnknownAttributes } from "#wire/stun/unknown-attributes.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));

describe("ERROR-CODE", () => {
  it("comes back from the wire as it was, for every code", () => {
    for (let code = 300; code < 700; code += 1) {
      expect(decodeErrorCode(encodeErrorCode({ code, reason: "Größe" }).value)).toEqual({
        code,
        reason: "Größe",
      });
    }
  });

  it("ignores the reserved bits before the class", () => {
    expect(decodeErrorCode(bytes("fffffc14")).code).toBe(420);
  });

  it.each(["", "000004", "00000214", "00000714", "00000464"])("of the bytes %j is refused", (hex) => {
    expect(() => decodeErrorCode(bytes(hex))).toThrow(WireError);
  });

  it("cannot bring control characters or an endless reason into a log", () => {
    const reason = new TextEncoder().encode(`\u001B[31mred\r\nline\u202E${"x".repeat(500)}`);
    const decoded = decodeErrorCode(Uint8Array.of(0, 0, 5, 0, ...reason));
    expect(decoded.reason).toMatch(/^\[31mredlinex+$/);
    expect(decoded.reason.length).toBeLessThan(128);
  });

  it("does not write a code or a reason that nobody could read", () => {
    expect(() => encodeErrorCode({ code: 299, reason: "" })).toThrow(RangeError);
    expect(() => encodeErrorCode({ code: 700, reason: "" })).toThrow(RangeError);
    expect(() => encodeErrorCode({ code: 400, reason: "x".repeat(128) })).toThrow(RangeError);
  });
});

describe("UNKNOWN-ATTRIBUTES", () => {
  it("comes back from the wire as it was", () => {
    expect(decodeUnknownAttributes(encodeUnknownAttributes([0x7fff, 0x0003]).value)).toEqual([
      0x7fff, 0x0003,
    ]);
    expect(decodeUnknownAttributes(encodeUnknownAttributes([]).value)).toEqual([]);
  });

  it("of an odd length is refused", () => {
    expect(() => decodeUnknownAttributes(bytes("7fff00"))).toThrow(WireError);
  });
});
