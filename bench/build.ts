import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";

const ROOT = path.dirname(import.meta.dirname);

/** The program as it is published. @returns `esddns.js` */
export function buildProgram(folder: string): string {
  const dist = path.join(folder, "dist");
  execFileSync(process.execPath, [path.join(ROOT, "scripts/build.ts"), dist], { stdio: "inherit" });
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ type: "module" }));
  return path.join(dist, "esddns.js");
}

/** The engine without its command line, bundled in the same way. */
export async function buildDriver(outfile: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [path.join(import.meta.dirname, "inside/driver.ts")],
    outfile,
    bundle: true,
    minifySyntax: true,
    minifyWhitespace: true,
    format: "esm",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    banner: { js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);' },
    logLevel: "error",
  });
}
