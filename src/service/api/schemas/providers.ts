import { z } from "zod";
import { at, components, list, maybeAt, span } from "#service/api/schemas/common.ts";

export const operation = z.enum(["apply", "read"]);
export const callResult = z.enum(["failed", "ok", "refused", "unconfirmed"]);

export const provider = z
  .strictObject({
    name: z.string().meta({ description: "In the configuration" }),
    type: z.string(),
    title: z.string(),
    calls: list(z.strictObject({ operation, result: callResult, count: z.number().int() })),
    lastSuccess: maybeAt,
    trouble: z
      .strictObject({ at, operation, message: z.string(), hint: z.string().optional() })
      .nullable()
      .meta({ description: "What went wrong last, until the same operation went right" }),
    pausedUntil: maybeAt,
    limit: z
      .strictObject({ requests: z.number(), perMs: span, source: z.string() })
      .meta({ description: "The published limit, and whose word that is" }),
    budget: z
      .number()
      .nullable()
      .meta({ description: "How many requests the limit leaves now; null: nobody counts" }),
  })
  .register(components, { id: "Provider", description: "A configured account at a DNS service" });

export const providers = z
  .strictObject({ providers: list(provider) })
  .register(components, { id: "Providers" });
