import { z } from "zod";
import { type Milliseconds, milliseconds } from "#core/units.ts";

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
const FACTORS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/**
 * A span of time as people write it in the configuration: `500ms`, `2.5s`, `5m`, `1h`. A bare number has no
 * unit and is refused. Give a default with `.prefault("3s")`.
 *
 * @param limits both inclusive, in the same form
 */
export function durationSchema(limits: { readonly min: string; readonly max: string }) {
  const [min, max] = [parseDuration(limits.min), parseDuration(limits.max)];
  return z
    .string()
    .regex(DURATION, { error: "expected a number with a unit, such as 500ms, 3s, 5m or 1h", abort: true })
    .transform(parseDuration)
    .refine((span) => span >= min && span <= max, {
      error: `expected between ${limits.min} and ${limits.max}`,
    });
}

function parseDuration(text: string): Milliseconds {
  const [, amount = "", unit = ""] = DURATION.exec(text) ?? [];
  return milliseconds(Number(amount) * (FACTORS.get(unit) ?? Number.NaN));
}
