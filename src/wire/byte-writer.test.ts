import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteWriter } from "#wire/byte-writer.ts";
import { Cursor } from "#wire/cursor.ts";

describe("a byte writer", () => {
  it("writes numbers in network byte order", () => {
    const writer = new ByteWriter().uint8(1).uint16(0x0203).uint32(0x04050607).uint48(0x08090a0b0c0d);
    expect(writer.length).toBe(13);
    expect(writer.toBytes()).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13));
  });

  it("writes what a cursor reads", () => {
    const uint = (bits: number) => fc.maxSafeNat().map((value) => value % 2 ** bits);
    fc.assert(
      fc.property(uint(8), uint(16), uint(32), uint(48), fc.uint8Array(), (a, b, c, d, rest) => {
        const bytes = new ByteWriter().uint8(a).uint16(b).uint32(c).uint48(d).bytes(rest).toBytes();
        const cursor = new Cursor(bytes);
        expect([cursor.uint8("a"), cursor.uint16("b"), cursor.uint32("c"), cursor.uint48("d")]).toEqual([
          a,
          b,
          c,
          d,
        ]);
        expect(cursor.bytes(cursor.remaining, "rest")).toEqual(rest);
      }),
    );
  });

  it.each([-1, 0.5, Number.NaN, 256])("refuses %d as a byte", (value) => {
    expect(() => new ByteWriter().uint8(value)).toThrow(RangeError);
  });

  it("refuses numbers one above the greatest", () => {
    expect(() => new ByteWriter().uint16(2 ** 16)).toThrow(RangeError);
    expect(() => new ByteWriter().uint32(2 ** 32)).toThrow(RangeError);
    expect(() => new ByteWriter().uint48(2 ** 48)).toThrow(RangeError);
  });

  it("fills in a length that became known later", () => {
    const writer = new ByteWriter().uint16(0).bytes(Uint8Array.of(7, 8, 9));
    expect(writer.setUint16(0, 0x0102).toBytes()).toEqual(Uint8Array.of(1, 2, 7, 8, 9));
  });

  it("does not fill in beyond what was written, nor what does not fit", () => {
    const writer = new ByteWriter().uint16(0);
    expect(() => writer.setUint16(1, 0)).toThrow(RangeError);
    expect(() => writer.setUint16(0, 0x10000)).toThrow(RangeError);
  });
});
