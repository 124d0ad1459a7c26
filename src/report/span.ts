const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A span of time in words, with one or two figures of meaning: `96 ms`, `3.1 s`, `41 s`, `12 min`, `9 days`.
 * One between two dates is negative where the clock was set back in between, which nobody wants to read.
 */
export function describeSpan(span: number): string {
  const milliseconds = Math.max(0, span);
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (milliseconds < 2 * MINUTE) return `${Math.round(milliseconds / 1000)} s`;
  if (milliseconds < 2 * HOUR) return `${Math.round(milliseconds / MINUTE)} min`;
  if (milliseconds < 2 * DAY) return `${Math.round(milliseconds / HOUR)} hours`;
  return `${Math.round(milliseconds / DAY)} days`;
}
