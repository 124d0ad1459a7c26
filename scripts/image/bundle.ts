import { mkdtempDisposableSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runProgram } from "./program.ts";

const ROOT = path.dirname(path.dirname(import.meta.dirname));

/** What `npm run build` makes. */
export interface Bundle {
  readonly files: ReadonlyMap<string, Buffer>;
  /** The npm packages whose code is in it, by name. */
  readonly packages: readonly string[];
}

/** Into a folder of its own: `dist/` may be in use. */
export function buildBundle(): Bundle {
  using scratch = mkdtempDisposableSync(path.join(tmpdir(), "esddns-dist-"));
  const folder = path.join(scratch.path, "dist");
  runProgram(process.execPath, [path.join(ROOT, "scripts/build.ts"), folder], { cwd: ROOT });
  const names = readdirSync(folder).toSorted();
  const files = new Map(names.map((name) => [name, readFileSync(path.join(folder, name))]));
  return { files, packages: packagesIn(files.get("THIRD-PARTY-LICENSES")?.toString() ?? "") };
}

/** Each licence stands below its package's name, and a line of dashes above the next (scripts/build.ts). */
function packagesIn(licenses: string): readonly string[] {
  return licenses.split(/^-{80}\n\n/m).map((part) => part.split("\n", 1)[0] ?? "");
}
