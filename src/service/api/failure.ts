import { CancelledError, describeError } from "#core/errors.ts";
import { DeadlineError } from "#service/deadline.ts";
import type { Answer } from "#service/http/route.ts";

/** What came of work that can take too long, or that the daemon's end cuts short. Bugs are thrown on. */
export async function orProblem<Reply>(
  work: () => Promise<Reply>,
): Promise<Reply | (Answer & { readonly kind: "problem" })> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DeadlineError) {
      const title = "It takes too long to wait for";
      return { kind: "problem", status: 504, type: "too-slow", title, detail: describeError(error) };
    }
    if (error instanceof CancelledError) {
      const title = "esddns is ending";
      return { kind: "problem", status: 503, type: "ending", title };
    }
    throw error;
  }
}
