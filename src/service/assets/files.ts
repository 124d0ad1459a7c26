import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** What browsers get beside the pages, by name. */
export const ASSET_NAMES = [
  "style.css",
  "mark.svg",
  "moments.js",
  "swap.js",
  "forms.js",
  "live.js",
  "plots.js",
  "doctor.js",
  "uplot.css",
  "uplot.js",
] as const;

export type AssetName = (typeof ASSET_NAMES)[number];

const FROM_LIBRARIES: Partial<Record<AssetName, { readonly file: string; readonly end: string }>> = {
  "uplot.css": { file: "uplot/dist/uPlot.min.css", end: "" },
  // A third of the size of the library's own module
  "uplot.js": { file: "uplot/dist/uPlot.iife.min.js", end: "export default uPlot;\n" },
};

/** Where the contents of others come from, in node_modules: their licences have to be kept. */
export const LIBRARY_FILES: readonly string[] = Object.values(FROM_LIBRARIES).map(({ file }) => file);

/**
 * The content of a file beside this one, or of a library. The build puts the contents themselves in place of this
 * module, so that the program stays a single file (scripts/build.ts).
 */
export function readAsset(name: AssetName): string {
  const library = FROM_LIBRARIES[name];
  if (!library) return readFileSync(path.join(import.meta.dirname, name), "utf8");
  const text = readFileSync(createRequire(import.meta.url).resolve(library.file), "utf8");
  return `${text}\n${library.end}`;
}
