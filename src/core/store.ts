import type { Address, Family } from "#core/address.ts";
import type { Change } from "#core/plan.ts";
import type { Outcome } from "#core/outcome.ts";
import type { RecordId } from "#core/record.ts";
import type { Milliseconds } from "#core/units.ts";

/** What was last confirmed to be published in one record. */
export interface Published {
  readonly record: RecordId;
  readonly address: Address;
  readonly ttl?: number | undefined;
  readonly at: Date;
}

/** What was last believed of one family. `since`: when this address was first known. */
export interface Belief {
  readonly family: Family;
  readonly kind: "disputed" | "known" | "unavailable";
  /** Of the last known verdict; absent when there never was one. */
  readonly address?: Address | undefined;
  readonly since?: Date | undefined;
  readonly lastRound: Date;
  readonly for: readonly string[];
  readonly against: readonly string[];
}

/** One line of the history. */
export interface HistoryEntry {
  readonly at: Date;
  readonly record: RecordId;
  readonly provider: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly reason: Change["reason"];
  readonly outcome: Outcome["kind"];
  /** The provider's words or the error's message, redacted. */
  readonly words?: string | undefined;
  /** From the first observation of the round to the outcome. */
  readonly took: Milliseconds;
  /** From the outcome to the last authoritative server having it; absent when not verified. */
  readonly converged?: Milliseconds | undefined;
}

/**
 * What survives a restart. Writing never fails the caller: what cannot be written is logged once and kept in
 * memory, because a full disk must not stop a DNS update.
 */
export interface Store {
  published(): ReadonlyMap<RecordId, Published>;
  setPublished(published: Published): void;
  /** Forgets it, e.g. when a record left the configuration. */
  clearPublished(record: RecordId): void;
  beliefs(): ReadonlyMap<Family, Belief>;
  setBelief(belief: Belief): void;
  /** Newest first. */
  history(limit: number): readonly HistoryEntry[];
  addHistory(entry: HistoryEntry): void;
  setConverged(record: RecordId, at: Date, converged: Milliseconds): void;
  close(): void;
}
