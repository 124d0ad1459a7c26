import type { Random } from "#core/ports.ts";

/** The kernel's random numbers, through `node:crypto`, which is loaded with the first of them. */
export function createRandom(): Random {
  return {
    bytes: (length) => Uint8Array.from(process.getBuiltinModule("node:crypto").randomBytes(length)),
    fraction: () => process.getBuiltinModule("node:crypto").randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  };
}
