import type { Verdict } from "#core/consensus.ts";
import { describeError } from "#core/errors.ts";
import { recordId } from "#core/record.ts";
import type { Milliseconds } from "#core/units.ts";
import type { EngineEvent } from "#engine/events.ts";
import { describeUnavailable, familyLabel } from "#report/verdict.ts";
import { describeSpan } from "#report/span.ts";
import type { Happening } from "#state/happening.ts";
import type { Moment } from "#state/moment.ts";
import { recordIndex } from "#state/records.ts";
import type { FamilyState, RecordState, State } from "#state/state.ts";

type Event<Kind extends EngineEvent["kind"]> = Extract<EngineEvent, { kind: Kind }>;

/** What an event means to a person, from the states before and after it; pure. Most events mean nothing. */
export function happeningsOf(
  before: State,
  event: EngineEvent,
  after: State,
  { date: at }: Moment,
): readonly Happening[] {
  switch (event.kind) {
    case "decided":
      return [...ofVerdict(before, event, at), ...ofDissent(before, event, at)];
    case "planned":
      return event.plan.flatMap(({ record }) =>
        ofRecovery(recordOf(before, record), recordOf(after, record), at),
      );
    case "published":
      return [
        ...ofRecovery(recordOf(before, event.change.record), recordOf(after, event.change.record), at),
        ...ofOutcome(recordOf(before, event.change.record), event, at),
      ];
    case "called":
      return ofCall(before, event, at);
    case "quarantined":
      return [
        {
          kind: "witness-quarantined",
          at,
          family: event.family,
          witness: event.witness.id,
          title: `${event.witness.operator} is not asked for ${describeSpan(event.span)}`,
          detail: event.reason === "dissent" ? "it keeps contradicting the others" : "it keeps failing",
        },
      ];
    case "released":
      return [
        {
          kind: "witness-released",
          at,
          family: event.family,
          witness: event.witness.id,
          title: `${event.witness.operator} has its vote again`,
        },
      ];
    default:
      return [];
  }
}

function ofVerdict(
  state: State,
  { family, verdict, took }: Event<"decided">,
  at: Date,
): readonly Happening[] {
  const before = state.families.find((each) => each.family === family);
  const label = familyLabel(family);
  const isNews = before?.trouble?.kind !== verdict.kind;
  switch (verdict.kind) {
    case "known": {
      const { text } = verdict.address;
      if (before?.address?.text !== text) {
        const detail = [...fromWhat(before, at), byWhom(verdict, took)].join("; ");
        return [
          { kind: "address-changed", at, family, title: `The ${label} address is now ${text}`, detail },
        ];
      }
      if (!before?.trouble) return [];
      const detail = `after ${describeSpan(at.getTime() - before.trouble.since.getTime())}`;
      return [
        { kind: "address-settled", at, family, title: `The ${label} address is ${text} again`, detail },
      ];
    }
    case "disputed": {
      if (!isNews) return [];
      const sides = verdict.positions.map(
        ({ address, operators }) => `${operators.join(", ")}: ${address.text}`,
      );
      const title = `The witnesses disagree about the ${label} address`;
      return [
        {
          kind: "address-disputed",
          at,
          family,
          title,
          detail: `${sides.join("; ")}; records stay as they are`,
        },
      ];
    }
    case "unavailable": {
      // What never was cannot be lost: a host without IPv6
      if (!isNews || !before?.address) return [];
      const title = `The ${label} address is not known`;
      const detail = `${describeUnavailable(verdict)}; records stay as they are`;
      return [{ kind: "address-lost", at, family, title, detail }];
    }
  }
}

/** A leader's word is one witness's: who agreed is for the leader to tell. */
function byWhom({ for: supporting }: Extract<Verdict, { kind: "known" }>, took: Milliseconds): string {
  if (supporting.some(({ witness }) => witness.source === "cluster")) return "told by the cluster's leader";
  const operators = [...new Set(supporting.map(({ witness }) => witness.operator))].toSorted();
  return `decided by ${operators.join(", ")} in ${describeSpan(took)}`;
}

