import { z } from "zod";
import type { ServiceRequest } from "#service/http/route.ts";

/** A query as an object; what comes twice is a list, which no schema takes. */
export function queryObject(query: URLSearchParams): unknown {
  // One pass: thousands of names fit into an address, and `getAll` looks at every one of them each time
  const values = Map.groupBy(query, ([key]) => key);
  return Object.fromEntries(
    [...values].map(([key, pairs]) => [
      key,
      pairs.length === 1 ? pairs[0]?.[1] : pairs.map(([, value]) => value),
    ]),
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

/** More than a person reads. An address has room for thousands of names that mean nothing. */
const MAX_ISSUES = 20;

/** What is wrong, with what would be right. */
export function describeIssues(
  error: z.ZodError,
  part: "body" | "query",
  schema: z.ZodType,
): readonly Issue[] {
  const issues = error.issues.flatMap((issue): readonly Issue[] => {
    const path = [part, ...issue.path.map(String)].join(".");
    if (issue.code !== "unrecognized_keys") return [{ path, message: messageOf(issue) }];
    const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    const expected = known.length === 0 ? "none" : known.join(", ");
    const unknown = issue.keys.slice(0, MAX_ISSUES);
    return unknown.map((key) => ({ path: `${path}.${key}`, message: `unknown, expected ${expected}` }));
  });
  return issues.slice(0, MAX_ISSUES);
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
