import { domainToASCII } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError } from "#core/errors.ts";
import { isWildcard, isWithin, parseDomainName, relativeName, zoneCandidates } from "#core/name.ts";

const label63 = "a".repeat(63);
/** 253 characters: 255 bytes on the wire. */
const longest = [label63, label63, label63, "b".repeat(61)].join(".");

function problemWith(text: string): ConfigError {
  try {
    parseDomainName(text);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error(`"${text}" was accepted`);
}

describe("parseDomainName", () => {
  it.each([
    ["home.example.org", "home.example.org"],
    ["example.org", "example.org"],
    ["HOME.Example.ORG", "home.example.org"],
    ["home.example.org.", "home.example.org"],
    ["  home.example.org\n", "home.example.org"],
    ["*.example.org", "*.example.org"],
    ["*.a.example.org.", "*.a.example.org"],
    ["_acme-challenge.example.org", "_acme-challenge.example.org"],
    ["a_b.example.org", "a_b.example.org"],
    ["_.example.org", "_.example.org"],
    ["0.example.org", "0.example.org"],
    ["1.2.3.example", "1.2.3.example"],
    ["a--b.example.org", "a--b.example.org"],
    ["home.lan", "home.lan"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["BÜCHER.Example", "xn--bcher-kva.example"],
    ["bu\u0308cher.example", "xn--bcher-kva.example"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["XN--BCHER-KVA.example", "xn--bcher-kva.example"],
    ["faß.example", "xn--fa-hia.example"],
    ["例え.テスト", "xn--r8jz45g.xn--zckzah"],
    ["例え。テスト", "xn--r8jz45g.xn--zckzah"],
    ["*.bücher.example", "*.xn--bcher-kva.example"],
    ["_dmarc.bücher.example", "_dmarc.xn--bcher-kva.example"],
    [`${label63}.example`, `${label63}.example`],
    [longest, longest],
    [`${longest}.`, longest],
  ])("reads %j as %s", (text, name) => {
    expect(parseDomainName(text)).toBe(name);
  });

  it.each([
    ["nothing", "", "is empty"],
    ["blanks", "   ", "is empty"],
    ["the root", ".", "is empty"],
    ["a single label", "localhost", "single label"],
    ["a bare wildcard", "*", "single label"],
    ["the sign of the apex", "@", "single label"],
    ["two trailing dots", "example.org..", "empty label"],
    ["a leading dot", ".example.org", "empty label"],
    ["two dots inside", "home..example.org", "empty label"],
    ["an ideographic dot at the end", "例え.テスト。", "empty label"],
    ["a label of 64", `${"a".repeat(64)}.example`, "64 characters"],
    ["a name of 254", `b${longest}`, "254 characters"],
    [
      "an IDN label that is too long as punycode",
      `${"ü".repeat(60)}.example`,
      "characters, expected at most 63",
    ],
    ["a hyphen in front", "-home.example.org", "inner"],
    ["a hyphen at the end", "home-.example.org", "inner"],
    ["a wildcard inside", "home.*.example.org", "not made of"],
    ["a wildcard as part of a label", "a*.example.org", "not made of"],
    ["two wildcards", "*.*.example.org", "not made of"],
    ["an inner space", "home example.org", "not made of"],
    ["a newline", "home\n.example.org", "not made of"],
    ["a null byte", "home\0.example.org", "not made of"],
    ["a URL", "https://home.example.org", "not made of"],
    ["a port", "home.example.org:80", "not made of"],
    ["a path", "home.example.org/x", "not made of"],
    ["a query", "home.example.org?x", "not made of"],
    ["credentials", "user@home.example.org", "not made of"],
    ["a percent sign", "%68ome.example.org", "not made of"],
    ["an escape of master files", "ho\\.me.example.org", "not made of"],
    ["quotes", '"home".example.org', "not made of"],
    ["a list", "a.example.org,b.example.org", "not made of"],
    ["an IPv4 address", "192.0.2.1", "address"],
    ["a short IPv4 address", "127.1", "address"],
    ["a hexadecimal IPv4 address", "192.0.2.0x1", "address"],
    ["a number as top-level domain", "home.example.1", "address"],
    ["an IPv6 address", "::1", "single label"],
    ["an IPv6 address with a dotted part", "::ffff:192.0.2.1", "not made of"],
    ["full-width digits that make an address", "１９２.０.２.１", "address"],
    ["a full-width wildcard", "＊.example.org", "international"],
    ["a full-width slash", "a／b.example.org", "international"],
    ["a full-width percent sign", "％68ome.example.org", "international"],
    ["a full-width at sign", "user＠example.org", "international"],
    ["a percent sign beside an IDN", "%68.bücher.example", "international"],
    ["a port beside an IDN", "bücher.example:80", "international"],
    ["a path beside an IDN", "bücher.example/x", "international"],
    ["credentials beside an IDN", "a@bücher.example", "international"],
    ["a backslash beside an IDN", "bücher.example\\x", "international"],
    ["a tab beside an IDN, which a URL would drop", "bü\tcher.example", "international"],
    ["a newline beside an IDN, which a URL would drop", "bü\ncher.example", "international"],
    ["an override of the direction of writing", "\u202Ehome.example.org", "international"],
    ["a hyphen in front of an IDN wildcard", "-*.bücher.example", "international"],
    ["a wildcard inside an IDN", "bücher.*.example", "international"],
  ])("refuses %s", (_, text, words) => {
    const error = problemWith(text);
    expect(error.message).toContain(words);
    expect(error.message).toMatch(/^Cannot use the name "/);
    expect(error.code).toBe("invalid-name");
    expect(error.retry).toBe("never");
    expect(error.problems).toHaveLength(1);
  });

  it("says how to write a single label", () => {
    expect(problemWith("home").hint).toContain("home.example.org");
  });

  it("keeps letters apart that only look alike", () => {
    expect(parseDomainName("аpple.example")).not.toBe(parseDomainName("apple.example"));
  });

  it("reads an international name as node:url does, or refuses it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary", minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 4 }),
        (labels) => {
          const text = labels.join(".");
          let name: string;
          try {
            name = parseDomainName(text);
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
            return;
          }
          expect(name).toMatch(/^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/);
          const rest = text.trim().replace(/^\*\./, "").replace(/\.$/, "");
          expect(name.replace("*.", "")).toBe(domainToASCII(rest));
          expect(parseDomainName(name)).toBe(name);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("answers at once for hostile lengths", () => {
    for (const text of [`${"a-".repeat(100_000)}.example`, "ü.".repeat(100_000), ".".repeat(100_000)]) {
      const start = performance.now();
      problemWith(text);
      expect(performance.now() - start).toBeLessThan(2000);
    }
  });
});

describe("a name and its zone", () => {
  const name = parseDomainName;

  it.each([
    ["example.org", "example.org", true],
    ["home.example.org", "example.org", true],
    ["*.example.org", "example.org", true],
    ["a.b.example.org", "example.org", true],
    ["notexample.org", "example.org", false],
    ["example.org", "home.example.org", false],
    ["example.org.evil.example", "example.org", false],
  ])("%s is within %s: %s", (inner, zone, expected) => {
    expect(isWithin(name(inner), name(zone))).toBe(expected);
  });

  it.each([
    ["example.org", "example.org", ""],
    ["home.example.org", "example.org", "home"],
    ["*.example.org", "example.org", "*"],
    ["*.a.example.org", "example.org", "*.a"],
    ["a.b.example.org", "b.example.org", "a"],
  ])("%s relative to %s is %j", (inner, zone, expected) => {
    expect(relativeName(name(inner), name(zone))).toBe(expected);
  });

  it("there is no relative name in a zone that does not hold it", () => {
    expect(() => relativeName(name("notexample.org"), name("example.org"))).toThrow(RangeError);
  });

  it.each([
    ["a.b.example.org", ["a.b.example.org", "b.example.org", "example.org"]],
    ["example.org", ["example.org"]],
    ["*.example.org", ["example.org"]],
    ["*.a.example.org", ["a.example.org", "example.org"]],
    ["*.lan", []],
  ])("%s may lie in %j", (text, zones) => {
    expect(zoneCandidates(name(text))).toEqual(zones);
  });

  it("only a first label of one asterisk makes a wildcard", () => {
    expect(isWildcard(name("*.example.org"))).toBe(true);
    expect(isWildcard(name("wildcard.example.org"))).toBe(false);
  });
});
