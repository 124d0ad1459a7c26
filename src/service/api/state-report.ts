import type { z } from "zod";
import { reportHappening } from "#service/api/event-report.ts";
import { reportFamily } from "#service/api/family-report.ts";
import { reportProvider } from "#service/api/provider-report.ts";
import { reportRecord } from "#service/api/record-report.ts";
import type { state as stateSchema } from "#service/api/schemas/state.ts";
import { reportWitness } from "#service/api/witness-report.ts";
import type { RoundState, State } from "#state/state.ts";
import { roundMs } from "#report/verdict.ts";

type StateReport = z.output<typeof stateSchema>;

/** Everything that is known now, as JSON. */
export function reportState(
  state: State,
  { now, lastEventId }: { readonly now: Date; readonly lastEventId: string },
): StateReport {
  const { startedAt, families, witnesses, records, providers, round, lastRound, next, lately } = state;
  return {
    lastEventId,
    now: now.toISOString(),
    startedAt: startedAt.toISOString(),
    families: families.map(reportFamily),
    witnesses: witnesses.map(reportWitness),
    records: records.map(reportRecord),
    providers: providers.map(reportProvider),
    round: round ? reportRound(round) : null,
    lastRound: lastRound ? reportRoundOver(lastRound) : null,
    next: { round: isoOrNull(next.round), probe: isoOrNull(next.probe) },
    lately: lately.map(reportHappening),
  };
}

export function reportRoundOver(
  round: NonNullable<State["lastRound"]>,
): NonNullable<StateReport["lastRound"]> {
  return { ...reportRound(round), endedAt: round.endedAt.toISOString(), tookMs: roundMs(round.took) };
}

function reportRound({
  number,
  trigger,
  startedAt,
  families,
}: RoundState): NonNullable<StateReport["round"]> {
  return { number, trigger, startedAt: startedAt.toISOString(), families };
}

function isoOrNull(date: Date | undefined): string | null {
  return date?.toISOString() ?? null;
}
