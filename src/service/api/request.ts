import { z } from "zod";
import type { ServiceRequest } from "#service/http/route.ts";

/** A query as an object; what comes twice is a list, which no schema takes. */
export function queryObject(query: URLSearchParams): unknown {
  return Object.fromEntries(
    [...new Set(query.keys())].map((key) => {
      const values = query.getAll(key);
      return [key, values.length === 1 ? values[0] : values];
    }),
  );
}

/** @throws {HttpProblem} 400, 413, 415, as {@link ServiceRequest.json} */
export async function readBody(schema: z.ZodType, request: ServiceRequest): Promise<unknown> {
  return schema instanceof z.ZodUndefined ? undefined : request.json();
}

export interface Issue {
  /** E.g. `query.limit`. */
  readonly path: string;
  readonly message: string;
}

/** Everything that is wrong, with what would be right. */
export function describeIssues(
  error: z.ZodError,
  part: "body" | "query",
  schema: z.ZodType,
): readonly Issue[] {
  return error.issues.flatMap((issue): readonly Issue[] => {
    const path = [part, ...issue.path.map(String)].join(".");
    if (issue.code !== "unrecognized_keys") return [{ path, message: messageOf(issue) }];
    const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    const expected = known.length === 0 ? "none" : known.join(", ");
    return issue.keys.map((key) => ({ path: `${path}.${key}`, message: `unknown, expected ${expected}` }));
  });
}

/** What was given is not repeated: it may be long, or a secret in the wrong place. */
function messageOf({ input, message, ...issue }: z.core.$ZodIssue): string {
  if (input === undefined) return `missing${expectation(issue)}`;
  return Array.isArray(input) && issue.path.length > 0 ? "given more than once" : message;
}

function expectation(issue: object): string {
  if ("expected" in issue) return `, expected ${String(issue.expected)}`;
  return "values" in issue && Array.isArray(issue.values) ? `, expected ${issue.values.join(" or ")}` : "";
}
