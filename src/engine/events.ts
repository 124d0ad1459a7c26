import type { Family } from "#core/address.ts";
import type { Position, Verdict } from "#core/consensus.ts";
import type { Observation } from "#core/observation.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change, Plan } from "#core/plan.ts";
import type { Withheld } from "#core/policy.ts";
import type { DesiredRecord, ProviderName } from "#core/record.ts";
import type { Milliseconds } from "#core/units.ts";
import type { Verification } from "#core/verification.ts";
import type { Witness } from "#core/witness.ts";

/**
 * What started a round. `resume`: the process stood still for longer than it had meant to sleep; `cluster`: what the
 * cluster's leader tells is another thing than before.
 */
export type Trigger =
  | "back-off"
  | "cluster"
  | "command"
  | "gateway"
  | "probe"
  | "resume"
  | "schedule"
  | "signal"
  | "silence"
  | "start";

/** `first`: finds the address; `second`: confirms a changed one by others. */
export type Look = "first" | "second";

/**
 * Everything that happens, in order. Store, log, metrics, terminal and dashboard listen; nothing that listens
 * can change a round. Timings are spans; listeners stamp the wall clock themselves.
 *
 * The families of a round go their ways side by side, and within them the providers, so that a dead one never
 * holds up another: there is a `decided` for each family, and a `planned` for each provider of it.
 */
export type EngineEvent =
  | {
      readonly kind: "round-started";
      readonly round: number;
      readonly trigger: Trigger;
      readonly families: readonly Family[];
    }
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
      /** It came after the decision: compared, and no part of the verdict. */
      readonly late: boolean;
    }
  /** No witness answered (the original's rule): all are asked again `within` a while. */
  | {
      readonly kind: "retrying";
      readonly round: number;
      readonly family: Family;
      /** 2 for the first repetition. */
      readonly attempt: number;
      readonly within: Milliseconds;
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
  /** Collected answers differ, and the rule is that all must match. */
  | {
      readonly kind: "mismatch";
      readonly round: number;
      readonly family: Family;
      readonly positions: readonly Position[];
    }
  | { readonly kind: "planned"; readonly round: number; readonly family: Family; readonly plan: Plan }
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
      /** From when a probe first saw the new address; absent: the round found it itself. */
      readonly sinceSight?: Milliseconds | undefined;
    }
  | {
      readonly kind: "verified";
      readonly round: number;
      readonly record: DesiredRecord;
      readonly result: Verification;
    }
  | { readonly kind: "round-ended"; readonly round: number; readonly summary: RoundSummary }
  /** A probe between rounds: `unchanged` ends there, the others may start a round. */
  | {
      readonly kind: "probed";
      readonly family: Family;
      readonly witness: Witness;
      readonly result: "changed" | "silent" | "unchanged";
      readonly took: Milliseconds;
    }
  | {
      readonly kind: "quarantined";
      readonly family: Family;
      readonly witness: Witness;
      readonly reason: "dissent" | "failures";
      readonly span: Milliseconds;
    }
  | { readonly kind: "released"; readonly family: Family; readonly witness: Witness }
  /** The next round or probe, for "what comes next". */
  | { readonly kind: "scheduled"; readonly next: "probe" | "round"; readonly within: Milliseconds }
  /** One call to a provider is over, as a whole: a single refused record makes it `refused`. */
  | {
      readonly kind: "called";
      readonly provider: ProviderName;
      readonly operation: "apply" | "read";
      readonly result: "failed" | "ok" | "refused" | "unconfirmed";
      readonly took: Milliseconds;
      /** What went wrong first. */
      readonly error?: unknown;
    }
  /** A bug: what it touched stayed as it is, the engine goes on. `round` is absent outside rounds. */
  | { readonly kind: "crashed"; readonly round?: number | undefined; readonly error: unknown };

export interface RoundSummary {
  readonly trigger: Trigger;
  readonly verdicts: ReadonlyMap<Family, Verdict>;
  readonly plan: Plan;
  readonly withheld: readonly Withheld[];
  readonly outcomes: readonly { readonly change: Change; readonly outcome: Outcome }[];
  /** From its start until the last outcome was in. */
  readonly took: Milliseconds;
  /** A bug cut the round, or a family of it, short. */
  readonly crashed: boolean;
}

/** A listener must not throw and must not wait; what it throws is reported as `crashed` and dropped. */
export type Listener = (event: EngineEvent) => void;
