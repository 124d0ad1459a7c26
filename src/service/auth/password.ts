import { formatPasswordHash, parsePasswordHash, type PasswordHash } from "#core/password-hash.ts";

/** 32 MiB, and some 50 to 100 ms of one core. */
const NEW = { cost: 15, blockSize: 8, parallelism: 1 } as const;

/** In characters. */
export const MAX_PASSWORD = 1024;

type Parameters = Omit<PasswordHash, "hash">;

/** What goes into the configuration as `service.password`. */
export async function hashPassword(password: string): Promise<string> {
  const parameters = {
    ...NEW,
    salt: process.getBuiltinModule("node:crypto").randomBytes(16).toString("base64url"),
  };
  const hash = await derive(password, parameters);
  return formatPasswordHash({ ...parameters, hash: hash.toString("base64url") });
}

/** Compares in constant time, off the event loop. `false` for a hash that is none. */
export async function isPassword(password: string, text: string): Promise<boolean> {
  const expected = parsePasswordHash(text);
  if (!expected) return false;
  const { timingSafeEqual } = process.getBuiltinModule("node:crypto");
  return timingSafeEqual(await derive(password, expected), Buffer.from(expected.hash, "base64url"));
}

function derive(password: string, { cost, blockSize, parallelism, salt }: Parameters): Promise<Buffer> {
  const { scrypt } = process.getBuiltinModule("node:crypto");
  const N = 2 ** cost;
  const options = { N, r: blockSize, p: parallelism, maxmem: 256 * N * blockSize };
  return new Promise((resolve, reject) => {
    // One letter may be written in two ways, and keyboards differ in which
    scrypt(password.normalize("NFC"), Buffer.from(salt, "base64url"), 32, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
