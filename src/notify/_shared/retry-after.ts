import { type Milliseconds, milliseconds } from "#core/units.ts";

const [SHORTEST, LONGEST] = [1000, 3_600_000];
/** Of a 429 that does not say for how long. */
const UNSAID = milliseconds(60_000);

/**
 * How long to wait after a 429 or 503: Retry-After in seconds or as an HTTP date (RFC 9110 section 10.2.3), else
 * what the body said; one second at least and one hour at most.
 */
export function retryAfter(
  header: string | undefined,
  said: Milliseconds | undefined,
  now: Date,
): Milliseconds {
  const text = header?.trim() ?? "";
  const span = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime();
  const asked = Number.isFinite(span) ? span : (said ?? UNSAID);
  return milliseconds(Math.ceil(Math.min(Math.max(asked, SHORTEST), LONGEST)));
}
