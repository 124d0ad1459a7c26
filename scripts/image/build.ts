import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Architecture, ownArchitecture } from "./architecture.ts";
import { writeArchive } from "./archive.ts";
import { assemble } from "./assemble.ts";
import { type Bundle, buildBundle } from "./bundle.ts";
import { Cache } from "./cache.ts";
import { type Commit, currentCommit } from "./commit.ts";
import { type Contents, imageContents } from "./contents.ts";
import { type MadeImage, readMade, writeMade } from "./made.ts";
import { VERSION } from "./package-lock.ts";
import { labels, NAME } from "./settings.ts";

const ROOT = path.dirname(path.dirname(import.meta.dirname));

export interface ImageOptions {
  /** This machine's unless given. */
  readonly architecture?: Architecture | undefined;
  /** Where the archive goes: `build/image` unless given. */
  readonly folder?: string | undefined;
  /** Fails where a package of the lock is gone from Debian's archive, in place of taking a newer one. */
  readonly isStrict?: boolean | undefined;
  readonly say?: ((line: string) => void) | undefined;
  readonly cache?: Cache | undefined;
}

/** Makes the image of what is checked out, or finds it made already: from the same commit and the same files. */
export async function buildImage(options: ImageOptions = {}): Promise<MadeImage> {
  const { folder = path.join(ROOT, "build/image"), isStrict = false, cache = new Cache() } = options;
  const architecture = options.architecture ?? ownArchitecture();
  const commit = currentCommit();
  const bundle = buildBundle();
  const key = keyOf(bundle, commit);
  const stem = path.join(folder, `esddns-${VERSION}-linux-${architecture}`);
  const known = readMade(`${stem}.json`, key);
  if (known && (known.isLocked || !isStrict)) return known;
  const contents = imageContents({ ...options, architecture, commit, bundle, cache });
  const about = { architecture, date: commit.date, labels: labels({ version: VERSION, ...commit }) };
  const archive = await writeArchive(assemble({ ...contents, ...about }), {
    ...about,
    version: VERSION,
    cache,
  });
  const made: MadeImage = {
    name: `${NAME}:${VERSION}`,
    archive: `${stem}.tar`,
    sbom: `${stem}.cdx.json`,
    digest: archive.digest,
    size: archive.bytes.length,
    parts: partsOf(contents),
    isLocked: contents.isLocked,
  };
  writeMade(`${stem}.json`, key, made, archive.bytes, contents.sbom);
  return made;
}

/** Everything that has a say in the image's bytes. */
function keyOf(bundle: Bundle, { revision, date }: Commit): string {
  const hash = createHash("sha256").update(`${revision} ${date.toISOString()}\n`);
  for (const [name, content] of bundle.files) hash.update(`${name} ${content.length}\n`).update(content);
  const ours = readdirSync(import.meta.dirname).toSorted();
  for (const name of ours) hash.update(name).update(readFileSync(path.join(import.meta.dirname, name)));
  for (const name of ["package.json", "package-lock.json", "LICENSE"]) {
    hash.update(readFileSync(path.join(ROOT, name)));
  }
  return hash.digest("hex");
}

function partsOf({ system, program }: Contents): MadeImage["parts"] {
  const parts = { node: 0, libraries: 0, certificates: 0, documents: 0, program: 0 };
  for (const [name, entry] of [...system.entries, ...program.entries]) {
    if (entry.kind === "file") parts[partOf(name)] += entry.content.length;
  }
  return parts;
}

function partOf(name: string) {
  if (name === "/usr/bin/node") return "node";
  if (/\.so\.\d+$/.test(name)) return "libraries";
  if (name.startsWith("/etc/ssl/")) return "certificates";
  return name.startsWith("/usr/lib/esddns/") ? "program" : "documents";
}
