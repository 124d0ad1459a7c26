import type { Family } from "#core/address.ts";
import type { ProviderName, RecordId } from "#core/record.ts";
import type { StoredHappening } from "#core/store.ts";

/**
 * What is worth telling a person: the list "Lately", notifications, and the plots' marks come from these. A state
 * that lasts happens once, when it begins.
 */
export const HAPPENING_KINDS = [
  /** The public address is another one, or known for the first time. */
  "address-changed",
  /** No usable answer; records stay as they are. */
  "address-lost",
  /** The witnesses disagree; records stay as they are. */
  "address-disputed",
  /** Known again after `address-lost` or `address-disputed`, with the same address. */
  "address-settled",
  "record-changed",
  "record-failed",
  /** Right again after `record-failed`. */
  "record-recovered",
  "credentials-refused",
  /** Within days, or since days. */
  "token-expiring",
  "witness-differs",
  "witness-quarantined",
  "witness-released",
] as const;

export type HappeningKind = (typeof HAPPENING_KINDS)[number];

/** One line of what happened. Words are complete, redacted sentences without a final period. */
export interface Happening {
  readonly kind: HappeningKind;
  readonly at: Date;
  /** What it is about, whichever apply. */
  readonly family?: Family | undefined;
  readonly record?: RecordId | undefined;
  readonly provider?: ProviderName | undefined;
  readonly witness?: string | undefined;
  /** E.g. `home.example.org A is now 203.0.113.77`. */
  readonly title: string;
  /** Why, by whom, how long it took, or what to do. */
  readonly detail?: string | undefined;
}

const KINDS: ReadonlySet<string> = new Set(HAPPENING_KINDS);

/** An older or newer esddns may have written others. */
export function isHappening(stored: StoredHappening): stored is Happening {
  return KINDS.has(stored.kind);
}
