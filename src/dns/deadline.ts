import { CancelledError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import type { Milliseconds } from "#core/units.ts";

/**
 * Ends work when its time is up. The work gets a signal that also ends it when the caller's does; no timer is
 * left when the promise settles.
 *
 * @param late what to throw when the time was up
 */
export async function withDeadline<T>(
  clock: Clock,
  span: Milliseconds,
  signal: AbortSignal,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal.aborted) throw new CancelledError();
  const ended = new AbortController();
  const inner = AbortSignal.any([signal, ended.signal]);
  let isLate = false;
  const timer = clock.sleep(span, inner).then(
    () => {
      isLate = true;
      ended.abort();
    },
    () => {},
  );
  try {
    return await work(inner);
  } catch (error) {
    throw isLate && !signal.aborted && error instanceof CancelledError ? late() : error;
  } finally {
    ended.abort();
    await timer;
  }
}
