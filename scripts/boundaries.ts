/** The import table of docs/architecture.md as a gate: no forbidden import, no cycle, and never an empty look. */
import path from "node:path";
import { cruise } from "dependency-cruiser";
// @ts-expect-error: plain JavaScript without types, as dependency-cruiser wants it
import configuration from "../.dependency-cruiser.mjs";

const root = path.dirname(import.meta.dirname);
process.chdir(root);
const MINIMUM_MODULES = 50;

const { output } = await cruise(["src"], {
  ...configuration.options,
  ruleSet: { forbidden: configuration.forbidden },
  validate: true,
});
if (typeof output === "string") throw new TypeError("dependency-cruiser gave text, expected its result");
const { violations, totalCruised } = output.summary;

for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} -> ${to}`);
if (totalCruised < MINIMUM_MODULES) {
  console.error(
    `Looked at ${totalCruised} modules, expected at least ${MINIMUM_MODULES}: the check itself is broken`,
  );
}
const passed = violations.length === 0 && totalCruised >= MINIMUM_MODULES;
console.log(`${totalCruised} modules, ${violations.length} violations`);
process.exitCode = passed ? 0 : 1;
