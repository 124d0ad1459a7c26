import type { EngineEvent } from "#engine/events.ts";
import { decidedFamily, probedFamily } from "#state/families.ts";
import { recordId } from "#core/record.ts";
import type { Moment } from "#state/moment.ts";
import { calledProvider, withheldProvider } from "#state/providers.ts";
import {
  plannedRecord,
  publishedRecord,
  recordIndex,
  verifiedRecord,
  withheldRecord,
} from "#state/records.ts";
import type { FamilyState, RecordState, State } from "#state/state.ts";
import {
  decidedWitnesses,
  observedWitness,
  probedWitness,
  quarantinedWitness,
  releasedWitness,
} from "#state/witnesses.ts";

/** The state after an event; pure. */
export function nextState(state: State, event: EngineEvent, at: Moment): State {
  switch (event.kind) {
    case "round-started": {
      const { round: number, trigger, families } = event;
      return { ...state, round: { number, trigger, startedAt: at.date, families } };
    }
    case "round-ended": {
      const { round, ...rest } = state;
      if (!round) return state;
      const lastRound = { ...round, endedAt: at.date, took: event.summary.took };
      return { ...rest, round: undefined, lastRound };
    }
    case "observed":
      return { ...state, witnesses: observedWitness(state, event, at) };
    case "decided":
      return {
        ...withFamily(state, event.family, (family) => decidedFamily(family, event, at)),
        witnesses: decidedWitnesses(state, event, at),
      };
    case "planned": {
      const decisions = new Map(event.plan.map((decision) => [recordId(decision.record), decision]));
      return withRecords(state, (each) => {
        const decision = decisions.get(recordId(each.record));
        return decision ? plannedRecord(each, decision, at) : each;
      });
    }
    case "withheld":
      return {
        ...withRecord(state, event.withheld.change, (each) => withheldRecord(each, event.withheld, at)),
        providers: withheldProvider(state.providers, event.withheld, at),
      };
    case "published":
      return withRecord(state, event.change, (each) => publishedRecord(each, event, at));
    case "verified":
      return withRecord(state, event, (each) => verifiedRecord(each, event.result));
    case "probed":
      return {
        ...withFamily(state, event.family, (family) => probedFamily(family, event, at)),
        witnesses: probedWitness(state, event, at),
      };
    case "quarantined":
      return { ...state, witnesses: quarantinedWitness(state, event, at) };
    case "released":
      return { ...state, witnesses: releasedWitness(state, event) };
    case "called":
      return { ...state, providers: calledProvider(state.providers, event, at) };
    case "asked":
    case "crashed":
    case "mismatch":
    case "retrying":
    case "scheduled":
      return state;
  }
}

function withFamily(state: State, family: number, change: (each: FamilyState) => FamilyState): State {
  return {
    ...state,
    families: state.families.map((each) => (each.family === family ? change(each) : each)),
  };
}

function withRecords(state: State, change: (each: RecordState) => RecordState): State {
  return { ...state, records: state.records.map(change) };
}

function withRecord(
  state: State,
  { record }: { readonly record: RecordState["record"] },
  change: (each: RecordState) => RecordState,
): State {
  const index = recordIndex(state.records, record);
  const before = state.records[index];
  return before ? { ...state, records: state.records.with(index, change(before)) } : state;
}
