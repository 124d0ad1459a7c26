import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "#core/errors.ts";
import { Cursor } from "#wire/cursor.ts";

describe("a cursor", () => {
  it("reads numbers in network byte order", () => {
    const cursor = new Cursor(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13));
    expect(cursor.uint8("a")).toBe(0x01);
    expect(cursor.uint16("b")).toBe(0x0203);
    expect(cursor.uint32("c")).toBe(0x04050607);
    expect(cursor.uint48("d")).toBe(0x08090a0b0c0d);
    expect(cursor.remaining).toBe(0);
  });

  it("reads large numbers as unsigned", () => {
    const bytes = new Uint8Array(6).fill(0xff);
    expect(new Cursor(bytes).uint32("a")).toBe(2 ** 32 - 1);
    expect(new Cursor(bytes).uint48("a")).toBe(2 ** 48 - 1);
  });

  it("reads a view into a larger buffer from the view's own start", () => {
    const view = Uint8Array.of(9, 9, 1, 2, 9).subarray(2, 4);
    expect(new Cursor(view).uint16("a")).toBe(0x0102);
  });

  it("stays within the bounds it was given", () => {
    const cursor = new Cursor(Uint8Array.of(1, 2, 3, 4), 1, 3);
    expect(cursor.offset).toBe(1);
    expect(cursor.uint16("a")).toBe(0x0203);
    expect(() => cursor.uint8("b")).toThrow(WireError);
  });

  it("names the field and the place of a short read, and does not move", () => {
    const cursor = new Cursor(Uint8Array.of(1, 2, 3));
    cursor.skip(1, "a");
    expect(() => cursor.uint32("attribute type")).toThrow(
      "Cannot read attribute type at byte 1: 2 bytes remain, expected 4",
    );
    expect(cursor.offset).toBe(1);
    expect(cursor.uint16("b")).toBe(0x0203);
  });

  it("yields copies, so that later changes of the message do not show", () => {
    const message = Uint8Array.of(1, 2, 3);
    const read = new Cursor(message).bytes(2, "a");
    message.fill(0);
    expect(read).toEqual(Uint8Array.of(1, 2));
  });

  it("never yields fewer bytes than asked for", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.nat({ max: 40 }), (bytes, length) => {
        const cursor = new Cursor(bytes);
        if (length > bytes.length) expect(() => cursor.bytes(length, "a")).toThrow(WireError);
        else expect(cursor.bytes(length, "a")).toHaveLength(length);
      }),
    );
  });
});
