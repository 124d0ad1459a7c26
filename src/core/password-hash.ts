/** A password as it is kept: scrypt (RFC 7914) of it, with what it takes to compute that again. */
export interface PasswordHash {
  /** Binary logarithm of N. */
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelism: number;
  /** base64url */
  readonly salt: string;
  /** base64url, 32 bytes. */
  readonly hash: string;
}

/** In bytes: 128 * N * r. A stranger's guess must not cost more. */
const MAX_MEMORY = 64 * 1024 * 1024;
const FORM = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w-]{22,86})\$([\w-]{43})$/;

/** `scrypt$15$8$1$salt$hash`; `undefined` for anything else, and for what takes more than 64 MiB. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const [, cost, blockSize, parallelism, salt = "", hash = ""] = FORM.exec(text) ?? [];
  const parsed = {
    cost: Number(cost),
    blockSize: Number(blockSize),
    parallelism: Number(parallelism),
    salt,
    hash,
  };
  const isWithin =
    parsed.cost >= 10 && parsed.blockSize >= 1 && parsed.parallelism >= 1 && parsed.parallelism <= 4;
  return isWithin && 128 * 2 ** parsed.cost * parsed.blockSize <= MAX_MEMORY ? parsed : undefined;
}

export function formatPasswordHash({ cost, blockSize, parallelism, salt, hash }: PasswordHash): string {
  return ["scrypt", cost, blockSize, parallelism, salt, hash].join("$");
}
