import type { Clock } from "#core/ports.ts";
import type { RecordId } from "#core/record.ts";
import type { Instant } from "#core/units.ts";

/** Since when each record stands as it does. */
export class Waiting {
  readonly #clock: Clock;
  readonly #since = new Map<RecordId, { readonly standing: string; readonly at: Instant }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param standing another one begins anew */
  since(record: RecordId, standing: string): Instant {
    const known = this.#since.get(record);
    if (known?.standing === standing) return known.at;
    const at = this.#clock.now();
    this.#since.set(record, { standing, at });
    return at;
  }
}
