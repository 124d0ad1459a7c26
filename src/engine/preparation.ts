import type { Family } from "#core/address.ts";
import type { Clock } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import type { Source } from "#core/witness.ts";

export interface PreparationContext {
  readonly sources: readonly Source[];
  readonly families: readonly Family[];
  readonly clock: Clock;
  readonly onBug: (error: unknown) => void;
}

/** The first round waits that long for names and lists; then it goes on with what there is. */
const PATIENCE = milliseconds(2000);
const AGAIN = milliseconds(60_000);

/** Keeps names resolved and lists fresh, outside of rounds. */
export class Preparation {
  readonly #context: PreparationContext;
  #first: Promise<void> | undefined;

  constructor(context: PreparationContext) {
    this.#context = context;
  }

  /** Resolves when everything was prepared once, or has had its time. Never rejects. */
  async ready(signal: AbortSignal): Promise<void> {
    this.#first ??= this.#prepare(signal);
    const patience = new AbortController();
    const timeUp = this.#context.clock.sleep(PATIENCE, patience.signal).catch(() => {});
    await Promise.race([this.#first, timeUp]);
    patience.abort();
    await timeUp;
  }

  /** @throws {CancelledError} (rejects) when the signal ends it */
  async keep(signal: AbortSignal): Promise<never> {
    for (;;) {
      await this.#context.clock.sleep(AGAIN, signal);
      await this.#prepare(signal);
    }
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    const { sources, families, onBug } = this.#context;
    await Promise.all(
      sources.map(async (source) => {
        try {
          await source.prepare?.(families, signal);
        } catch (error) {
          if (!signal.aborted) onBug(error);
        }
      }),
    );
  }
}
