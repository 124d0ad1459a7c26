import { execFileSync } from "node:child_process";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { Scratch } from "../scratch.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The built program, `esddns.js`. */
    readonly program: string;
  }
}

/** Builds the package once for all test files, into a folder of this run: `dist/` may be in use. */
export default function buildPackage(project: TestProject): () => void {
  const scratch = new Scratch();
  const root = path.dirname(path.dirname(import.meta.dirname));
  const dist = scratch.at("dist");
  execFileSync(process.execPath, [path.join(root, "scripts/build.ts"), dist], { stdio: "inherit" });
  project.provide("program", path.join(dist, "esddns.js"));
  return () => scratch[Symbol.dispose]();
}
