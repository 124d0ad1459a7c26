import type { z } from "zod";
import { reportVerification } from "#service/api/event-report.ts";
import type { condition as conditionSchema, record as recordSchema } from "#service/api/schemas/records.ts";
import type { Condition, RecordState } from "#state/state.ts";
import { roundMs } from "#report/verdict.ts";

type RecordReport = z.output<typeof recordSchema>;

export function reportRecord(state: RecordState): RecordReport {
  const { record, condition, since, published, changed, verification } = state;
  const { name, type, provider, mode, ttl } = record;
  return {
    name,
    type,
    provider,
    mode,
    ttl: ttl ?? null,
    condition: reportCondition(condition),
    since: since?.toISOString() ?? null,
    published: published ? reportPublished(published) : null,
    changed: changed ? reportChanged(changed) : null,
    verification: verification ? reportVerification(verification) : null,
  };
}

function reportCondition(condition: Condition): z.output<typeof conditionSchema> {
  const { kind } = condition;
  switch (kind) {
    case "unknown":
    case "in-sync":
      return { kind };
    case "pending":
      return { kind, reason: condition.reason, message: condition.words };
    case "withheld": {
      const { words, until } = condition;
      return { kind, message: words, ...(until && { until: until.toISOString() }) };
    }
    case "kept":
      return { kind, message: condition.words };
    case "failed": {
      const { words, hint } = condition;
      return { kind, message: words, ...(hint !== undefined && { hint }) };
    }
  }
}

function reportPublished({
  values,
  ttl,
  proxied,
}: NonNullable<RecordState["published"]>): RecordReport["published"] {
  return {
    values: values.map(({ text }) => text),
    ...(ttl !== undefined && { ttl }),
    ...(proxied !== undefined && { proxied }),
  };
}

function reportChanged({
  at,
  reason,
  sinceStart,
  converged,
}: NonNullable<RecordState["changed"]>): RecordReport["changed"] {
  return {
    at: at.toISOString(),
    reason,
    sinceStartMs: roundMs(sinceStart),
    convergedMs: converged === undefined ? null : roundMs(converged),
  };
}
