import type { Family } from "#core/address.ts";
import { describeError } from "#core/errors.ts";
import type { Change } from "#core/plan.ts";
import type { DesiredRecord } from "#core/record.ts";
import type { Verification } from "#core/verification.ts";
import type { EngineEvent, RoundSummary } from "#engine/events.ts";
import { reportOutcome, reportPlan } from "#report/plan.ts";
import { reportObservation, reportVerdict, roundMs } from "#report/verdict.ts";
import type { happening as happeningSchema } from "#service/api/schemas/past.ts";
import type { Happening } from "#state/happening.ts";
import type { z } from "zod";

/** An event of the engine as JSON: spans in milliseconds, addresses and errors as text. */
export function reportEvent(event: EngineEvent) {
  switch (event.kind) {
    case "round-started": {
      const { round, trigger, families } = event;
      return { round, trigger, families };
    }
    case "asked": {
      const { round, look, family, witness } = event;
      return { round, look, family, witness: witness.id, operator: witness.operator };
    }
    case "observed": {
      const { round, look, late, observation } = event;
      return { round, look, family: observation.family, late, observation: reportObservation(observation) };
    }
    case "retrying": {
      const { round, family, attempt, within } = event;
      return { round, family, attempt, withinMs: roundMs(within) };
    }
    case "decided": {
      const { round, family } = event;
      return { round, family, verdict: reportVerdict(event, { explain: true }) };
    }
    case "mismatch": {
      const { round, family, positions } = event;
      return {
        round,
        family,
        positions: positions.map(({ address, operators }) => ({ address: address.text, operators })),
      };
    }
    case "planned": {
      const { round, family, plan } = event;
      return { round, family, records: reportPlan(plan) };
    }
    case "withheld": {
      const { round, withheld } = event;
      return { round, ...about(withheld.change.record), reason: withheld.reason.kind };
    }
    case "published":
      return reportPublished(event);
    case "verified": {
      const { round, record, result } = event;
      return { round, ...about(record), verification: reportVerification(result) };
    }
    case "round-ended": {
      const { round, summary } = event;
      return { round, ...reportSummary(summary) };
    }
    case "probed": {
      const { family, witness, result, took } = event;
      return { family, witness: witness.id, operator: witness.operator, result, tookMs: roundMs(took) };
    }
    case "quarantined": {
      const { family, witness, reason, span } = event;
      return { family, witness: witness.id, operator: witness.operator, reason, spanMs: roundMs(span) };
    }
    case "released": {
      const { family, witness } = event;
      return { family, witness: witness.id, operator: witness.operator };
    }
    case "scheduled":
      return { next: event.next, withinMs: roundMs(event.within) };
    case "called": {
      const { provider, operation, result, took, error } = event;
      const words = error === undefined ? {} : { message: describeError(error) };
      return { provider, operation, result, tookMs: roundMs(took), ...words };
    }
    case "crashed":
      return {
        ...(event.round === undefined ? {} : { round: event.round }),
        message: describeError(event.error),
      };
  }
}

export function reportHappening({ at, ...happening }: Happening): z.output<typeof happeningSchema> {
  return { ...happening, at: at.toISOString() };
}

export function reportVerification(result: Verification) {
  switch (result.kind) {
    case "converged":
      return { kind: result.kind, servers: result.servers, tookMs: roundMs(result.took) };
    case "incomplete":
      return { kind: result.kind, right: result.right, wrong: result.wrong, tookMs: roundMs(result.took) };
    case "unverifiable":
      return { kind: result.kind, message: result.why };
  }
}

function reportPublished(event: Extract<EngineEvent, { kind: "published" }>) {
  const { round, change, outcome, took, sinceStart, sinceSight } = event;
  return {
    round,
    ...about(change.record),
    ...reportChange(change),
    outcome: reportOutcome(outcome),
    tookMs: roundMs(took),
    sinceStartMs: roundMs(sinceStart),
    ...(sinceSight === undefined ? {} : { sinceSightMs: roundMs(sinceSight) }),
  };
}

function reportChange({ reason, before, after }: Change) {
  const texts = (set: Change["after"] | undefined) => set?.values.map(({ text }) => text) ?? [];
  return { reason, before: texts(before), after: texts(after) };
}

/** What a round amounted to, without what its other events said already. */
function reportSummary({ trigger, verdicts, plan, withheld, outcomes, took, crashed }: RoundSummary) {
  const kindOf = (family: Family) => verdicts.get(family)?.kind ?? null;
  return {
    trigger,
    verdicts: { ipv4: kindOf(4), ipv6: kindOf(6) },
    planned: plan.length,
    withheld: withheld.length,
    outcomes: outcomes.map(({ change, outcome }) => ({ ...about(change.record), kind: outcome.kind })),
    tookMs: roundMs(took),
    crashed,
  };
}

function about({ name, type, provider }: DesiredRecord) {
  return { name, type, provider };
}
