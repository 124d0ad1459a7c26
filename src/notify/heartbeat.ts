import type { Instant, Milliseconds } from "#core/units.ts";
import type { Heartbeat } from "#notify/definition.ts";
import type { State } from "#state/state.ts";

/** Rounds come a little sooner or later than their interval, and each of them is meant to count. */
const EARLY = 0.9;

/**
 * Whether all is well after a round.
 *
 *   the records                               | sign of life
 *   ------------------------------------------+-----------------------------------------------------
 *   some have failed                          | not well
 *   all are in sync                           | well
 *   otherwise: withheld, pending, kept as     | none: nothing is known to be wrong, and nobody should
 *   they are because the address is not known | be told that all is right; silence is the message
 */
export function heartbeatOf({ records }: Pick<State, "records">): Heartbeat | undefined {
  const failed = records.flatMap(({ record, condition }) =>
    condition.kind === "failed" ? [`${record.name} ${record.type}: ${condition.words}`] : [],
  );
  if (failed.length > 0) return { isWell: false, words: failed.join("; ") };
  if (records.length === 0 || !records.every(({ condition }) => condition.kind === "in-sync"))
    return undefined;
  return { isWell: true, words: `${records.length} ${records.length === 1 ? "record" : "records"} in sync` };
}

/** Lets through what is new, or what has not been said for a while. */
export class Rhythm {
  readonly #every: Milliseconds;
  #last: { readonly at: Instant; readonly isWell: boolean } | undefined;

  constructor(every: Milliseconds) {
    this.#every = every;
  }

  /** Whether to send it now; asked once for each. */
  admits({ isWell }: Heartbeat, now: Instant): boolean {
    const last = this.#last;
    if (last && last.isWell === isWell && now - last.at < this.#every * EARLY) return false;
    this.#last = { at: now, isWell };
    return true;
  }
}
