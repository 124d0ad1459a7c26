import { EsddnsError } from "#core/errors.ts";
import { refreshAll, type Secret } from "#core/secret.ts";

/**
 * The same attempt, made once more when it was refused for authentication and a secret is another now: a file
 * whose content was rotated.
 */
export function withSecretRefresh<Input>(
  attempt: (input: Input, signal: AbortSignal) => Promise<void>,
  secrets: readonly Secret[],
): (input: Input, signal: AbortSignal) => Promise<void> {
  return async (input, signal) => {
    try {
      await attempt(input, signal);
    } catch (error) {
      if (!isRefusal(error) || !refreshAll(secrets)) throw error;
      await attempt(input, signal);
    }
  };
}

/** The address of some services is their secret, and an old one leads to nothing. */
function isRefusal(error: unknown): boolean {
  return error instanceof EsddnsError && (error.code === "authentication" || error.code === "not-found");
}
