import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "#core/errors.ts";
import { ByteWriter } from "#wire/byte-writer.ts";
import { Cursor } from "#wire/cursor.ts";
import { readName, sameName, writeName } from "#wire/dns/name.ts";

function encode(name: string): Uint8Array {
  const writer = new ByteWriter();
  writeName(writer, name);
  return writer.toBytes();
}

function decode(bytes: Uint8Array, start = 0): string {
  return readName(new Cursor(bytes, start), bytes, "NAME");
}

const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
/** A name of any bytes, as it stands on the wire: at most 255. */
const wireName = fc
  .array(label, { maxLength: 8 })
  .filter((labels) => labels.reduce((sum, { length }) => sum + length + 1, 1) <= 255)
  .map((labels) => Uint8Array.from([...labels.flatMap((label) => [label.length, ...label]), 0]));

describe("a name on the wire", () => {
  it("is labels with their lengths, and the root at the end", () => {
    expect([...encode("a.example")]).toEqual([1, 97, 7, ...Buffer.from("example"), 0]);
    expect([...encode("")]).toEqual([0]);
  });

  it("reads back as it was written, whatever its bytes", () => {
    fc.assert(
      fc.property(wireName, (bytes) => {
        expect(encode(decode(bytes))).toEqual(bytes);
      }),
    );
  });

  it("writes dots, backslashes and unprintable bytes of a label with escapes", () => {
    expect(decode(Uint8Array.from([4, 0x2e, 0x5c, 0x20, 0xff, 0]))).toBe("\\.\\\\\\032\\255");
  });

  it("keeps its case, and is the same in any other", () => {
    expect(decode(encode("Home.Example"))).toBe("Home.Example");
    expect(sameName("Home.Example", "hOME.eXAMPLE")).toBe(true);
    expect(sameName("home.example", "home.example.org")).toBe(false);
  });

  it.each([
    ["a label of 64 bytes", "a".repeat(64)],
    ["256 bytes in all", Array(4).fill("a".repeat(63)).join(".")],
    ["an empty label", "a..b"],
    ["a trailing dot", "a."],
    ["a character beyond ASCII", "bücher.example"],
    ["an escape beyond a byte", "\\256"],
    ["an unfinished escape", "a\\"],
  ])("is not written with %s", (_, name) => {
    expect(() => encode(name)).toThrow(RangeError);
  });

  it("may have 63 bytes in a label and 255 in all", () => {
    const longest = [...Array(3).fill("a".repeat(63)), "a".repeat(61)].join(".");
    expect(encode(longest)).toHaveLength(255);
    expect(decode(encode(longest))).toBe(longest);
  });
});

describe("a compressed name", () => {
  it("continues where its pointer points", () => {
    const bytes = Uint8Array.from([3, 0x6f, 0x72, 0x67, 0, 1, 0x61, 0xc0, 0]);
    expect(decode(bytes, 5)).toBe("a.org");
  });

  it("is read up to its pointer, and reading goes on behind it", () => {
    const bytes = Uint8Array.from([1, 0x62, 0, 1, 0x61, 0xc0, 0, 99]);
    const cursor = new Cursor(bytes, 3);
    readName(cursor, bytes, "NAME");
    expect(cursor.uint8("next")).toBe(99);
  });

  it.each([
    ["at itself", [0xc0, 0], 0],
    ["forwards", [0xc0, 2, 1, 0x61, 0], 0],
    ["into its own middle", [1, 0x61, 0xc0, 0], 0],
    ["in a circle with another one", [0xc0, 2, 0xc0, 0], 2],
    ["outside the message", [0xff, 0xff], 0],
  ])("must not point %s", (_, bytes, start) => {
    expect(() => decode(Uint8Array.from(bytes), start)).toThrow(WireError);
  });

  it("may not grow beyond 255 bytes by pointers", () => {
    const long = encode([...Array(3).fill("a".repeat(63)), "a".repeat(61)].join("."));
    expect(() => decode(Uint8Array.from([...long, 1, 0x62, 0xc0, 0]), long.length)).toThrow(/beyond 255/);
  });

  it("with the reserved label types is refused", () => {
    expect(() => decode(Uint8Array.from([0x40, 0]))).toThrow(/label type of 1/);
    expect(() => decode(Uint8Array.from([0x80, 0]))).toThrow(/label type of 2/);
  });

  it("ends with a value or an error, and never hangs, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(299), (bytes, start) => {
        try {
          expect(typeof decode(bytes, Math.min(start, bytes.length))).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
