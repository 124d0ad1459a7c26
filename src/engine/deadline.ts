import type { Clock } from "#core/ports.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";

export interface Deadline {
  /** From now. */
  readonly within: Milliseconds;
  /** How long the work may go on after the outer signal; absent: it ends with it. */
  readonly grace?: Milliseconds | undefined;
}

/** Runs work under a signal of its own that ends in time. Leaves no timer behind. */
export async function withDeadline<T>(
  clock: Clock,
  { within, grace = milliseconds(0) }: Deadline,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const inner = new AbortController();
  const timers = new AbortController();
  const endAfter = (span: Milliseconds) => {
    clock.sleep(span, timers.signal).then(
      () => inner.abort(),
      () => {},
    );
  };
  const onAbort = () => (grace > 0 ? endAfter(grace) : inner.abort());
  if (signal.aborted) inner.abort();
  signal.addEventListener("abort", onAbort);
  endAfter(within);
  try {
    return await work(inner.signal);
  } finally {
    timers.abort();
    signal.removeEventListener("abort", onAbort);
  }
}
