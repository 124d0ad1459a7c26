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

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type" && issue.input === undefined)
    return `missing, expected ${issue.expected}`;
  if (issue.code === "invalid_type" && Array.isArray(issue.input)) return "given more than once";
  return issue.message;
}
