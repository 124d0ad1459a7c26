/**
 * `npm test`: unit, contract and property tests, the end-to-end tests against real peers on loopback, and the
 * dashboard in a browser.
 * `npm test -- --project netlab --project package` runs the slower suites instead; other words go to Vitest.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { missingGo } from "./go.ts";
import { installMissingPeers } from "./peers.ts";

const root = path.dirname(import.meta.dirname);
const words = process.argv.slice(2);
const selection = words.includes("--project")
  ? words
  : ["--project", "unit", "--project", "e2e", "--project", "browser", ...words];

const missing = [...installMissingPeers((line) => console.log(line)), ...missingForKubernetes()];
const isStrict = process.env["CI"] === "true";
if (missing.length > 0 && isStrict)
  console.error(`With CI=true a missing part is a failure: ${missing.join(", ")}`);

const scratch = mkdtempSync(path.join(tmpdir(), "esddns-test-"));
const report = path.join(scratch, "report.json");
const { status } = spawnSync(
  "vitest",
  ["run", ...selection, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
  { cwd: root, stdio: "inherit" },
);
const counts = readCounts(report);
rmSync(scratch, { recursive: true, force: true });
console.log(
  `${counts.numPassedTests} passed, ${counts.numFailedTests} failed, ${counts.numPendingTests} skipped`,
);
process.exitCode = status === 0 && counts.numPassedTests > 0 && !(missing.length > 0 && isStrict) ? 0 : 1;

/** Asked only when it is needed: nothing installs it. */
function missingForKubernetes(): readonly string[] {
  const go = selection.includes("kube") ? missingGo() : undefined;
  return go === undefined ? [] : [go];
}

function readCounts(file: string) {
  const counted = z.object({
    numPassedTests: z.number(),
    numFailedTests: z.number(),
    numPendingTests: z.number(),
  });
  try {
    return counted.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0 };
  }
}
