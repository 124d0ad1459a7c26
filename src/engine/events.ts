import type { Family } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import type { Observation } from "#core/observation.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change, Plan } from "#core/plan.ts";
import type { Withheld } from "#core/policy.ts";
import type { DesiredRecord } from "#core/record.ts";
import type { Milliseconds } from "#core/units.ts";
import type { Verification } from "#core/verification.ts";
import type { Witness } from "#core/witness.ts";

/** What started a round. */
export type Trigger = "back-off" | "command" | "probe" | "schedule" | "signal" | "silence" | "start";

/** `first`: finds the address; `second`: confirms a changed one by others. */
export type Look = "first" | "second";

/**
 * Everything that happens, in order. Store, log, metrics, terminal and dashboard listen; nothing that listens
 * can change a round. Timings are spans; listeners stamp the wall clock themselves.
 */
export type EngineEvent =
  | { readonly kind: "round-started"; readonly round: number; readonly trigger: Trigger }
  | {
      readonly kind: "asked";
      readonly round: number;
      readonly look: Look;
      readonly family: Family;
      readonly witness: Witness;
    }
  | {
      readonly kind: "observed";
      readonly round: number;
      readonly look: Look;
      readonly observation: Observation;
    }
  | {
      readonly kind: "decided";
      readonly round: number;
      readonly family: Family;
      readonly verdict: Verdict;
      /** From the first question to the decision, second look included. */
      readonly took: Milliseconds;
      /** Plain sentences, e.g. that the second look had to reuse operators. */
      readonly notes: readonly string[];
    }
  | { readonly kind: "planned"; readonly round: number; readonly plan: Plan }
  | { readonly kind: "withheld"; readonly round: number; readonly withheld: Withheld }
  | {
      readonly kind: "published";
      readonly round: number;
      readonly change: Change;
      readonly outcome: Outcome;
      /** Of the provider's call. */
      readonly took: Milliseconds;
      /** From the start of the round. */
      readonly sinceStart: Milliseconds;
    }
  | {
      readonly kind: "verified";
      readonly round: number;
      readonly record: DesiredRecord;
      readonly result: Verification;
    }
  | { readonly kind: "round-ended"; readonly round: number; readonly summary: RoundSummary }
  /** A probe between rounds: `unchanged` ends there, the others start a round. */
  | {
      readonly kind: "probed";
      readonly family: Family;
      readonly witness: Witness;
      readonly result: "changed" | "silent" | "unchanged";
      readonly took: Milliseconds;
    }
  | {
      readonly kind: "quarantined";
      readonly witness: Witness;
      readonly reason: "dissent" | "failures";
      readonly span: Milliseconds;
    }
  | { readonly kind: "released"; readonly witness: Witness }
  /** The next round or probe, for "what comes next". */
  | { readonly kind: "scheduled"; readonly next: "probe" | "round"; readonly within: Milliseconds }
  /** A bug: the round ended, every record stayed as it is, the engine goes on. */
  | { readonly kind: "crashed"; readonly round: number; readonly error: unknown };

export interface RoundSummary {
  readonly trigger: Trigger;
  readonly verdicts: ReadonlyMap<Family, Verdict>;
  readonly plan: Plan;
  readonly withheld: readonly Withheld[];
  readonly outcomes: readonly { readonly change: Change; readonly outcome: Outcome }[];
  readonly took: Milliseconds;
}

/** A listener must not throw and must not wait; what it throws is reported as `crashed` and dropped. */
export type Listener = (event: EngineEvent) => void;
