import { CancelledError, ProviderError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Clock } from "#core/ports.ts";
import type { Capabilities, Provider } from "#core/provider.ts";
import { recordId } from "#core/record.ts";
import { elapsed, type Instant, type Milliseconds, milliseconds } from "#core/units.ts";
import { FEW_KEYS } from "#providers/_shared/by-zone.ts";

/** A longer pause is left to the caller's back-off, so that this provider holds up no other. */
const LONGEST_WAIT = milliseconds(5000);

/**
 * Keeps to the published limit: at most `pacing.requests` in any `pacing.per`. A short wait is waited for, as
 * long as the signal allows; a longer one ends the call with when to come back.
 */
export function withPacing(provider: Provider, clock: Clock): Provider {
  const { capabilities } = provider;
  const { batch, pacing } = capabilities;
  const budget = new Budget(pacing, clock);
  return {
    capabilities,

    async read(keys, signal) {
      // Few keys are read one by one, many by a list for each zone
      const wait = await budget.take(Math.min(keys.length, FEW_KEYS), signal);
      if (wait === undefined) return provider.read(keys, signal);
      const error = paced(pacing.source, wait);
      return new Map(keys.map((key) => [recordId(key), { kind: "unread", error }]));
    },

    async apply(changes, signal) {
      const outcomes: Outcome[] = [];
      for (const part of partsOf(changes, batch * pacing.requests)) {
        const wait = await takeUnlessBegun(budget, Math.ceil(part.length / batch), outcomes, signal);
        if (wait instanceof CancelledError) outcomes.push(...part.map(() => failed(wait)));
        else if (wait === undefined) outcomes.push(...(await provider.apply(part, signal)));
        else outcomes.push(...part.map(() => failed(paced(pacing.source, wait), wait)));
      }
      return outcomes;
    },

    check: (keys, signal) => provider.check(keys, signal),

    budget: () => budget.left(),
  };
}

/** A sliding window: when each request of the last `per` was made. */
class Budget {
  readonly #pacing: Capabilities["pacing"];
  readonly #clock: Clock;
  #made: Instant[] = [];

  constructor(pacing: Capabilities["pacing"], clock: Clock) {
    this.#pacing = pacing;
    this.#clock = clock;
  }

  /**
   * Takes room for so many requests, now or after a short wait.
   *
   * @returns `undefined` when it is taken, else how long it will be until there is room
   * @throws {CancelledError}
   */
  async take(count: number, signal: AbortSignal): Promise<Milliseconds | undefined> {
    const wanted = Math.min(count, this.#pacing.requests);
    for (;;) {
      const wait = this.#waitFor(wanted);
      if (wait > LONGEST_WAIT) return wait;
      if (wait <= 0) break;
      await this.#clock.sleep(wait, signal);
    }
    this.#made.push(...Array.from({ length: wanted }, () => this.#clock.now()));
    return undefined;
  }

  left(): number {
    const { requests, per } = this.#pacing;
    const now = this.#clock.now();
    return requests - this.#made.filter((at) => elapsed(at, now) < per).length;
  }

  #waitFor(wanted: number): Milliseconds {
    const { requests, per } = this.#pacing;
    const now = this.#clock.now();
    this.#made = this.#made.filter((at) => elapsed(at, now) < per);
    const excess = this.#made.length + wanted - requests;
    const freed = excess > 0 ? this.#made[excess - 1] : undefined;
    return milliseconds(freed === undefined ? 0 : per - elapsed(freed, now));
  }
}

/** Once something was sent, a cancellation is the outcome of the rest and no error of the whole. */
async function takeUnlessBegun(
  budget: Budget,
  count: number,
  outcomes: readonly Outcome[],
  signal: AbortSignal,
): Promise<CancelledError | Milliseconds | undefined> {
  try {
    return await budget.take(count, signal);
  } catch (error) {
    if (error instanceof CancelledError && outcomes.length > 0) return error;
    throw error;
  }
}

function paced(source: string, wait: Milliseconds): ProviderError {
  const message = `Cannot call the provider yet: its limit is reached for ${Math.ceil(wait / 1000)} s`;
  return new ProviderError(message, { code: "rate-limited", hint: source, retry: { after: wait } });
}

function failed(error: CancelledError | ProviderError, retryAfter?: Milliseconds): Outcome {
  return { kind: "failed", error, retryAfter };
}

function partsOf(changes: readonly Change[], size: number): readonly (readonly Change[])[] {
  const count = Math.ceil(changes.length / size);
  return Array.from({ length: count }, (_, index) => changes.slice(index * size, (index + 1) * size));
}
