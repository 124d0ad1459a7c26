import { describeError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change, ChangeReason, Decision, Plan } from "#core/plan.ts";
import type { WithheldReason } from "#core/policy.ts";
import type { RecordSet, RecordType } from "#core/record.ts";
import { elapsed, type Instant } from "#core/units.ts";

interface SetReport {
  readonly values: readonly string[];
  readonly ttl?: number;
}

/** One record's decision, as JSON. A contract: `esddns plan --json`. */
export interface DecisionReport {
  readonly name: string;
  readonly type: RecordType;
  readonly provider: string;
  readonly decision: Decision["kind"];
  readonly reason?: string;
  readonly message?: string;
  readonly before?: SetReport | null;
  readonly after?: SetReport;
}

/** One change's outcome, as JSON. */
export interface OutcomeReport {
  readonly kind: Outcome["kind"];
  readonly cause?: string;
  readonly message?: string;
  readonly hint?: string;
}

export function reportPlan(plan: Plan): readonly DecisionReport[] {
  return plan.map(reportDecision);
}

export function reportOutcome(outcome: Outcome): OutcomeReport {
  switch (outcome.kind) {
    case "unchanged":
      return { kind: outcome.kind };
    case "applied":
      return { kind: outcome.kind, ...(outcome.words ? { message: outcome.words } : {}) };
    case "refused":
      return {
        kind: outcome.kind,
        cause: outcome.cause,
        message: outcome.words,
        ...(outcome.hint ? { hint: outcome.hint } : {}),
      };
    case "failed":
    case "unconfirmed":
      return { kind: outcome.kind, message: describeError(outcome.error) };
  }
}

/** One line for people: `~ home.example.org A: 203.0.113.5 → 203.0.113.7 (our address changed)`. */
export function describeDecision(decision: Decision): string {
  const { name, type } = decision.record;
  switch (decision.kind) {
    case "in-sync":
      return `= ${name} ${type}: ${describeSet(decision.set)}, in sync`;
    case "keep":
      return `! ${name} ${type}: left as it is, ${describeKeep(decision)}`;
    case "change":
      return `${decision.change.before ? "~" : "+"} ${name} ${type}: ${describeChange(decision.change)}`;
  }
}

export function describeChange({ before, after, reason }: Change): string {
  const values = after.values.map(({ text }) => text).join(", ");
  const ttl = describeTtl(before, after);
  const from = before ? before.values.map(({ text }) => text).join(", ") : "nothing";
  return `${from} → ${values}${ttl} (${REASON_WORDS[reason]})`;
}

export const REASON_WORDS = {
  "address-changed": "our address changed",
  "changed-elsewhere": "someone else changed it",
  missing: "there is no such record yet",
  "removed-elsewhere": "someone else removed it",
  ttl: "the TTL differs from the configuration",
  "wrong-address": "it holds another address",
} as const satisfies Record<ChangeReason, string>;

export function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case "unchanged":
      return "it was so already";
    case "applied":
      return "written";
    case "unconfirmed":
      return `sent, but the answer was lost; it is read again before the next write: ${describeError(outcome.error)}`;
    case "refused":
      return `refused by the provider (${outcome.cause}): ${outcome.words}${outcome.hint ? `; ${outcome.hint}` : ""}`;
    case "failed":
      return `failed: ${describeError(outcome.error)}`;
  }
}

export function describeWithheld(reason: WithheldReason, now: Instant): string {
  const why = whyWithheld(reason);
  switch (reason.kind) {
    case "dry-run":
      return `not written: ${why}`;
    case "flap-hold":
    case "back-off":
    case "turn":
      return `withheld for ${inSeconds(now, reason.until)}: ${why}`;
    case "stopped":
      return `withheld ${untilWhen(reason.until, now)}: ${why}`;
    case "ttl-not-kept":
      return `not written again: ${why}`;
  }
}

/** The clause alone, for where the time that is left is told apart. */
export function whyWithheld(reason: WithheldReason): string {
  switch (reason.kind) {
    case "dry-run":
      return "dry run";
    case "flap-hold":
      return "the address changes too often";
    case "back-off":
      return "the provider failed or asked for a pause";
    case "turn":
      return `it is the turn of ${reason.before}`;
    case "stopped":
      return reason.words;
    case "ttl-not-kept":
      return `the provider keeps a TTL of ${reason.found} whatever it is told`;
  }
}

function untilWhen(until: Instant | undefined, now: Instant): string {
  const change = "until the configuration or the secret changes";
  return until === undefined ? change : `for ${inSeconds(now, until)} or ${change}`;
}

function inSeconds(now: Instant, until: Instant): string {
  return `${Math.max(0, Math.ceil(elapsed(now, until) / 1000))} s`;
}

function reportDecision(decision: Decision): DecisionReport {
  const { name, type, provider } = decision.record;
  const common = { name, type, provider, decision: decision.kind };
  switch (decision.kind) {
    case "in-sync":
      return { ...common, before: reportSet(decision.set) };
    case "keep":
      return { ...common, reason: decision.reason.kind, message: describeKeep(decision) };
    case "change": {
      const { before, after, reason } = decision.change;
      return { ...common, reason, before: before ? reportSet(before) : null, after: reportSet(after) };
    }
  }
}

function reportSet({ values, ttl }: RecordSet): SetReport {
  return { values: values.map(({ text }) => text), ...(ttl === undefined ? {} : { ttl }) };
}

export function describeKeep({ reason, record }: Extract<Decision, { kind: "keep" }>): string {
  const family = record.type === "A" ? "IPv4" : "IPv6";
  switch (reason.kind) {
    case "disputed":
      return `because the witnesses disagree about the ${family} address`;
    case "unavailable":
      return `because the ${family} address is not known`;
    case "unread":
      return `because it could not be read: ${describeError(reason.error)}`;
  }
}

function describeSet({ values, ttl }: RecordSet): string {
  return `${values.map(({ text }) => text).join(", ")}${ttl === undefined ? "" : ` TTL ${ttl}`}`;
}

function describeTtl(before: RecordSet | undefined, after: RecordSet): string {
  if (after.ttl === undefined) return "";
  if (before?.ttl === undefined) return ` TTL ${after.ttl}`;
  return before.ttl === after.ttl ? ` TTL ${after.ttl} kept` : ` TTL ${before.ttl} → ${after.ttl}`;
}
