import type { Reading, RecordKey, RecordSet } from "#core/record.ts";
import type { Milliseconds } from "#core/units.ts";

/** Whether every authoritative server of the zone answers with the record. `took`: since the question began. */
export type Verification =
  | { readonly kind: "converged"; readonly servers: readonly string[]; readonly took: Milliseconds }
  /** The deadline came first; `wrong` still answer with something else, or not at all. */
  | {
      readonly kind: "incomplete";
      readonly right: readonly string[];
      readonly wrong: readonly string[];
      readonly took: Milliseconds;
    }
  /** The zone's servers could not be found. */
  | { readonly kind: "unverifiable"; readonly why: string };

/** The zone's own name servers, asked directly: no cache and no split horizon in between. */
export interface Authority {
  /** What the first server that answers has. `unread` when none does; throws only when cancelled. */
  read(key: RecordKey, signal: AbortSignal): Promise<Reading>;
  /**
   * Asks every server until all have exactly these values, or the deadline. TTLs are not compared.
   * Throws only when cancelled.
   */
  verify(expected: RecordSet, deadline: Milliseconds, signal: AbortSignal): Promise<Verification>;
}
