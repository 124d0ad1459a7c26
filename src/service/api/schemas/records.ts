import { z } from "zod";
import {
  address,
  at,
  changeReason,
  components,
  list,
  maybeAt,
  recordKey,
  span,
} from "#service/api/schemas/common.ts";

const ttl = z.number().int().meta({ description: "In seconds" });

export const condition = z
  .strictObject({
    kind: z.enum(["unknown", "in-sync", "pending", "withheld", "kept", "failed"]),
    reason: changeReason.optional(),
    message: z.string().optional().meta({ description: "Why; of a failure in the provider's own words" }),
    hint: z.string().optional().meta({ description: "What to do about it" }),
    until: at.optional(),
  })
  .register(components, { id: "Condition", description: "How a record stands" });

export const verification = z
  .strictObject({
    kind: z.enum(["converged", "incomplete", "unverifiable"]),
    servers: list(z.string()).optional().meta({ description: "Name servers that have it" }),
    right: list(z.string()).optional(),
    wrong: list(z.string()).optional(),
    message: z.string().optional(),
    tookMs: span.optional(),
  })
  .register(components, {
    id: "Verification",
    description: "Whether every authoritative server of the zone answers with the record",
  });

export const record = z
  .strictObject({
    ...recordKey,
    mode: z.enum(["merge", "replace"]),
    ttl: ttl.nullable().meta({ description: "As wished; null: whatever is there" }),
    condition,
    since: maybeAt.meta({ description: "Since when it stands so" }),
    published: z
      .strictObject({ values: list(address), ttl: ttl.optional(), proxied: z.boolean().optional() })
      .nullable()
      .meta({ description: "What is there, as far as it was read or written" }),
    changed: z
      .strictObject({
        at,
        reason: changeReason,
        sinceStartMs: span.meta({ description: "From the start of the round to the provider's answer" }),
        convergedMs: span.nullable().meta({ description: "From then to the last name server having it" }),
      })
      .nullable()
      .meta({ description: "The last change that this process wrote" }),
    verification: verification.nullable(),
  })
  .register(components, { id: "Record", description: "A configured record and how it stands" });

export const records = z.strictObject({ records: list(record) }).register(components, { id: "Records" });

const recordSet = z
  .strictObject({ values: list(address), ttl: ttl.optional() })
  .register(components, { id: "RecordSet" });

export const decision = z
  .strictObject({
    ...recordKey,
    decision: z.enum(["change", "in-sync", "keep"]),
    reason: z.string().optional(),
    message: z.string().optional(),
    before: recordSet.nullable().optional().meta({ description: "null: there is no such record set" }),
    after: recordSet.optional(),
  })
  .register(components, { id: "Decision", description: "What a round would do with one record" });

export const plan = z
  .strictObject({
    digest: z.string().meta({ description: "Names the changes: `POST /api/v1/plan/apply` takes it" }),
    changes: z.number().int().meta({ description: "How many records would be written" }),
    records: list(decision),
  })
  .register(components, { id: "Plan", description: "What a round would do now" });

export const planApplication = z
  .strictObject({
    plan: z.string().min(1).max(100).meta({ description: "The digest of the plan that was seen" }),
  })
  .register(components, { id: "PlanApplication" });

export const outcome = z
  .strictObject({
    kind: z.enum(["applied", "failed", "refused", "unchanged", "unconfirmed"]),
    cause: z.string().optional(),
    message: z.string().optional(),
    hint: z.string().optional(),
  })
  .register(components, { id: "Outcome", description: "What became of one change at its provider" });
