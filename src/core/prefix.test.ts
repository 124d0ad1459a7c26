import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressFromBytes, parseAddress } from "#core/address.ts";
import { parsePrefix, prefixBounds, prefixContains, prefixOf } from "#core/prefix.ts";

const address = fc
  .constantFrom(4, 16)
  .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))
  .map(addressFromBytes);
const addressAndLength = address.chain((it) => fc.tuple(fc.constant(it), fc.nat(it.bytes.length * 8)));

describe("parsePrefix", () => {
  it.each([
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["100.64.0.0/10", "100.64.0.0/10"],
    ["192.0.2.1/32", "192.0.2.1/32"],
    ["::/0", "::/0"],
    ["2001:DB8:0::/32", "2001:db8::/32"],
    ["::1/128", "::1/128"],
  ])("reads %s", (text, canonical) => {
    expect(parsePrefix(text)?.text).toBe(canonical);
  });

  it.each([
    "",
    "/",
    "10.0.0.0",
    "10.0.0.0/",
    "/8",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/-1",
    "10.0.0.0/+8",
    "10.0.0.0/08",
    "10.0.0.0/8.0",
    "10.0.0.0/255.0.0.0",
    "10.0.0.0/8/8",
    "10.0.0.0/ 8",
    "10.0.0.0/8\n",
    " 10.0.0.0/8",
    "10/8",
    "fe80::%eth0/10",
    // bits after the prefix: a typo more often than a wish
    "10.0.0.1/8",
    "192.0.2.128/24",
    "2001:db8::1/32",
    "128.0.0.0/0",
  ])("refuses %j", (text) => {
    expect(parsePrefix(text)).toBeUndefined();
  });
});

describe("a prefix", () => {
  it("holds what node:net's BlockList says it holds", () => {
    fc.assert(
      fc.property(addressAndLength, address, fc.boolean(), ([inside, length], other, isNear) => {
        const prefix = prefixOf(inside, length);
        // a candidate that shares a random number of leading bits with the prefix
        const near = inside.bytes.map((byte, index) => (index < 2 ? byte : (other.bytes[index % 4] ?? 0)));
        const candidate = isNear ? addressFromBytes(near) : other;
        const list = new BlockList();
        list.addSubnet(inside.text, length, inside.family === 4 ? "ipv4" : "ipv6");
        const isListed =
          candidate.family === inside.family &&
          list.check(candidate.text, candidate.family === 4 ? "ipv4" : "ipv6");
        expect(prefixContains(prefix, candidate)).toBe(isListed);
        expect(prefixContains(prefix, inside)).toBe(true);
      }),
    );
  });

  it("reads back from its text", () => {
    fc.assert(
      fc.property(addressAndLength, ([inside, length]) => {
        const prefix = prefixOf(inside, length);
        expect(parsePrefix(prefix.text)).toEqual(prefix);
      }),
    );
  });

  it("never holds an address of the other family, whatever its length", () => {
    expect(prefixContains(parsePrefix("::/0")!, parseAddress("192.0.2.1")!)).toBe(false);
    expect(prefixContains(parsePrefix("::ffff:0.0.0.0/96")!, parseAddress("192.0.2.1")!)).toBe(false);
    expect(prefixContains(parsePrefix("0.0.0.0/0")!, parseAddress("::")!)).toBe(false);
  });

  it.each([
    ["100.64.0.0/10", "100.64.0.0", "100.127.255.255"],
    ["192.0.2.7/32", "192.0.2.7", "192.0.2.7"],
    ["0.0.0.0/0", "0.0.0.0", "255.255.255.255"],
    ["2001:db8::/33", "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"],
    ["::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ])("%s goes from %s to %s", (text, first, last) => {
    const bounds = prefixBounds(parsePrefix(text)!);
    expect([bounds.first.text, bounds.last.text]).toEqual([first, last]);
  });

  it("of a server is the network that it shares with its neighbours", () => {
    expect(prefixOf(parseAddress("198.51.100.200")!, 24).text).toBe("198.51.100.0/24");
    expect(prefixOf(parseAddress("2001:db8:1:2:3::4")!, 48).text).toBe("2001:db8:1::/48");
  });
});
