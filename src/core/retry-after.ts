import { type Milliseconds, milliseconds } from "#core/units.ts";

/** Longer pauses are asked for (deSEC: hours); a wait of an hour is retried, and refused again if need be. */
const LONGEST = milliseconds(3_600_000);
const SHORTEST = milliseconds(1000);

/**
 * How long a Retry-After header asks to wait: seconds, with a fraction as some services send them, or an HTTP date
 * (RFC 9110 section 10.2.3); one second at least and one hour at most, `undefined` when it cannot be read.
 */
export function parseRetryAfter(header: string | undefined, now: Date): Milliseconds | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  // An HTTP date begins with the day; Date.parse alone would also read "-5"
  const date = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  const span = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : date - now.getTime();
  if (Number.isNaN(span)) return undefined;
  return milliseconds(Math.ceil(Math.min(Math.max(span, SHORTEST), LONGEST)));
}
