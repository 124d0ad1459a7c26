import { type Milliseconds, milliseconds } from "#core/units.ts";

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
] as const;

/** What {@link parseDuration} reads; the length keeps the number finite. */
export const DURATION =
  /^(?=.{2,64}$)(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/;

/**
 * A span of time as people write it: `250ms`, `2.5s`, `5m`, `1h30m`. Units from the largest to the smallest,
 * each once, no spaces; a number without a unit is no duration.
 */
export function parseDuration(text: string): Milliseconds | undefined {
  const match = DURATION.exec(text);
  if (!match) return undefined;
  const total = UNITS.reduce((sum, [, factor], index) => sum + Number(match[index + 1] ?? 0) * factor, 0);
  return milliseconds(Math.round(total));
}

/** The shortest text that {@link parseDuration} reads back to the same span. */
export function formatDuration(span: Milliseconds): string {
  let rest: number = span;
  const parts = UNITS.map(([unit, factor]) => {
    const count = Math.floor(rest / factor);
    rest -= count * factor;
    return count > 0 ? `${count}${unit}` : "";
  });
  return parts.join("") || "0s";
}
