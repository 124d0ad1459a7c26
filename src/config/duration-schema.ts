import { z } from "zod";
import { parseDuration } from "#core/duration.ts";
import type { Milliseconds } from "#core/units.ts";
import { withHint } from "#config/explain.ts";

/** A span of time with its unit, within limits. */
export function duration(limits: { readonly min: string; readonly max: string }) {
  const [min, max] = [parseDuration(limits.min) ?? 0, parseDuration(limits.max) ?? Infinity];
  return z
    .string({
      error: ({ input }) =>
        typeof input === "number"
          ? withHint(
              "it is a number without a unit, expected a duration such as 5m",
              `did you mean \`${input}s\`?`,
            )
          : undefined,
    })
    .transform((text, context): Milliseconds => {
      const span = parseDuration(text);
      if (span !== undefined && span >= min && span <= max) return span;
      const expected =
        span === undefined ? "a duration such as 250ms, 5m or 1h30m" : `${limits.min} to ${limits.max}`;
      context.addIssue({ code: "custom", message: `it is "${text}", expected ${expected}` });
      return z.NEVER;
    });
}
