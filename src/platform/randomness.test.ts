import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHashes } from "#platform/hashes.ts";
import { createRandom } from "#platform/random.ts";

describe("random numbers", () => {
  it("are never the same twice", () => {
    const random = createRandom();
    const texts = Array.from({ length: 1000 }, () => random.bytes(12).join());
    expect(new Set(texts).size).toBe(1000);
    expect(random.bytes(12)).toHaveLength(12);
  });

  it("spread over the whole of [0, 1)", () => {
    const random = createRandom();
    const tenths = Array.from({ length: 2000 }, () => Math.floor(random.fraction() * 10));
    expect(new Set(tenths)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  });
});

describe("hashes", () => {
  // RFC 4231 section 4.3 (test case 2) and RFC 2202 section 3 (test case 2)
  const key = new TextEncoder().encode("Jefe");
  const message = new TextEncoder().encode("what do ya want for nothing?");
  it.each([
    ["sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"],
    ["sha224", "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"],
    ["sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
  ] as const)("are those of the RFC with %s", (algorithm, hex) => {
    expect(Buffer.from(createHashes().hmac(algorithm, key, message)).toString("hex")).toBe(hex);
  });

  it("are equal exactly when all bytes are", () => {
    const hashes = createHashes();
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(hashes.equal(a, a.slice())).toBe(true);
        expect(hashes.equal(a, b)).toBe(a.join() === b.join());
      }),
    );
  });
});
