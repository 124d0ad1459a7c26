import type { Family } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import { describeError, EsddnsError } from "#core/errors.ts";
import type { Observation } from "#core/observation.ts";
import type { Milliseconds } from "#core/units.ts";

/** A verdict with how long it took: what one family's detection yields. */
export interface DecidedVerdict {
  readonly verdict: Verdict;
  readonly took: Milliseconds;
  readonly notes: readonly string[];
}

/** One witness's part, as JSON. */
export interface ObservationReport {
  readonly witness: string;
  readonly operator: string;
  readonly authenticated: boolean;
  readonly result: "cancelled" | "failed" | "rejected" | "seen";
  readonly address?: string;
  /** Of a rejected address: the reason's name; of a failure: the error's code. */
  readonly reason?: string;
  readonly message?: string;
  readonly elapsedMs: number;
}

/** One family's verdict, as JSON. A contract: `esddns detect --json`. */
export interface VerdictReport {
  readonly kind: Verdict["kind"];
  readonly address?: string;
  readonly basis?: string;
  readonly reason?: string;
  readonly for: readonly string[];
  readonly against: readonly string[];
  /** Of a dispute: who says what, the strongest first. */
  readonly positions?: readonly { readonly address: string; readonly operators: readonly string[] }[];
  readonly notes: readonly string[];
  readonly elapsedMs: number;
  readonly observations?: readonly ObservationReport[];
}

export function reportVerdict(
  decided: DecidedVerdict,
  options: { readonly explain: boolean },
): VerdictReport {
  const { verdict, took, notes } = decided;
  const common = {
    notes,
    elapsedMs: roundMs(took),
    ...(options.explain ? { observations: verdict.observations.map(reportObservation) } : {}),
  };
  switch (verdict.kind) {
    case "known":
      return {
        kind: "known",
        address: verdict.address.text,
        basis: verdict.basis,
        for: verdict.for.map(({ witness }) => witness.id),
        against: verdict.against.map(({ witness }) => witness.id),
        ...common,
      };
    case "disputed": {
      const positions = verdict.positions.map(({ address, operators }) => ({
        address: address.text,
        operators,
      }));
      return { kind: "disputed", for: [], against: [], positions, ...common };
    }
    case "unavailable":
      return { kind: "unavailable", reason: verdict.reason, for: [], against: [], ...common };
  }
}

export function reportObservation(observation: Observation): ObservationReport {
  const { witness, kind, elapsed } = observation;
  const common = {
    witness: witness.id,
    operator: witness.operator,
    authenticated: witness.authenticated,
    result: kind,
    elapsedMs: roundMs(elapsed),
  };
  switch (kind) {
    case "seen":
      return { ...common, address: observation.testimony.address.text };
    case "rejected":
      return { ...common, address: observation.testimony.address.text, reason: observation.reason };
    case "failed": {
      const { error } = observation;
      return {
        ...common,
        reason: error instanceof EsddnsError ? error.code : "bug",
        message: describeError(error),
      };
    }
    case "cancelled":
      return common;
  }
}

/** One line for people, e.g. `IPv4 203.0.113.7: 3 witnesses agree (41 ms)`. */
export function describeVerdict({ verdict, took }: DecidedVerdict): string {
  const family = familyLabel(verdict.family);
  const time = `(${roundMs(took)} ms)`;
  switch (verdict.kind) {
    case "known": {
      const supporters = new Set(verdict.for.map(({ witness }) => witness.operator)).size;
      const against =
        verdict.against.length > 0
          ? `, against ${verdict.against.map(({ witness }) => witness.id).join(", ")}`
          : "";
      return `${family} ${verdict.address.text}: ${count(supporters, "operator")} ${supporters === 1 ? "says so" : "agree"}${against} ${time}`;
    }
    case "disputed": {
      const sides = verdict.positions.map(
        ({ address, operators }) => `${address.text} say ${operators.join(", ")}`,
      );
      return `${family} disputed: ${sides.join("; ")} ${time}`;
    }
    case "unavailable":
      return `${family} unavailable: ${describeUnavailable(verdict)} ${time}`;
  }
}

export function familyLabel(family: Family): "IPv4" | "IPv6" {
  return family === 4 ? "IPv4" : "IPv6";
}

export function roundMs(span: Milliseconds): number {
  return Math.round(span * 10) / 10;
}

/** Why there is no verdict, as a clause. */
export function describeUnavailable(verdict: Extract<Verdict, { kind: "unavailable" }>): string {
  switch (verdict.reason) {
    case "no-answer":
      return verdict.observations.length === 0 ? "there is nobody to ask" : "no witness gave a usable answer";
    case "too-few":
      return "too few witnesses answered to be sure";
    case "unconfirmed":
      return "the changed address found no independent confirmation";
  }
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
