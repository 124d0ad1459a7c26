import { createHash } from "node:crypto";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Apt } from "./apt.ts";
import type { Architecture } from "./architecture.ts";
import type { Cache } from "./cache.ts";
import { PACKAGES, type PackageName, type Pin, readPins, writePins } from "./debian-lock.ts";
import { runProgram } from "./program.ts";

export interface DebianPackage extends Pin {
  readonly name: PackageName;
  /** The archive, `.deb`. */
  readonly archive: Buffer;
  /** What Debian says of it: version, source, dependencies and more. */
  readonly control: string;
  /** Is it what the lock names? Then the image has the same bytes as everybody's. */
  readonly isLocked: boolean;
}

export interface FetchOptions {
  readonly cache: Cache;
  /** Fails where a package of the lock is gone from the archive, in place of taking its successor. */
  readonly isStrict: boolean;
  readonly say: (line: string) => void;
  /** The lock's unless given. */
  readonly pins?: Readonly<Record<PackageName, Pin>>;
}

/** The packages that the lock names, each held to its SHA-256. What is in the cache needs neither apt nor network. */
export function fetchPackages(architecture: Architecture, options: FetchOptions): readonly DebianPackage[] {
  const pins = options.pins ?? readPins(architecture);
  using apt = new Apt(architecture);
  return PACKAGES.map((name) => {
    const archive = fetchArchive(apt, name, pins[name], options);
    const sha256 = hashOf(archive);
    const control = controlOf(archive);
    const version = /^Version: (.*)$/m.exec(control)?.[1] ?? "";
    return { name, archive, version, sha256, control, isLocked: sha256 === pins[name].sha256 };
  });
}

/** Writes the newest versions of all packages into the lock. */
export function updateLock(say: (line: string) => void): void {
  const newest = (architecture: Architecture) => {
    const before = readPins(architecture);
    using apt = new Apt(architecture);
    const pinned = PACKAGES.map((name): readonly [PackageName, Pin] => {
      const version = newestOf(apt, name, architecture);
      if (version !== before[name].version) {
        say(`${architecture} ${name}: ${before[name].version} -> ${version}`);
      }
      return [name, { version, sha256: hashOf(apt.download(name, version)) }];
    });
    return Object.fromEntries(pinned);
  };
  writePins({ amd64: newest("amd64"), arm64: newest("arm64") });
}

function fetchArchive(apt: Apt, name: PackageName, pin: Pin, { cache, isStrict, say }: FetchOptions): Buffer {
  const kept = `${pin.sha256}.deb`;
  const known = cache.get(kept);
  if (known && hashOf(known) === pin.sha256) return known;
  const versions = apt.versions(name);
  if (!versions.includes(pin.version)) {
    const gone = `${name} ${pin.version}, which scripts/image/debian.lock.json names, is not in the archive any more`;
    const next = "`npm run image -- --update-lock` writes today's versions into the lock";
    const [newest] = versions;
    if (isStrict || !newest) throw new Error(`Cannot take ${gone}. ${next}`);
    say(`WARNING: ${gone}. Taking ${newest}: the image's bytes will NOT be those of its commit. ${next}.`);
    return apt.download(name, newest);
  }
  const archive = apt.download(name, pin.version);
  const is = hashOf(archive);
  if (is !== pin.sha256) {
    throw new Error(
      `Cannot use ${name} ${pin.version}: its SHA-256 is ${is}, expected ${pin.sha256} (debian.lock.json)`,
    );
  }
  cache.put(kept, archive);
  return archive;
}

function newestOf(apt: Apt, name: PackageName, architecture: Architecture): string {
  const [newest] = apt.versions(name);
  if (!newest)
    throw new Error(
      `Cannot find ${name} for ${architecture}: expected it in Debian 12, of which apt's sources say nothing`,
    );
  return newest;
}

function controlOf(archive: Buffer): string {
  using scratch = mkdtempDisposableSync(path.join(tmpdir(), "esddns-deb-"));
  const file = path.join(scratch.path, "package.deb");
  writeFileSync(file, archive);
  return runProgram("dpkg-deb", ["--field", file]).toString();
}

function hashOf(archive: Buffer): string {
  return createHash("sha256").update(archive).digest("hex");
}
