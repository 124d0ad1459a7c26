/**
 * `npm run image`: the container image FROM scratch, for each architecture an OCI archive in `build/image/`, and what
 * is in it (docs/adr/0012-image.md).
 *
 *   --arch amd64|arm64   one alone
 *   --locked             fails where Debian's archive no longer has what scripts/image/debian.lock.json names
 *   --update-lock        writes today's versions of Debian's packages into that file, and makes nothing
 *   --tree FOLDER        writes the image's files into a folder, and makes no image: for the Dockerfile
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { type Architecture, ARCHITECTURES, isArchitecture, ownArchitecture } from "./image/architecture.ts";
import { buildImage } from "./image/build.ts";
import { buildBundle } from "./image/bundle.ts";
import { Cache } from "./image/cache.ts";
import { currentCommit } from "./image/commit.ts";
import { imageContents } from "./image/contents.ts";
import { updateLock } from "./image/debian.ts";

const { values } = parseArgs({
  options: {
    arch: { type: "string" },
    locked: { type: "boolean", default: false },
    "update-lock": { type: "boolean", default: false },
    tree: { type: "string" },
  },
});

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  if (values["update-lock"]) return updateLock((line) => console.log(line));
  const wanted = values.arch === undefined ? undefined : parseArchitecture(values.arch);
  if (values.tree !== undefined) return writeFiles(values.tree, wanted ?? ownArchitecture());
  const all = Object.keys(ARCHITECTURES).filter(isArchitecture);
  // Side by side: compressing takes most of the time, and one core each
  await Promise.all((wanted ? [wanted] : all).map(make));
}

function parseArchitecture(text: string): Architecture {
  if (isArchitecture(text)) return text;
  throw new Error(
    `Cannot make an image for "${text}": expected --arch ${Object.keys(ARCHITECTURES).join(" or ")}`,
  );
}

async function make(architecture: Architecture): Promise<void> {
  const start = performance.now();
  const { archive, digest, size, parts, isLocked } = await buildImage({
    architecture,
    isStrict: values.locked,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const unpacked = Object.values(parts).reduce((sum, part) => sum + part, 0);
  console.log(`${path.relative(process.cwd(), archive)} (${seconds} s)`);
  console.log(`  ${digest}${isLocked ? "" : " NOT reproducible: see the warnings above"}`);
  const named = Object.entries(parts).map(([name, part]) => `${name} ${megabytes(part)}`);
  console.log(`  ${megabytes(size)} packed, ${megabytes(unpacked)} unpacked: ${named.join(", ")}`);
}

function writeFiles(folder: string, architecture: Architecture): void {
  const common = { architecture, commit: currentCommit(), bundle: buildBundle(), cache: new Cache() };
  const { system, program } = imageContents({ ...common, isStrict: values.locked });
  for (const tree of [system, program]) tree.write(folder);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
