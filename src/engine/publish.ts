import { CancelledError, ProviderError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Clock } from "#core/ports.ts";
import type { Provider } from "#core/provider.ts";
import type { ProviderName } from "#core/record.ts";
import { elapsed, type Milliseconds, milliseconds } from "#core/units.ts";
import { withDeadline } from "#engine/deadline.ts";
import type { EngineEvent } from "#engine/events.ts";

export interface PublishContext {
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly clock: Clock;
  readonly onBug: (error: unknown) => void;
  readonly onCalled: OnCalled;
}

/** Called for each change as soon as its provider's call is over. */
export type OnOutcome = (change: Change, outcome: Outcome, took: Milliseconds) => void;

/** Called when a provider's call is over. */
export type OnCalled = (
  call: Pick<
    Extract<EngineEvent, { kind: "called" }>,
    "error" | "operation" | "provider" | "result" | "took"
  >,
) => void;

/** Of a call that writes. */
export const WRITE_DEADLINE = milliseconds(30_000);
/** A write in flight at the end may finish. */
const GRACE = milliseconds(10_000);

/** Makes the changes: providers side by side, one call at a time at each. */
export class Publisher {
  readonly #context: PublishContext;
  readonly #lanes = new Map<ProviderName, Promise<void>>();

  constructor(context: PublishContext) {
    this.#context = context;
  }

  /** Rejects with a bug of `onOutcome` alone; resolves when every provider's call is over. Changes not begun when the signal ends are dropped. */
  async publish(changes: readonly Change[], onOutcome: OnOutcome, signal: AbortSignal): Promise<void> {
    const groups = Map.groupBy(changes, ({ record }) => record.provider);
    const lanes = [...groups].map(([name, group]) => {
      const before = this.#lanes.get(name) ?? Promise.resolve();
      const lane = before.then(() => this.#applyAt(name, group, onOutcome, signal));
      this.#lanes.set(
        name,
        lane.catch(() => {}),
      );
      return lane;
    });
    await Promise.all(lanes);
  }

  async #applyAt(
    name: ProviderName,
    changes: readonly Change[],
    onOutcome: OnOutcome,
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return;
    const { clock } = this.#context;
    const startedAt = clock.now();
    const outcomes = await this.#outcomesAt(name, changes, signal);
    const took = elapsed(startedAt, clock.now());
    if (outcomes.length > 0)
      this.#context.onCalled({ provider: name, operation: "apply", took, ...resultOf(outcomes) });
    for (const [index, change] of changes.entries()) {
      const outcome = outcomes[index];
      if (outcome) onOutcome(change, outcome, took);
    }
  }

  async #outcomesAt(
    name: ProviderName,
    changes: readonly Change[],
    signal: AbortSignal,
  ): Promise<readonly Outcome[]> {
    try {
      const provider = this.#context.providers.get(name);
      if (!provider) throw new TypeError(`there is no provider "${name}"`);
      const outcomes = await withDeadline(
        this.#context.clock,
        { within: WRITE_DEADLINE, grace: GRACE },
        signal,
        (inner) => provider.apply(changes, inner),
      );
      if (outcomes.length === changes.length) return outcomes;
      throw new TypeError(`"${name}" gave ${outcomes.length} outcomes for ${changes.length} changes`);
    } catch (error) {
      // Nothing was sent: as if it had never been planned
      if (error instanceof CancelledError) return [];
      // A bug says nothing about what was sent before it: read again before the next write
      this.#context.onBug(error);
      return changes.map(() => ({ kind: "unconfirmed", error }));
    }
  }
}

/** The worst of them stands for the call. */
function resultOf(outcomes: readonly Outcome[]): Pick<Parameters<OnCalled>[0], "error" | "result"> {
  for (const kind of ["refused", "failed", "unconfirmed"] as const) {
    const outcome = outcomes.find((one) => one.kind === kind);
    if (outcome?.kind === "refused") {
      const { words, hint, cause } = outcome;
      return { result: kind, error: new ProviderError(words, { code: cause, hint, retry: "never" }) };
    }
    if (outcome && "error" in outcome) return { result: kind, error: outcome.error };
  }
  return { result: "ok" };
}
