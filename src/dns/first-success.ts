import { CancelledError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import type { Milliseconds } from "#core/units.ts";

/**
 * Tries one after the other: the next when those before failed, or when they take longer than `stagger`. The first
 * success wins and ends the others.
 *
 * @throws the failure of the first attempt, when all failed
 */
export async function firstSuccess<T>(
  attempts: readonly ((signal: AbortSignal) => Promise<T>)[],
  stagger: Milliseconds,
  clock: Clock,
  signal: AbortSignal,
): Promise<T> {
  const ended = new AbortController();
  const inner = AbortSignal.any([signal, ended.signal]);
  const running: Promise<T>[] = [];
  try {
    for (const attempt of attempts) {
      running.push(attempt(inner));
      const winner = await Promise.race([successOf(running), pause(clock, stagger, inner)]);
      if (winner) return winner.value;
      if (signal.aborted) throw new CancelledError();
    }
    return await Promise.any(running);
  } catch (error) {
    throw error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  } finally {
    ended.abort();
    await Promise.allSettled(running);
  }
}

/** The first success; `undefined` when all have failed. */
async function successOf<T>(running: readonly Promise<T>[]): Promise<{ readonly value: T } | undefined> {
  try {
    return { value: await Promise.any(running) };
  } catch {
    return undefined;
  }
}

async function pause(clock: Clock, span: Milliseconds, signal: AbortSignal): Promise<undefined> {
  await clock.sleep(span, signal).catch(() => {});
  return undefined;
}
