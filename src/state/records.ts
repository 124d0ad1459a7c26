import { describeError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Decision } from "#core/plan.ts";
import type { Withheld, WithheldReason } from "#core/policy.ts";
import type { RecordKey, RecordSet } from "#core/record.ts";
import type { Verification } from "#core/verification.ts";
import type { EngineEvent } from "#engine/events.ts";
import { describeKeep, REASON_WORDS, whyWithheld } from "#report/plan.ts";
import { dateOf, type Moment } from "#state/moment.ts";
import type { Condition, RecordState } from "#state/state.ts";

/** Without making an id of each: a thousand records that change make a thousand times as many comparisons. */
export function recordIndex(records: readonly RecordState[], { name, type }: RecordKey): number {
  return records.findIndex(({ record }) => record.name === name && record.type === type);
}

export function plannedRecord(before: RecordState, decision: Decision, at: Moment): RecordState {
  switch (decision.kind) {
    case "in-sync":
      return standing({ ...before, published: published(decision.set) }, { kind: "in-sync" }, at);
    case "keep":
      return standing(before, { kind: "kept", words: describeKeep(decision) }, at);
    case "change": {
      const { before: set, reason } = decision.change;
      const next = set ? { ...before, published: published(set) } : { ...before, published: undefined };
      // What failed is failed until it went well, however often it is tried
      if (before.condition.kind === "failed") return next;
      return standing(next, { kind: "pending", reason, words: REASON_WORDS[reason] }, at);
    }
  }
}

export function withheldRecord(before: RecordState, { reason }: Withheld, at: Moment): RecordState {
  if (before.condition.kind === "failed" && reason.kind !== "ttl-not-kept") return before;
  return standing(before, withheldCondition(reason, at), at);
}

export function publishedRecord(
  before: RecordState,
  { change, outcome, sinceStart }: Extract<EngineEvent, { kind: "published" }>,
  at: Moment,
): RecordState {
  const { reason } = change;
  const next = standing(before, conditionAfter(outcome, reason), at);
  if (outcome.kind !== "applied" && outcome.kind !== "unchanged") return next;
  const set = outcome.kind === "applied" ? (outcome.set ?? change.after) : change.after;
  const changed = outcome.kind === "applied" ? { at: at.date, reason, sinceStart } : before.changed;
  return { ...next, published: published(set), changed, verification: undefined };
}

export function verifiedRecord(before: RecordState, verification: Verification): RecordState {
  const { changed } = before;
  if (verification.kind !== "converged" || !changed) return { ...before, verification };
  return { ...before, verification, changed: { ...changed, converged: verification.took } };
}

function conditionAfter(
  outcome: Outcome,
  reason: Extract<Condition, { kind: "pending" }>["reason"],
): Condition {
  switch (outcome.kind) {
    case "applied":
    case "unchanged":
      return { kind: "in-sync" };
    case "unconfirmed":
      return {
        kind: "pending",
        reason,
        words: `sent, but the answer was lost; it is read again before the next write: ${describeError(outcome.error)}`,
      };
    case "refused":
      return { kind: "failed", words: outcome.words, hint: outcome.hint };
    case "failed":
      return { kind: "failed", words: describeError(outcome.error) };
  }
}

function withheldCondition(reason: WithheldReason, at: Moment): Condition {
  if (reason.kind === "stopped") return { kind: "failed", words: reason.words };
  const words = whyWithheld(reason);
  const until = "until" in reason && reason.until !== undefined ? dateOf(reason.until, at) : undefined;
  return { kind: "withheld", words, until };
}

/** Its time begins when it becomes another one. */
function standing(before: RecordState, condition: Condition, { date }: Moment): RecordState {
  const isSame = before.condition.kind === condition.kind;
  return { ...before, condition, since: isSame ? before.since : date };
}

function published({ values, ttl, proxied }: RecordSet): RecordState["published"] {
  return { values, ttl, proxied };
}
