import { CancelledError, ProviderError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import { type Provider, wrapProvider } from "#core/provider.ts";
import { recordId } from "#core/record.ts";
import { refreshAll, type Secret } from "#core/secret.ts";

/**
 * When a call is refused for authentication the secrets are read again, and if one is another now (a rotated
 * file) what was refused is tried once more.
 */
export function withSecretRefresh(provider: Provider, secrets: readonly Secret[]): Provider {
  return wrapProvider(provider, {
    async read(keys, signal) {
      const readings = await provider.read(keys, signal);
      const refused = keys.filter((key) => {
        const reading = readings.get(recordId(key));
        return reading?.kind === "unread" && isRefusal(reading.error);
      });
      if (refused.length === 0 || !refreshAll(secrets)) return readings;
      return new Map([...readings, ...(await provider.read(refused, signal))]);
    },

    async apply(changes, signal) {
      const outcomes = await provider.apply(changes, signal);
      const refused = changes.filter((_, index) => isRefusedOutcome(outcomes[index]));
      if (refused.length === 0 || !refreshAll(secrets)) return outcomes;
      const again = (await applyAgain(provider, refused, signal)).values();
      return outcomes.map((outcome) =>
        isRefusedOutcome(outcome) ? (again.next().value ?? outcome) : outcome,
      );
    },

    async check(keys, signal) {
      try {
        return await provider.check(keys, signal);
      } catch (error) {
        if (isRefusal(error) && refreshAll(secrets)) return provider.check(keys, signal);
        throw error;
      }
    },
  });
}

/** Something was sent already, so that a cancellation cannot be thrown any more. */
async function applyAgain(
  provider: Provider,
  ...[changes, signal]: Parameters<Provider["apply"]>
): Promise<readonly Outcome[]> {
  try {
    return await provider.apply(changes, signal);
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
    return changes.map(() => ({ kind: "failed", error }));
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof ProviderError && error.code === "authentication";
}

function isRefusedOutcome(outcome: Outcome | undefined): boolean {
  return outcome?.kind === "refused" && outcome.cause === "authentication";
}
