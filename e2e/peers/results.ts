import { z } from "zod";

/** The JSON that the program prints: a contract, so unknown keys are refused. */

const observation = z.strictObject({
  witness: z.string(),
  operator: z.string(),
  authenticated: z.boolean(),
  result: z.enum(["cancelled", "failed", "rejected", "seen"]),
  address: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  elapsedMs: z.number(),
});

const verdict = z.strictObject({
  kind: z.enum(["disputed", "known", "unavailable"]),
  address: z.string().optional(),
  basis: z.string().optional(),
  reason: z.string().optional(),
  for: z.array(z.string()),
  against: z.array(z.string()),
  positions: z.array(z.strictObject({ address: z.string(), operators: z.array(z.string()) })).optional(),
  notes: z.array(z.string()),
  elapsedMs: z.number(),
  observations: z.array(observation).optional(),
});

const families = { ipv4: verdict.optional(), ipv6: verdict.optional() };
const set = z.strictObject({ values: z.array(z.string()), ttl: z.number().optional() });

const decision = z.strictObject({
  name: z.string(),
  type: z.enum(["A", "AAAA"]),
  provider: z.string(),
  decision: z.enum(["change", "in-sync", "keep"]),
  reason: z.string().optional(),
  message: z.string().optional(),
  before: set.nullable().optional(),
  after: set.optional(),
});

const outcome = z.strictObject({
  name: z.string(),
  type: z.enum(["A", "AAAA"]),
  kind: z.enum(["applied", "failed", "refused", "unchanged", "unconfirmed"]),
  cause: z.string().optional(),
  message: z.string().optional(),
  hint: z.string().optional(),
  tookMs: z.number(),
  sinceStartMs: z.number(),
  verification: z.enum(["converged", "incomplete", "unverifiable"]).nullable(),
});

const withheld = z.strictObject({ name: z.string(), type: z.enum(["A", "AAAA"]), reason: z.string() });

const belief = z.strictObject({
  kind: z.enum(["disputed", "known", "unavailable"]),
  address: z.string().nullable(),
  since: z.iso.datetime().nullable(),
  lastRound: z.iso.datetime(),
  for: z.array(z.string()),
  against: z.array(z.string()),
});

export const detectResult = z.strictObject(families);
export const planResult = z.strictObject({ ...families, records: z.array(decision) });
export const syncResult = z.strictObject({
  ...families,
  records: z.array(decision),
  outcomes: z.array(outcome),
  withheld: z.array(withheld),
  elapsedMs: z.number(),
});
export const statusResult = z.strictObject({
  ipv4: belief.optional(),
  ipv6: belief.optional(),
  records: z.array(
    z.strictObject({
      name: z.string(),
      type: z.string(),
      provider: z.string(),
      published: z.string().nullable(),
      publishedAt: z.iso.datetime().nullable(),
    }),
  ),
});

/** What a program printed has to be one JSON document of this shape, and nothing else. */
export function parseResult<Schema extends z.ZodType>(schema: Schema, stdout: string): z.output<Schema> {
  return schema.parse(JSON.parse(stdout));
}
