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

const testFile = z.object({
  name: z.string(),
  status: z.string(),
  message: z.string(),
  assertionResults: z.array(
    z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()) }),
  ),
});
const vitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  testResults: z.array(testFile),
});

const root = path.dirname(import.meta.dirname);
const RETRIED = path.join(import.meta.dirname, "retried-reporter.ts");
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
  [
    "run",
    ...selection,
    "--reporter=default",
    "--reporter=json",
    `--reporter=${RETRIED}`,
    `--outputFile.json=${report}`,
  ],
  { cwd: root, stdio: "inherit" },
);
const counts = readReport(report);
rmSync(scratch, { recursive: true, force: true });
for (const failure of counts.failures) console.log(`failed: ${failure}`);
console.log(
  `${counts.numPassedTests} passed, ${counts.numFailedTests} failed, ${counts.numPendingTests} skipped`,
);
process.exitCode = status === 0 && counts.numPassedTests > 0 && !(missing.length > 0 && isStrict) ? 0 : 1;

/** Asked only when it is needed: nothing installs it. */
function missingForKubernetes(): readonly string[] {
  const go = selection.includes("kube") ? missingGo() : undefined;
  return go === undefined ? [] : [go];
}

/** The sums, and a line for each failure: a long run is read from its end. */
function readReport(file: string) {
  try {
    const report = vitestReport.parse(JSON.parse(readFileSync(file, "utf8")));
    return { ...report, failures: report.testResults.flatMap(failuresOf) };
  } catch {
    return { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, failures: ["no report"] };
  }
}

function failuresOf({
  name,
  status,
  message,
  assertionResults,
}: z.infer<typeof testFile>): readonly string[] {
  const file = path.relative(root, name);
  const tests = assertionResults.filter((test) => test.status === "failed");
  // A file that could not be loaded, or whose hooks failed, has a message of its own
  if (tests.length === 0) return status === "failed" ? [`${file}: ${firstLine(message)}`] : [];
  return tests.map((test) => `${file} > ${test.fullName}: ${firstLine(test.failureMessages[0] ?? "")}`);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