function fromWhat(before: FamilyState | undefined, at: Date): readonly string[] {
  if (!before?.address) return [];
  const { address, since } = before;
  const held = since ? `, held for ${describeSpan(at.getTime() - since.getTime())}` : "";
  return [`before ${address.text}${held}`];
}

/** One line for each operator that begins to differ. */
function ofDissent(before: State, { family, verdict }: Event<"decided">, at: Date): readonly Happening[] {
  if (verdict.kind !== "known") return [];
  const differed = new Set(
    before.witnesses.flatMap(({ differsSince, witness }) => (differsSince ? [witness.id] : [])),
  );
  const fresh = verdict.against.filter(({ witness }) => !differed.has(witness.id));
  const byOperator = new Map(fresh.map((observation) => [observation.witness.operator, observation]));
  const supporters = new Set(verdict.for.map(({ witness }) => witness.operator)).size;
  const opponents = new Set(verdict.against.map(({ witness }) => witness.operator)).size;
  return [...byOperator.values()].map(({ witness, testimony }) => ({
    kind: "witness-differs" as const,
    at,
    family,
    witness: witness.id,
    title: `${witness.operator} answers ${testimony.address.text}`,
    detail: `outvoted ${supporters} to ${opponents}; nothing was changed for it`,
  }));
}

function ofRecovery(
  before: RecordState | undefined,
  after: RecordState | undefined,
  at: Date,
): readonly Happening[] {
  if (before?.condition.kind !== "failed" || after?.condition.kind !== "in-sync") return [];
  const { record, since } = before;
  return [
    {
      kind: "record-recovered",
      at,
      record: recordId(record),
      provider: record.provider,
      title: `${record.name} ${record.type} is right again`,
      ...(since && { detail: `after ${describeSpan(at.getTime() - since.getTime())}` }),
    },
  ];
}

function ofOutcome(
  before: RecordState | undefined,
  { change, outcome, took, sinceStart, sinceSight }: Event<"published">,
  at: Date,
): readonly Happening[] {
  const { record, after, before: set } = change;
  const about = { at, record: recordId(record), provider: record.provider };
  const name = `${record.name} ${record.type}`;
  switch (outcome.kind) {
    case "applied": {
      const values = after.values.map(({ text }) => text).join(", ");
      const was = set ? set.values.map(({ text }) => text).join(", ") : "nothing";
      const seen = sinceSight === undefined ? "" : `, ${describeSpan(sinceSight)} after it was first seen`;
      const detail = `before: ${was}; written at ${record.provider} in ${describeSpan(took)}${seen || `, ${describeSpan(sinceStart)} after the round began`}`;
      return [{ ...about, kind: "record-changed", title: `${name} is now ${values}`, detail }];
    }
    case "refused":
    case "failed": {
      if (before?.condition.kind === "failed") return [];
      const words = outcome.kind === "refused" ? outcome.words : describeError(outcome.error);
      const hint = outcome.kind === "refused" && outcome.hint ? `; ${outcome.hint}` : "";
      const did = outcome.kind === "refused" ? "refused the change" : "did not make the change";
      return [
        {
          ...about,
          kind: "record-failed",
          title: `${name}: ${record.provider} ${did}`,
          detail: `${words}${hint}`,
        },
      ];
    }
    case "unchanged":
    case "unconfirmed":
      return [];
  }
}

/** Told once, until a call went well. */
function ofCall(before: State, { provider, result, error }: Event<"called">, at: Date): readonly Happening[] {
  if (result !== "refused" || !isAuthentication(error)) return [];
  const known = before.providers.find(({ name }) => name === provider)?.trouble;
  const title = `${provider} refused the credentials`;
  if (known?.words === wordsOf(error)) return [];
  return [{ kind: "credentials-refused", at, provider, title, detail: describeError(error) }];
}

function isAuthentication(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "authentication";
}

function wordsOf(error: unknown): string | undefined {
  return error instanceof Error ? error.message : undefined;
}

function recordOf({ records }: State, record: RecordState["record"]): RecordState | undefined {
  return records[recordIndex(records, record)];
}
