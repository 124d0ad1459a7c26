import { EsddnsError } from "#core/errors.ts";
import type { Milliseconds } from "#core/units.ts";
import { describeSpan } from "#report/span.ts";

/** What was asked for takes too long to wait for; it may go on all the same. */
export class DeadlineError extends EsddnsError {}

/**
 * Waits no longer than that.
 *
 * @param aim e.g. `make a plan`
 * @throws {DeadlineError} (rejects)
 */
export async function withDeadline<Value>(
  work: Promise<Value>,
  deadline: Milliseconds,
  aim: string,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `Cannot ${aim} within ${describeSpan(deadline)}: it is still under way`;
    timer = setTimeout(() => reject(new DeadlineError(message, { code: "deadline" })), deadline);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // Nobody waits for it any more; its end must not be taken for a bug
    work.catch(() => {});
  }
}
