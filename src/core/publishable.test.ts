import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Address, addressFromBytes, parseAddress } from "#core/address.ts";
import { parsePrefix, prefixBounds, prefixContains } from "#core/prefix.ts";
import { UNPUBLISHABLE_PREFIXES, unpublishableReason } from "#core/publishable.ts";

/**
 * Every entry of the two IANA registries (2025-10-09), multicast and site-local, each with: why an address
 * in it is refused, and what is to be said of the addresses right below and right above it ("-": no such address).
 */
const BORDERS: readonly (readonly [prefix: string, within: string, below: string, above: string])[] = [
  // IPv4: iana-ipv4-special-registry
  ["0.0.0.0/8", "this-network", "-", "ok"],
  ["0.0.0.0/32", "this-network", "-", "this-network"],
  ["10.0.0.0/8", "private", "ok", "ok"],
  ["100.64.0.0/10", "cgnat", "ok", "ok"],
  ["127.0.0.0/8", "loopback", "ok", "ok"],
  ["169.254.0.0/16", "link-local", "ok", "ok"],
  ["172.16.0.0/12", "private", "ok", "ok"],
  ["192.0.0.0/24", "ietf-protocol", "ok", "ok"],
  ["192.0.0.0/29", "ietf-protocol", "ok", "ietf-protocol"],
  ["192.0.0.8/32", "ietf-protocol", "ietf-protocol", "ietf-protocol"],
  ["192.0.0.9/32", "ietf-protocol", "ietf-protocol", "ietf-protocol"],
  ["192.0.0.10/32", "ietf-protocol", "ietf-protocol", "ietf-protocol"],
  ["192.0.0.170/32", "ietf-protocol", "ietf-protocol", "ietf-protocol"],
  ["192.0.0.171/32", "ietf-protocol", "ietf-protocol", "ietf-protocol"],
  ["192.0.2.0/24", "documentation", "ok", "ok"],
  ["192.31.196.0/24", "as112", "ok", "ok"],
  ["192.52.193.0/24", "anycast-relay", "ok", "ok"],
  ["192.88.99.0/24", "anycast-relay", "ok", "ok"],
  ["192.88.99.2/32", "anycast-relay", "anycast-relay", "anycast-relay"],
  ["192.168.0.0/16", "private", "ok", "ok"],
  ["192.175.48.0/24", "as112", "ok", "ok"],
  ["198.18.0.0/15", "benchmarking", "ok", "ok"],
  ["198.51.100.0/24", "documentation", "ok", "ok"],
  ["203.0.113.0/24", "documentation", "ok", "ok"],
  ["224.0.0.0/4", "multicast", "ok", "reserved"],
  ["240.0.0.0/4", "reserved", "multicast", "-"],
  ["255.255.255.255/32", "reserved", "reserved", "-"],
  // IPv6: iana-ipv6-special-registry
  ["::/128", "this-network", "-", "loopback"],
  ["::1/128", "loopback", "this-network", "not-global-unicast"],
  ["::ffff:0.0.0.0/96", "mapped-ipv4", "not-global-unicast", "not-global-unicast"],
  ["64:ff9b::/96", "nat64", "not-global-unicast", "not-global-unicast"],
  ["64:ff9b:1::/48", "nat64", "not-global-unicast", "not-global-unicast"],
  ["100::/64", "not-global-unicast", "not-global-unicast", "not-global-unicast"],
  ["100:0:0:1::/64", "not-global-unicast", "not-global-unicast", "not-global-unicast"],
  ["2001::/23", "ietf-protocol", "ok", "ok"],
  ["2001::/32", "ietf-protocol", "ok", "ietf-protocol"],
  ["2001:1::1/128", "ietf-protocol", "ietf-protocol", "ietf-protocol"],
  ["2001:1::2/128", "ietf-protocol", "ietf-protocol", "ietf-protocol"],
  ["2001:1::3/128", "ietf-protocol", "ietf-protocol", "ietf-protocol"],
  ["2001:2::/48", "ietf-protocol", "ietf-protocol", "ietf-protocol"],
  ["2001:3::/32", "ietf-protocol", "ietf-protocol", "ietf-protocol"],
  ["2001:4:112::/48", "ietf-protocol", "ietf-protocol", "ietf-protocol"],
  ["2001:10::/28", "ietf-protocol", "ietf-protocol", "ietf-protocol"],
  ["2001:20::/28", "ietf-protocol", "ietf-protocol", "ietf-protocol"],
  ["2001:30::/28", "ietf-protocol", "ietf-protocol", "ietf-protocol"],
  ["2001:db8::/32", "documentation", "ok", "ok"],
  ["2002::/16", "transition", "ok", "ok"],
  ["2620:4f:8000::/48", "as112", "ok", "ok"],
  ["3fff::/20", "documentation", "ok", "ok"],
  ["5f00::/16", "not-global-unicast", "not-global-unicast", "not-global-unicast"],
  ["fc00::/7", "private", "not-global-unicast", "not-global-unicast"],
  ["fe80::/10", "link-local", "not-global-unicast", "private"],
  // Elsewhere: site-local (RFC 3879), multicast, and the one block that may be published (RFC 4291 section 2.4)
  ["fec0::/10", "private", "link-local", "multicast"],
  ["ff00::/8", "multicast", "private", "-"],
  ["2000::/3", "ok", "not-global-unicast", "not-global-unicast"],
];

