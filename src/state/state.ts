import type { Address, Family } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import type { ChangeReason } from "#core/plan.ts";
import type { DesiredRecord, ProviderName, RecordSet } from "#core/record.ts";
import type { Milliseconds } from "#core/units.ts";
import type { Verification } from "#core/verification.ts";
import type { Witness } from "#core/witness.ts";
import type { Trigger } from "#engine/events.ts";
import type { Happening } from "#state/happening.ts";

/**
 * What the engine's events amount to, at one moment: everything that a page, the API or a metric shows of now.
 * Immutable; the next one comes from {@link nextState}.
 */
export interface State {
  /** Of this process. */
  readonly startedAt: Date;
  /** One for each family that a record asks for, IPv4 first. */
  readonly families: readonly FamilyState[];
  /** Every witness that was asked or offered, by family, operator and id. */
  readonly witnesses: readonly WitnessState[];
  /** One for each configured record, in the configuration's order. */
  readonly records: readonly RecordState[];
  /** One for each configured account. */
  readonly providers: readonly ProviderState[];
  /** Under way. */
  readonly round: RoundState | undefined;
  readonly lastRound: (RoundState & { readonly endedAt: Date; readonly took: Milliseconds }) | undefined;
  /** When the engine did something last: as long ago as it is, also where the wall clock was set since. */
  readonly signOfLife: Date;
  /** When the next of each is due, likewise. */
  readonly next: { readonly round?: Date | undefined; readonly probe?: Date | undefined };
  /** Newest first, bounded. */
  readonly lately: readonly Happening[];
}

export interface RoundState {
  readonly number: number;
  readonly trigger: Trigger;
  readonly startedAt: Date;
  readonly families: readonly Family[];
}

export interface FamilyState {
  readonly family: Family;
  /** Of the latest round; absent: none yet in this process. */
  readonly decided:
    | {
        readonly verdict: Verdict;
        readonly at: Date;
        readonly took: Milliseconds;
        readonly notes: readonly string[];
      }
    | undefined;
  /** Last known, perhaps by an earlier process. */
  readonly address: Address | undefined;
  /** Since when it is this one. */
  readonly since: Date | undefined;
  /** When a round or a probe said last that it still is. */
  readonly confirmedAt: Date | undefined;
  /** Since when the address is not known, or in dispute; perhaps since an earlier process. */
  readonly trouble: { readonly kind: "disputed" | "unavailable"; readonly since: Date } | undefined;
  /** The latest probe. */
  readonly probe:
    | {
        readonly at: Date;
        readonly witness: Witness;
        readonly result: "changed" | "silent" | "unchanged";
        readonly took: Milliseconds;
      }
    | undefined;
}

/** What came of the latest question to a witness, next to the verdict it was asked for. */
export type Answer =
  | { readonly kind: "agrees" | "differs"; readonly address: Address }
  /** Usable, while the round came to no verdict. */
  | { readonly kind: "undecided"; readonly address: Address }
  /** An address that cannot be published; `words` say why. */
  | { readonly kind: "rejected"; readonly address: Address; readonly words: string }
  | { readonly kind: "silent"; readonly words: string }
  /** Not needed: the round was decided before. */
  | { readonly kind: "unneeded" };

export interface WitnessState {
  readonly witness: Witness;
  readonly family: Family;
  /** Absent: not asked yet by this process. */
  readonly latest: { readonly answer: Answer; readonly at: Date; readonly elapsed: Milliseconds } | undefined;
  /** Since when every answer of it differs. */
  readonly differsSince: Date | undefined;
  readonly quarantine:
    | { readonly reason: "dissent" | "failures"; readonly since: Date; readonly until: Date }
    | undefined;
  /** The latest questions, oldest first, bounded; without `elapsed` there was no answer. */
  readonly recent: readonly {
    readonly at: Date;
    readonly elapsed?: Milliseconds | undefined;
    readonly agrees?: boolean | undefined;
  }[];
}

/** How a record stands. */
export type Condition =
  /** No round has looked at it yet. */
  | { readonly kind: "unknown" }
  | { readonly kind: "in-sync" }
  /** A change is due and on its way, or sent without an answer. */
  | { readonly kind: "pending"; readonly reason: ChangeReason; readonly words: string }
  /** A change is due and held back. */
  | { readonly kind: "withheld"; readonly words: string; readonly until?: Date | undefined }
  /** Left as it is: the address is not known, or the record could not be read. */
  | { readonly kind: "kept"; readonly words: string }
  /** The provider refused or failed; in its own words. */
  | { readonly kind: "failed"; readonly words: string; readonly hint?: string | undefined };

export interface RecordState {
  readonly record: DesiredRecord;
  readonly condition: Condition;
  /** Since when it stands so. */
  readonly since: Date | undefined;
  /** What is there, as far as it was read or written; with an earlier process's word before the first round. */
  readonly published: Pick<RecordSet, "proxied" | "ttl" | "values"> | undefined;
  /** The last change that was written. */
  readonly changed:
    | {
        readonly at: Date;
        readonly reason: ChangeReason;
        /** From the start of the round to the provider's answer. */
        readonly sinceStart: Milliseconds;
        /** From then to the last authoritative server having it. */
        readonly converged?: Milliseconds | undefined;
      }
    | undefined;
  /** After the last change of this process. */
  readonly verification: Verification | undefined;
}

export interface ProviderState {
  readonly name: ProviderName;
  /** Of its definition. */
  readonly type: string;
  readonly title: string;
  /** Where its API is documented. */
  readonly docsUrl?: string | undefined;
  /** Calls of this process by operation and result. */
  readonly calls: readonly {
    readonly operation: "apply" | "read";
    readonly result: "failed" | "ok" | "refused" | "unconfirmed";
    readonly count: number;
  }[];
  readonly lastSuccess: Date | undefined;
  /** What went wrong last, until the same operation went right. */
  readonly trouble:
    | {
        readonly operation: "apply" | "read";
        readonly at: Date;
        readonly words: string;
        readonly hint?: string | undefined;
      }
    | undefined;
  /** Left alone until then. */
  readonly pausedUntil: Date | undefined;
  /** The published limit: how many requests in what span, and whose word that is. */
  readonly limit: { readonly requests: number; readonly per: Milliseconds; readonly source: string };
  /** How many of them are left now; absent: nobody counts. */
  readonly budget?: number | undefined;
}
