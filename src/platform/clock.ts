import { CancelledError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import { type Instant, instant, type Milliseconds } from "#core/units.ts";

/** Longer timers fire at once: Node keeps spans in 32 bits. */
const MAX_TIMER = 2 ** 31 - 1;

/** The clocks of this host. A sleep holds the process while it lasts, and not longer. */
export function createClock(): Clock {
  return { now, date: () => new Date(), sleep };
}

function now(): Instant {
  return instant(performance.now());
}

async function sleep(span: Milliseconds, signal: AbortSignal): Promise<void> {
  const end = now() + span;
  do await sleepOnce(Math.min(Math.max(0, end - now()), MAX_TIMER), signal);
  while (now() < end);
}

function sleepOnce(span: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = () => {
      clearTimeout(timer);
      reject(new CancelledError());
    };
    if (signal.aborted) return reject(new CancelledError());
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", cancel);
      resolve();
    }, Math.ceil(span));
    signal.addEventListener("abort", cancel, { once: true });
  });
}
