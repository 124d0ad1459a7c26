import type { z } from "zod";
import { explainIssues, leaveUnexplained } from "#config/explain.ts";
import type { Findings } from "#config/findings.ts";
import type { Path } from "#config/raw.ts";

/** Validates one part of the file; everything wrong with it goes to the findings, under its path. */
export function parseAt<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: Path,
  findings: Findings,
): z.output<Schema> | undefined {
  const result = schema.safeParse(value, { error: leaveUnexplained });
  if (result.success) return result.data;
  for (const { path: place, message, hint } of explainIssues(result.error.issues, value, path)) {
    findings.problem(place, message, hint);
  }
  return undefined;
}
