/**
 * Builds `dist/`: the program bundled with its libraries into a few files, because a cold start is mostly the
 * reading of files (docs/adr). What a command does not need lies in a chunk of its own and is not read.
 *
 * An argument is the folder to build in place of `dist/`.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build, type Plugin } from "esbuild";

const root = path.dirname(import.meta.dirname);
const folder = path.resolve(root, process.argv[2] ?? "dist");
rmSync(folder, { recursive: true, force: true });

/** zod brings its messages in 60 languages; we say our own, and need the one that it falls back on. */
const englishOnly: Plugin = {
  name: "english-only",
  setup(context) {
    context.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
      resolveDir: path.join(root, "node_modules/zod/v4/locales"),
    }));
  },
};

const result = await build({
  absWorkingDir: root,
  entryPoints: { esddns: "src/cli/main.ts" },
  outdir: folder,
  bundle: true,
  splitting: true,
  minifySyntax: true,
  minifyWhitespace: true,
  format: "esm",
  platform: "node",
  target: "node24",
  mainFields: ["module", "main"],
  chunkNames: "chunks/[name]-[hash]",
  legalComments: "linked",
  banner: { js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);' },
  plugins: [englishOnly],
  metafile: true,
  logLevel: "warning",
});
writeLicenses(Object.keys(result.metafile.inputs));

/** The licences of the libraries that the bundle carries travel with it. */
function writeLicenses(inputs: readonly string[]): void {
  const packages = new Set(
    inputs.flatMap((input) => input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? []),
  );
  const texts = [...packages].toSorted().map((name) => {
    const library = path.join(root, "node_modules", name);
    return `${name}\n\n${readFileSync(path.join(library, licenseFile(library)), "utf8")}`;
  });
  writeFileSync(path.join(folder, "THIRD-PARTY-LICENSES"), texts.join(`\n${"-".repeat(80)}\n\n`));
}

function licenseFile(folder: string): string {
  for (const name of ["LICENSE", "LICENSE.md", "license", "LICENCE"]) {
    try {
      readFileSync(path.join(folder, name));
      return name;
    } catch {
      continue;
    }
  }
  throw new Error(`Cannot find the licence of ${folder}`);
}
