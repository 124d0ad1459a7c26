import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Reading, RecordId, RecordKey, RecordType } from "#core/record.ts";
import type { Milliseconds, Seconds } from "#core/units.ts";

/** Something a provider can do, or cannot and why: the reason is shown to users and in the docs. */
export type Ability = "yes" | { readonly no: string };

/** What a provider's API is like. Configuration is checked against it before the first call. */
export interface Capabilities {
  /** What one write addresses: a single record by id, a whole record set, or a message with many sets. */
  readonly granularity: "message" | "record" | "record-set";
  readonly types: Readonly<Record<RecordType, Ability>>;
  /** `default`: what the provider uses when none is sent. No bounds: the TTL cannot be set at all. */
  readonly ttl:
    | { readonly min: Seconds; readonly max: Seconds; readonly default?: Seconds | undefined }
    | { readonly no: string };
  readonly wildcard: Ability;
  readonly apex: Ability;
  /** Several addresses in one set, and thereby `mode: merge`. */
  readonly multipleValues: Ability;
  /** Whether the API can be asked what is there; if not, the zone's own name servers are. */
  readonly read: Ability;
  /** How many changes one request carries. */
  readonly batch: number;
  /** The published limit that pacing keeps to: at most `requests` in any `per`. */
  readonly pacing: { readonly requests: number; readonly per: Milliseconds; readonly source: string };
}

/** A configured account at a DNS provider. */
export interface Provider {
  readonly capabilities: Capabilities;
  /**
   * What is there now, one reading for each key, at the API and never through the system's resolver.
   * A key that could not be read yields `unread`; only a bug or a cancellation throws.
   */
  read(keys: readonly RecordKey[], signal: AbortSignal): Promise<ReadonlyMap<RecordId, Reading>>;
  /**
   * Makes the changes, grouped as the API can; one outcome for each, in the same order.
   * What is not ours (TTL when not set, flags, comments, values of others) stays.
   * Only a bug or a cancellation before anything was sent throws.
   */
  apply(changes: readonly Change[], signal: AbortSignal): Promise<readonly Outcome[]>;
  /**
   * Proves reachability and rights with reads alone, for `esddns doctor`.
   *
   * @returns plain sentences on what works
   * @throws {ProviderError | TransportError} with a hint when it does not
   */
  check(keys: readonly RecordKey[], signal: AbortSignal): Promise<readonly string[]>;
  /** How many requests the published limit leaves now; absent: nobody counts. */
  budget?(): number;
}

/** The same provider but for what is given. */
export function wrapProvider(provider: Provider, given: Partial<Provider>): Provider {
  return {
    capabilities: provider.capabilities,
    read: (keys, signal) => provider.read(keys, signal),
    apply: (changes, signal) => provider.apply(changes, signal),
    check: (keys, signal) => provider.check(keys, signal),
    // Absent means that nobody counts
    ...(provider.budget && { budget: () => provider.budget?.() ?? 0 }),
    ...given,
  };
}
