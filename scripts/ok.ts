/** `npm run ok`: the gate, step by step; all steps run even when one fails. */
import { spawnSync } from "node:child_process";
import path from "node:path";

const root = path.dirname(import.meta.dirname);

const STEPS: readonly (readonly [name: string, command: string, ...arguments_: string[]])[] = [
  ["format", "oxfmt", "--check", "."],
  ["lint", "oxlint", "--deny-warnings", "."],
  ["types", "tsc", "-p", "."],
  ["boundaries", "node", "scripts/boundaries.ts"],
  ["unused", "knip"],
  ["generated", "node", "scripts/generate.ts", "--check"],
  ["tests", "vitest", "run", "--project", "unit"],
];

const failed: string[] = [];
for (const [name, command, ...arguments_] of STEPS) {
  const start = performance.now();
  const { status } = spawnSync(command, arguments_, { cwd: root, stdio: "inherit" });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) console.error(`Not ok: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
