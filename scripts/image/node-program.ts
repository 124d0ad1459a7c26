import { createHash } from "node:crypto";
import { mkdtempDisposableSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Architecture, ARCHITECTURES } from "./architecture.ts";
import type { Cache } from "./cache.ts";
import { lockedPackage } from "./package-lock.ts";
import { runProgram } from "./program.ts";

/** The Node.js that package-lock.json names, for one architecture. */
export interface NodeProgram {
  /** The npm package that carries it. */
  readonly name: string;
  readonly version: string;
  /** Of that package's tarball, as npm writes it: `sha512-…`. */
  readonly integrity: string;
  readonly program: Buffer;
  readonly license: Buffer;
}

/** npm installs the one of this machine alone, so both are asked for in the same way: by name, held to the lock's hash. */
export function fetchNode(architecture: Architecture, cache: Cache): NodeProgram {
  const name = `node-linux-${ARCHITECTURES[architecture].npm}`;
  const { version, integrity } = lockedPackage(name);
  const kept = `${name}-${version}.tgz`;
  const known = cache.get(kept);
  const tarball = known && integrityOf(known) === integrity ? known : packed(name, version);
  const is = integrityOf(tarball);
  if (is !== integrity) {
    throw new Error(
      `Cannot use ${name} ${version}: its hash is ${is}, expected ${integrity} (package-lock.json)`,
    );
  }
  if (tarball !== known) cache.put(kept, tarball);
  using scratch = mkdtempDisposableSync(path.join(tmpdir(), "esddns-node-"));
  runProgram("tar", ["-xzf", "-", "-C", scratch.path, "package/bin/node", "package/LICENSE"], {
    input: tarball,
  });
  const file = (part: string) => readFileSync(path.join(scratch.path, "package", part));
  return { name, version, integrity, program: file("bin/node"), license: file("LICENSE") };
}

/** What `npm install` has brought is in npm's cache; the others are downloaded. */
function packed(name: string, version: string): Buffer {
  using scratch = mkdtempDisposableSync(path.join(tmpdir(), "esddns-node-"));
  const words = [
    "pack",
    `${name}@${version}`,
    "--pack-destination",
    scratch.path,
    "--prefer-offline",
    "--silent",
  ];
  runProgram("npm", words, { cwd: scratch.path, hint: "is the npm registry reachable?" });
  return readFileSync(path.join(scratch.path, `${name}-${version}.tgz`));
}

function integrityOf(tarball: Buffer): string {
  return `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
}
