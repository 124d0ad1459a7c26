import type { Address, Family } from "#core/address.ts";
import type { Change } from "#core/plan.ts";
import type { Outcome } from "#core/outcome.ts";
import type { RecordId } from "#core/record.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";

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
  /** Who decided it. */
  readonly operators?: readonly string[] | undefined;
  /** From when a probe first saw the new address to the outcome; absent: the round found it itself. */
  readonly sight?: Milliseconds | undefined;
}

/** How a family's address stood for a while. The latest has no end. */
export interface Episode {
  readonly family: Family;
  /** `unwatched`: no daemon was running. */
  readonly kind: Belief["kind"] | "unwatched";
  /** Of `known` alone. */
  readonly address?: Address | undefined;
  readonly from: Date;
  readonly until?: Date | undefined;
}

/** What became of the questions to one witness within a span of {@link MEASURE_SPAN}. */
export interface Measure {
  /** Where the span begins. */
  readonly at: Date;
  readonly family: Family;
  /** Its id. */
  readonly witness: string;
  readonly operator: string;
  /** Those that had their time. */
  readonly asked: number;
  readonly answered: number;
  /** Of the answered, next to a known verdict. */
  readonly agreed: number;
  readonly differed: number;
  /** Absent: nothing was answered. */
  readonly roundTrip?:
    | { readonly mean: Milliseconds; readonly min: Milliseconds; readonly max: Milliseconds }
    | undefined;
}

export const MEASURE_SPAN = milliseconds(15 * 60_000);

/** A page of the history, newest first. Every filter narrows. */
export interface HistoryQuery {
  readonly limit: number;
  /** Those older than this one: the `id` of the last line of the page before. */
  readonly before?: number | undefined;
  readonly record?: RecordId | undefined;
  readonly since?: Date | undefined;
  /** Exclusive. */
  readonly until?: Date | undefined;
}

/** What is worth telling a person, as `state/happening.ts` has it; `kind` is one of its kinds. */
export interface StoredHappening {
  readonly kind: string;
  readonly at: Date;
  readonly family?: Family | undefined;
  readonly record?: RecordId | undefined;
  readonly provider?: string | undefined;
  readonly witness?: string | undefined;
  readonly title: string;
  readonly detail?: string | undefined;
}

/**
 * What survives a restart. Writing never fails the caller: what cannot be written is logged once and kept in
 * memory, because a full disk must not stop a DNS update.
 */
export interface Store {
  published(): ReadonlyMap<RecordId, Published>;
  publishedIn(record: RecordId): Published | undefined;
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

/**
 * A store that also remembers for people: how the address stood, what happened, how the witnesses did. Writing
 * never fails the caller here either.
 */
export interface Archive extends Store {
  /** A page of {@link Store.history}; `id` grows with time and never comes twice. */
  historyPage(query: HistoryQuery): readonly (HistoryEntry & { readonly id: number })[];
  /** Ends the family's latest episode where this one begins, whatever is said of `until`. */
  beginEpisode(episode: Episode): void;
  /** Those that reach into the time since then, oldest first. */
  episodes(family: Family, since: Date): readonly Episode[];
  /** Parts of one measure (same family, span and witness) add up. */
  addMeasures(measures: readonly Measure[]): void;
  /** Oldest first. */
  measures(family: Family, since: Date): readonly Measure[];
  addHappening(happening: StoredHappening): void;
  /** Newest first. */
  happenings(limit: number): readonly StoredHappening[];
  /** What it takes on the disk; `undefined` for one in memory. */
  size(): number | undefined;
}
