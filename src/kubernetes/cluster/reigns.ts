import type { Clock } from "#core/ports.ts";
import { type Instant, milliseconds } from "#core/units.ts";
import type { SharedObject } from "#kubernetes/cluster/shared-object.ts";
import type { LeaseElector, Term } from "#kubernetes/election/lease-elector.ts";

export interface ReignsOptions {
  readonly clock: Clock;
  readonly node: string;
  readonly object: () => Pick<SharedObject, "sight" | "toldAt">;
  readonly elector: () => Pick<LeaseElector, "darkSince" | "isHolder">;
  /** A reign has begun or is lost. */
  readonly onChange: () => void;
}

export interface Reign {
  readonly term: Term;
  readonly since: Instant;
  /** To be called when all that it was about has ended. */
  readonly over: () => void;
}

/** Of a leader without witnesses. */
const REST = milliseconds(60_000);

/** The times for which a pod leads: the one of now, and what the last one left behind. */
export class Reigns {
  readonly #options: ReignsOptions;
  #now: Reign | undefined;
  /** When the reign began that was lost last. */
  #lostSince: Instant | undefined;
  #restsUntil = 0;

  constructor(options: ReignsOptions) {
    this.#options = options;
  }

  get now(): Reign | undefined {
    return this.#now;
  }

  /** Whether we lead at this very moment. */
  get isHeld(): boolean {
    return this.#now?.term.isHeld() ?? false;
  }

  /** It gave the Lease away by itself, a moment ago. */
  get isResting(): boolean {
    return this.#options.clock.now() < this.#restsUntil;
  }

  /**
   * It led, and the API server does not answer; until another leader is heard of, who holds the Lease or has told the
   * shared address since.
   */
  get isCutOff(): boolean {
    const { sight, toldAt } = this.#options.object();
    const { isHolder, darkSince } = this.#options.elector();
    const since = this.#lostSince;
    if (since === undefined || !isHolder || darkSince === undefined) return false;
    return toldAt <= since || (sight.kind === "present" && sight.shared.leader === this.#options.node);
  }

  /** Resolves when everything that a leader does has ended. */
  begin(term: Term): Promise<void> {
    const { clock, onChange } = this.#options;
    return new Promise((resolve) => {
      this.#now = { term, since: clock.now(), over: resolve };
      this.#lostSince = undefined;
      term.signal.addEventListener("abort", onChange, { once: true });
      onChange();
    });
  }

  /** The elector releases the Lease only now, when nothing of this reign goes on. */
  end({ term, since, over }: Reign, stop: AbortSignal): void {
    const isLost = term.signal.aborted;
    this.#lostSince = isLost ? since : undefined;
    if (!isLost && !stop.aborted) this.#restsUntil = this.#options.clock.now() + REST;
    this.#now = undefined;
    over();
  }

  /** One that was over before anything was done in it, e.g. while a write of the role before was on its way. */
  dropLost(): void {
    if (!this.#now?.term.signal.aborted) return;
    this.#now.over();
    this.#now = undefined;
  }
}
