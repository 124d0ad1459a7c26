import type { z } from "zod";
import type { provider as providerSchema } from "#service/api/schemas/providers.ts";
import type { ProviderState } from "#state/state.ts";

export function reportProvider(state: ProviderState): z.output<typeof providerSchema> {
  const { name, type, title, calls, lastSuccess, trouble, pausedUntil, limit, budget } = state;
  return {
    name,
    type,
    title,
    calls,
    lastSuccess: lastSuccess?.toISOString() ?? null,
    trouble: trouble
      ? {
          at: trouble.at.toISOString(),
          operation: trouble.operation,
          message: trouble.words,
          ...(trouble.hint !== undefined && { hint: trouble.hint }),
        }
      : null,
    pausedUntil: pausedUntil?.toISOString() ?? null,
    limit: { requests: limit.requests, perMs: limit.per, source: limit.source },
    budget: budget ?? null,
  };
}
