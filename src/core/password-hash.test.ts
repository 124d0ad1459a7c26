import { describe, expect, it } from "vitest";
import { formatPasswordHash, parsePasswordHash } from "#core/password-hash.ts";

const [SALT, HASH] = ["s".repeat(22), "h".repeat(43)];
const RIGHT = `scrypt$15$8$1$${SALT}$${HASH}`;

describe("a password's hash", () => {
  it("is read and written as text", () => {
    const parsed = parsePasswordHash(RIGHT);
    expect(parsed).toEqual({ cost: 15, blockSize: 8, parallelism: 1, salt: SALT, hash: HASH });
    expect(parsed && formatPasswordHash(parsed)).toBe(RIGHT);
  });

  it("may take 64 MiB and no more", () => {
    expect(parsePasswordHash(RIGHT.replace("$15$", "$16$"))).toBeDefined();
    expect(parsePasswordHash(RIGHT.replace("$15$", "$17$"))).toBeUndefined();
    expect(parsePasswordHash(RIGHT.replace("$8$", "$32$"))).toBeUndefined();
  });

  it.each([
    "",
    "password",
    "scrypt$15$8$1$salt$hash",
    `${RIGHT}\n`,
    ` ${RIGHT}`,
    RIGHT.replace("scrypt", "argon2id"),
    RIGHT.replace("$15$", "$9$"),
    RIGHT.replace("$15$", "$-1$"),
    RIGHT.replace("$8$", "$0$"),
    RIGHT.replace("$8$1$", "$8$9$"),
    RIGHT.replace(HASH, "+".repeat(43)),
    RIGHT.slice(0, -1),
  ])("is not %j", (text) => {
    expect(parsePasswordHash(text)).toBeUndefined();
  });
});