/** The recommended rule as a second, independent reading: IPv4 by numbers, IPv6 by what is allowed. */
const DENY4 =
  "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4";
const DENY6 = "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20";

function reasonFor(address: Address): string {
  return unpublishableReason(address) ?? "ok";
}

function neighbour(address: Address, step: -1n | 1n): Address | undefined {
  const bits = BigInt(address.bytes.length * 8);
  const number = address.bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) + step;
  if (number < 0n || number >= 1n << bits) return undefined;
  const bytes = address.bytes.map((_, index) => Number((number >> (bits - 8n * BigInt(index + 1))) & 0xffn));
  return addressFromBytes(bytes);
}

function asNumber(text: string): number {
  return parseAddress(text)!.bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function isInBlock4(address: Address, block: string): boolean {
  const [start = "", length] = block.split("/");
  const offset = asNumber(address.text) - asNumber(start);
  return offset >= 0 && offset < 2 ** (32 - Number(length));
}

describe("unpublishableReason", () => {
  it.each(BORDERS)("%s: %s; below %s, above %s", (text, within, below, above) => {
    const { first, last } = prefixBounds(parsePrefix(text)!);
    const [before, after] = [neighbour(first, -1n), neighbour(last, 1n)];
    expect(reasonFor(first)).toBe(within);
    expect(reasonFor(last)).toBe(within);
    expect(before ? reasonFor(before) : "-").toBe(below);
    expect(after ? reasonFor(after) : "-").toBe(above);
  });

  it("has every prefix of its table tested at its borders", () => {
    const tested = new Set(BORDERS.map(([text]) => text));
    expect(UNPUBLISHABLE_PREFIXES.map(([{ text }]) => text).filter((text) => !tested.has(text))).toEqual([]);
  });

  it("agrees with the recommended rule on any address", () => {
    const blocks = UNPUBLISHABLE_PREFIXES.map(([prefix]) => prefix);
    const anywhere = fc
      .constantFrom(4, 16)
      .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    const nearBlock = fc
      .constantFrom(...blocks)
      .chain(({ bytes }) =>
        fc
          .tuple(
            fc.nat(bytes.length - 1),
            fc.uint8Array({ minLength: bytes.length, maxLength: bytes.length }),
          )
          .map(([kept, noise]) => bytes.map((byte, index) => (index <= kept ? byte : noise[index]!))),
      );
    fc.assert(
      fc.property(fc.oneof(anywhere, nearBlock).map(addressFromBytes), (address) => {
        const isDenied =
          address.family === 4
            ? DENY4.split(" ").some((block) => isInBlock4(address, block))
            : address.bytes[0]! >> 5 !== 1 ||
              DENY6.split(" ").some((block) => prefixContains(parsePrefix(block)!, address));
        expect(unpublishableReason(address) !== undefined).toBe(isDenied);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(["1.1.1.1", "8.8.8.8", "81.2.69.142", "100.63.255.255", "2a00:1450:4001::1", "2600::"])(
    "%s may be published",
    (text) => {
      expect(reasonFor(parseAddress(text)!)).toBe("ok");
    },
  );

  describe("with ranges that the user opened", () => {
    const opened = ["100.64.0.0/16", "fd00::/8"].map((text) => parsePrefix(text)!);

    it.each([
      ["100.64.0.0", undefined],
      ["100.64.255.255", undefined],
      ["100.65.0.0", "cgnat"],
      ["fd00::1", undefined],
      ["fc00::1", "private"],
      ["10.0.0.1", "private"],
      ["1.1.1.1", undefined],
    ])("%s: %s", (text, reason) => {
      expect(unpublishableReason(parseAddress(text)!, opened)).toBe(reason);
    });

    it("an opened range of one family opens nothing of the other", () => {
      const all4 = [parsePrefix("0.0.0.0/0")!];
      expect(unpublishableReason(parseAddress("10.0.0.1")!, all4)).toBeUndefined();
      expect(unpublishableReason(parseAddress("::ffff:10.0.0.1")!, all4)).toBe("mapped-ipv4");
    });
  });
});
