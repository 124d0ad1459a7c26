/**
 * Builds `dist/`: the program bundled with its libraries into one file, whose parts run when they are needed, and
 * `esddns.js`, which starts it with the compiled code of an earlier run (docs/adr/0001-one-bundled-package.md).
 *
 * An argument is the folder to build in place of `dist/`.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build, type BuildOptions, type Plugin, transformSync } from "esbuild";
import { ASSET_NAMES, type AssetName, LIBRARY_FILES, readAsset } from "#service/assets/files.ts";

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

/** What browsers get is carried in the program: there is no file beside it to be found or lost. */
const carriedAssets: Plugin = {
  name: "carried-assets",
  setup(context) {
    context.onLoad({ filter: /service\/assets\/files\.ts$/ }, () => {
      const contents = Object.fromEntries(ASSET_NAMES.map((name) => [name, smallAsset(name)]));
      const names = `export const ASSET_NAMES = ${JSON.stringify(ASSET_NAMES)};`;
      return {
        contents: `const contents = ${JSON.stringify(contents)}; ${names} export const readAsset = (name) => contents[name];`,
      };
    });
  },
};

/** What people read is larger by half than what browsers need; libraries come small. */
function smallAsset(name: AssetName): string {
  const text = readAsset(name);
  if (name.startsWith("uplot.") || name.endsWith(".svg")) return text;
  const loader = name.endsWith(".css") ? "css" : "js";
  return transformSync(text, { loader, format: "esm", minify: true, charset: "utf8" }).code;
}

const common = {
  absWorkingDir: root,
  bundle: true,
  minifySyntax: true,
  minifyWhitespace: true,
  format: "cjs",
  platform: "node",
  target: "node24",
  mainFields: ["module", "main"],
  legalComments: "linked",
  logLevel: "warning",
} as const satisfies BuildOptions;

const program = await build({
  ...common,
  entryPoints: { program: "src/cli/main.ts" },
  entryNames: "[name]-[hash]",
  outdir: folder,
  plugins: [englishOnly, carriedAssets],
  metafile: true,
});
const bundle = Object.keys(program.metafile.outputs).find((name) => name.endsWith(".js")) ?? "";
escapeRest(path.join(folder, path.basename(bundle)));
await build({
  ...common,
  entryPoints: { esddns: "src/cli/launch.ts" },
  outdir: folder,
  define: { PROGRAM: JSON.stringify(path.basename(bundle)), "import.meta.dirname": "__dirname" },
});
// The package is one of ES modules, and these are none: scripts load faster
writeFileSync(path.join(folder, "package.json"), '{ "type": "commonjs" }\n');
writeLicenses([
  ...Object.keys(program.metafile.inputs),
  ...LIBRARY_FILES.map((file) => `node_modules/${file}`),
]);

/**
 * The launcher reads a byte for each character. Of what is not ASCII esbuild escapes everything but the texts of tagged
 * templates, whose raw form would not be the same; nobody of ours looks at that.
 */
function escapeRest(file: string): void {
  const text = readFileSync(file, "utf8").replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  writeFileSync(file, text);
}

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
