import type { HashAlgorithm } from "#core/ports.ts";
import { lowerCaseName } from "#wire/dns/name.ts";

/** Algorithms by the names they have on the wire (RFC 8945 section 6); HMAC-MD5 is left out on purpose. */
export const TSIG_ALGORITHMS = {
  "hmac-sha1": { hash: "sha1", macLength: 20 },
  "hmac-sha224": { hash: "sha224", macLength: 28 },
  "hmac-sha256": { hash: "sha256", macLength: 32 },
  "hmac-sha384": { hash: "sha384", macLength: 48 },
  "hmac-sha512": { hash: "sha512", macLength: 64 },
} as const satisfies Record<string, { readonly hash: HashAlgorithm; readonly macLength: number }>;

export type TsigAlgorithm = keyof typeof TSIG_ALGORITHMS;

/** What two parties share. Made for one signing and dropped: it holds the secret in clear. */
export interface TsigKey {
  /** A name as in `name.ts`: both sides have to agree on it, too. */
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Uint8Array;
}

/** @returns whether a signature claims to be made with this key */
export function isKeyOf(key: TsigKey, keyName: string, algorithm: string): boolean {
  return lowerCaseName(key.name) === lowerCaseName(keyName) && key.algorithm === lowerCaseName(algorithm);
}
