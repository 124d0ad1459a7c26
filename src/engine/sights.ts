import type { Family } from "#core/address.ts";
import type { Clock } from "#core/ports.ts";
import { elapsed, type Instant, type Milliseconds } from "#core/units.ts";
import type { EngineEvent } from "#engine/events.ts";

/** When a probe first saw what may be a new address: what a person counts as its beginning. */
export class Sights {
  readonly #clock: Clock;
  readonly #first = new Map<Family, Instant>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  learn({ family, result }: Extract<EngineEvent, { kind: "probed" }>): void {
    if (result === "changed" && !this.#first.has(family)) this.#first.set(family, this.#clock.now());
    if (result === "unchanged") this.#first.delete(family);
  }

  /** How long ago; `undefined` when no probe saw anything. */
  since(family: Family): Milliseconds | undefined {
    const first = this.#first.get(family);
    return first === undefined ? undefined : elapsed(first, this.#clock.now());
  }

  forget(family: Family): void {
    this.#first.delete(family);
  }
}
