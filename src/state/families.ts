import type { EngineEvent } from "#engine/events.ts";
import type { Moment } from "#state/moment.ts";
import type { FamilyState } from "#state/state.ts";

type Decided = Extract<EngineEvent, { kind: "decided" }>;

export function decidedFamily(before: FamilyState, event: Decided, { date }: Moment): FamilyState {
  const { verdict, took, notes } = event;
  const decided = { verdict, at: date, took, notes };
  if (verdict.kind !== "known") {
    const isSame = before.trouble?.kind === verdict.kind;
    return { ...before, decided, trouble: isSame ? before.trouble : { kind: verdict.kind, since: date } };
  }
  const isSame = before.address?.text === verdict.address.text;
  return {
    ...before,
    decided,
    address: verdict.address,
    since: isSame ? (before.since ?? date) : date,
    confirmedAt: date,
    trouble: undefined,
  };
}

export function probedFamily(
  before: FamilyState,
  { witness, result, took }: Extract<EngineEvent, { kind: "probed" }>,
  { date }: Moment,
): FamilyState {
  const confirmedAt = result === "unchanged" && !before.trouble ? date : before.confirmedAt;
  return { ...before, confirmedAt, probe: { at: date, witness, result, took } };
}
