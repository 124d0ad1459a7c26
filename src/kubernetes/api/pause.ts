import { CancelledError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import type { Milliseconds } from "#core/units.ts";

/** A sleep that a signal may cut short: for loops that look at their signal anyway. */
export async function pause(clock: Clock, span: Milliseconds, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(span, signal);
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
  }
}
