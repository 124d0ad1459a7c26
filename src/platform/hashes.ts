import type { Hashes } from "#core/ports.ts";

/** HMAC and comparison of `node:crypto`, which is loaded with the first use. */
export function createHashes(): Hashes {
  return {
    hmac(algorithm, key, message) {
      const { createHmac } = process.getBuiltinModule("node:crypto");
      return Uint8Array.from(createHmac(algorithm, key).update(message).digest());
    },
    equal(a, b) {
      const { timingSafeEqual } = process.getBuiltinModule("node:crypto");
      return a.length === b.length && timingSafeEqual(a, b);
    },
  };
}
