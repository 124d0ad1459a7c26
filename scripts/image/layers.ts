import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import type { Cache } from "./cache.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Smallest for a window of 8 MB, which everybody has to be able to read (RFC 8878, section 3.1.1.1.2). */
const LEVEL = 19;
const VERSION = `${process.versions["zstd"] ?? "0"}-${LEVEL}`;

/**
 * A layer as it travels. This Node.js compresses it, and not buildah: it is the one that package-lock.json names, so
 * that everybody's come out the same. It takes most of a minute for Node.js itself, hence the cache.
 */
export async function compressLayer(layer: Buffer, cache: Cache): Promise<Buffer> {
  const name = `${digestOf(layer).replace("sha256:", "")}-${VERSION}.tar.zst`;
  const known = cache.get(name);
  if (known && (await isSame(known, layer))) return known;
  const params = { [constants.ZSTD_c_compressionLevel]: LEVEL };
  const small = await compress(layer, { params });
  cache.put(name, small);
  return small;
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function isSame(small: Buffer, layer: Buffer): Promise<boolean> {
  return (await decompress(small).catch(() => Buffer.alloc(0))).equals(layer);
}
