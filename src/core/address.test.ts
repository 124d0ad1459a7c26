import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressFromBytes, compareAddresses, parseAddress, sameAddress } from "#core/address.ts";

const bytes4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
/** Groups of zeros and short values far more often than chance would: they decide how IPv6 is written. */
const bytes16 = fc
  .array(fc.oneof(fc.constant(0), fc.constant(0), fc.nat(0xff), fc.nat(0xffff)), {
    minLength: 8,
    maxLength: 8,
  })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));

function isMapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

describe("parseAddress", () => {
  it.each([
    ["0.0.0.0", "0.0.0.0"],
    ["192.0.2.1", "192.0.2.1"],
    ["255.255.255.255", "255.255.255.255"],
    // RFC 5952 section 1: all of these are one address
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8::1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0db8::1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:0:1::1", "2001:db8::1:0:0:1"],
    ["2001:db8:0000:0:1::1", "2001:db8::1:0:0:1"],
    ["2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"],
    // sections 4.1 to 4.3: no leading zeros, longest run, first of equals, never one group, lower case
    ["2001:0db8::0001", "2001:db8::1"],
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["0:0:1:0:0:1:0:0", "::1:0:0:1:0:0"],
    ["2001:db8::AAAA:0:0:1", "2001:db8::aaaa:0:0:1"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"],
    // "::" for a single group is valid to read (RFC 4291 section 2.2) and never written
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
    ["1:2:3::5:6:7:8", "1:2:3:0:5:6:7:8"],
    // section 5, and dotted endings in general
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
    ["::FFFF:c000:201", "::ffff:192.0.2.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["::192.0.2.1", "::c000:201"],
    ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
    ["1::1.2.3.4", "1::102:304"],
  ])("reads %s as %s", (text, canonical) => {
    expect(parseAddress(text)?.text).toBe(canonical);
  });

  it.each([
    ["empty", ""],
    ["three parts", "1.2.3"],
    ["one number", "16843009"],
    ["loopback's short form", "127.1"],
    ["five parts", "1.2.3.4.5"],
    ["an empty part", "1..2.3"],
    ["a trailing dot", "1.2.3.4."],
    ["a leading dot", ".1.2.3.4"],
    ["a part above 255", "1.2.3.256"],
    ["a part of four digits", "1.2.3.1000"],
    ["octal", "010.8.8.8"],
    ["a leading zero", "1.2.3.04"],
    ["two zeros", "1.2.3.00"],
    ["hexadecimal", "0x7f.0.0.1"],
    ["a sign", "+1.2.3.4"],
    ["a negative part", "1.2.3.-4"],
    ["an exponent", "1e1.2.3.4"],
    ["a leading space", " 1.2.3.4"],
    ["a trailing space", "1.2.3.4 "],
    ["an inner space", "1.2.3. 4"],
    ["a newline at the end", "1.2.3.4\n"],
    ["a newline before", "\n1.2.3.4"],
    ["a null byte", "1.2.3.4\0"],
    ["a tab", "1.2.3.4\t"],
    ["a port", "1.2.3.4:80"],
    ["a prefix length", "1.2.3.4/32"],
    ["other digits of Unicode", "١.٢.٣.٤"],
    ["full-width digits", "１.２.３.４"],
    ["full-width dots", "1．2．3．4"],
    ["two addresses", "1.2.3.4, 5.6.7.8"],
    ["a name", "localhost"],
    ["one colon", ":"],
    ["three colons", ":::"],
    ["two gaps", "::1::"],
    ["two gaps inside", "1::2::3"],
    ["a gap of three colons", "1:::2"],
    ["seven groups", "1:2:3:4:5:6:7"],
    ["nine groups", "1:2:3:4:5:6:7:8:9"],
    ["a gap beside eight groups", "1:2:3:4:5:6:7:8::"],
    ["a gap within eight groups", "1:2:3:4::5:6:7:8"],
    ["a gap before eight groups", "::1:2:3:4:5:6:7:8"],
    ["a colon at the end", "1:2:3:4:5:6:7:"],
    ["a colon at the start", ":1:2:3:4:5:6:7"],
    ["a single colon before a gap's end", "::1:"],
    ["a group of five digits", "::12345"],
    ["five digits by leading zeros", "::00001"],
    ["a letter that is no digit", "::g"],
    ["a zone id", "fe80::1%eth0"],
    ["a numeric zone id", "fe80::1%1"],
    ["an empty zone id", "fe80::1%"],
    ["brackets", "[::1]"],
    ["a prefix length", "::1/128"],
    ["a space", "::1 "],
    ["a newline", "::1\n"],
    ["a dotted part in front", "1.2.3.4::"],
    ["a dotted part in the middle", "::1.2.3.4:5"],
    ["a short dotted part", "::1.2.3"],
    ["a dotted part with a leading zero", "::1.2.3.04"],
    ["a dotted part above 255", "::1.2.3.256"],
    ["a dotted part beyond 128 bits", "1:2:3:4:5:6:7:1.2.3.4"],
    ["a dotted part that leaves bits missing", "1:2:3:4:5:1.2.3.4"],
    ["a gap without room before a dotted part", "1:2:3:4:5:6::1.2.3.4"],
    ["hexadecimal with a prefix", "0x1::"],
    ["other digits of Unicode", "::١"],
  ])("refuses %s", (_, text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it("gives back what was formatted", () => {
    fc.assert(
      fc.property(fc.oneof(bytes4, bytes16), (bytes) => {
        const address = addressFromBytes(bytes);
        const again = parseAddress(address.text);
        expect(again?.bytes).toEqual(bytes);
        expect(again?.text).toBe(address.text);
        expect(isIP(address.text)).toBe(address.family);
      }),
    );
  });

  it("accepts exactly what node:net does, zone ids aside", () => {
    const piece = fc.constantFrom(
      ..."0 1 9 01 00 25 255 256 a ff ffff FFFF 10000 g : :: ::: . .. %eth0 -".split(" "),
      " ",
      "\n",
    );
    const noise = fc.array(piece, { maxLength: 17 }).map((pieces) => pieces.join(""));
    const separated = (separator: string, ...groups: string[]) =>
      fc
        .array(fc.constantFrom(...groups), { minLength: 1, maxLength: 9 })
        .map((parts) => parts.join(separator));
    const near = fc.oneof(
      separated(":", "0", "1", "ab", "", "1.2.3.4", "00001"),
      separated(".", "0", "1", "255", "256", "01", ""),
    );
    fc.assert(
      fc.property(fc.oneof(noise, near, fc.ipV4(), fc.ipV6()), (text) => {
        expect(parseAddress(text)?.family ?? 0).toBe(text.includes("%") ? 0 : isIP(text));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("an address", () => {
  it("is written as a URL writes it, IPv4-mapped ones aside", () => {
    fc.assert(
      fc.property(bytes16, (bytes) => {
        fc.pre(!isMapped(bytes));
        const long = Array.from({ length: 8 }, (_, i) =>
          ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16),
        ).join(":");
        expect(`[${addressFromBytes(bytes).text}]`).toBe(new URL(`http://[${long}]/`).hostname);
      }),
    );
  });

  it("does not change with the bytes it was made of", () => {
    const bytes = Uint8Array.of(192, 0, 2, 1);
    const address = addressFromBytes(bytes);
    bytes[3] = 9;
    expect([...address.bytes]).toEqual([192, 0, 2, 1]);
  });

  it.each([0, 3, 5, 15, 17])("has no form of %i bytes", (length) => {
    expect(() => addressFromBytes(new Uint8Array(length))).toThrow(RangeError);
  });

  it("is the same as another exactly when family and bytes are", () => {
    fc.assert(
      fc.property(fc.oneof(bytes4, bytes16), fc.oneof(bytes4, bytes16), (left, right) => {
        const isEqual = left.length === right.length && left.every((byte, index) => byte === right[index]);
        const [a, b] = [addressFromBytes(left), addressFromBytes(right)];
        expect(sameAddress(a, b)).toBe(isEqual);
        expect(compareAddresses(a, b) === 0).toBe(isEqual);
      }),
    );
    // the same four bytes at the end are not the same address
    expect(sameAddress(parseAddress("192.0.2.1")!, parseAddress("::ffff:192.0.2.1")!)).toBe(false);
  });

  it("is ordered by number, IPv4 first", () => {
    const ordered = ["2.0.0.0", "10.0.0.0", "10.0.0.2", "255.0.0.1", "::", "::2", "2001:db8::", "ff02::1"];
    const addresses = ordered.map((text) => parseAddress(text)!);
    expect(
      addresses
        .toReversed()
        .toSorted(compareAddresses)
        .map(({ text }) => text),
    ).toEqual(ordered);
  });
});
