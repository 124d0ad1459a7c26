import type { Retry } from "#core/errors.ts";
import type { Random } from "#core/ports.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";

const [FIRST, LONGEST] = [5000, 600_000];
/** Of what the peer asks for. */
const [LEAST, MOST] = [1000, 3_600_000];

/**
 * How long to wait before the next attempt: what the peer asked for and up to a tenth more, else twice as long
 * each time, a fifth more or less, so that many daemons do not come back at once.
 *
 * @param failures in a row, 1 for the first
 * @returns `undefined` when the same attempt is of no use
 */
export function backOff(retry: Retry, failures: number, random: Random): Milliseconds | undefined {
  if (retry === "never") return undefined;
  if (retry === "next-round") {
    const span = Math.min(FIRST * 2 ** (failures - 1), LONGEST);
    return milliseconds(span * (0.8 + 0.4 * random.fraction()));
  }
  return milliseconds(Math.min(Math.max(retry.after, LEAST), MOST) * (1 + 0.1 * random.fraction()));
}
