import { z } from "zod";
import { DURATION, parseDuration } from "#core/duration.ts";

/**
 * A span of time as {@link parseDuration} reads it. Give a default with `.prefault("3s")`.
 *
 * @param limits both inclusive, in the same form
 */
export function durationSchema(limits: { readonly min: string; readonly max: string }) {
  const [min, max] = [parseDuration(limits.min) ?? 0, parseDuration(limits.max) ?? Infinity];
  return z
    .string()
    .regex(DURATION, { error: "expected a duration such as 500ms, 3s or 1m30s", abort: true })
    .transform((text) => parseDuration(text) ?? z.NEVER)
    .refine((span) => span >= min && span <= max, {
      error: `expected between ${limits.min} and ${limits.max}`,
    });
}
