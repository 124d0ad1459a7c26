import type { Family } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import { describeError } from "#core/errors.ts";
import type { Observation } from "#core/observation.ts";
import type { Witness } from "#core/witness.ts";
import type { EngineEvent } from "#engine/events.ts";
import { newWitness } from "#state/initial-state.ts";
import { after, type Moment } from "#state/moment.ts";
import type { Answer, State, WitnessState } from "#state/state.ts";

/** An hour of rounds at the default interval, probes between them included as they come. */
const RECENT = 60;
/** A public list may bring hundreds; those that were asked last stay. */
const LIMIT = 100;

type Event<Kind extends EngineEvent["kind"]> = Extract<EngineEvent, { kind: Kind }>;
type Recent = WitnessState["recent"][number];

export function observedWitness(
  state: State,
  { observation, late }: Event<"observed">,
  at: Moment,
): State["witnesses"] {
  const { witness, family } = observation;
  const verdict = late ? verdictOf(state, family) : undefined;
  const isComparable = verdict?.kind === "known";
  return withWitness(state, witness, family, (before) =>
    judged(before, observation, verdict, at, { isCounted: isComparable || observation.kind !== "seen" }),
  );
}

/** Now that there is a verdict, each answer of the round stands beside it. */
export function decidedWitnesses(
  state: State,
  { family, verdict }: Event<"decided">,
  at: Moment,
): State["witnesses"] {
  let { witnesses } = state;
  for (const observation of verdict.observations) {
    if (observation.kind !== "seen") continue;
    witnesses = withWitness({ witnesses }, observation.witness, family, (before) =>
      judged(before, observation, verdict, at, { isCounted: true }),
    );
  }
  return witnesses;
}

export function probedWitness(
  state: State,
  { witness, family, result, took }: Event<"probed">,
  { date }: Moment,
): State["witnesses"] {
  const recent: Recent =
    result === "silent" ? { at: date } : { at: date, elapsed: took, agrees: result === "unchanged" };
  return withWitness(state, witness, family, (before) => ({
    ...before,
    recent: added(before.recent, recent),
  }));
}

export function quarantinedWitness(
  state: State,
  { witness, family, reason, span }: Event<"quarantined">,
  at: Moment,
): State["witnesses"] {
  const quarantine = { reason, since: at.date, until: after(at, span) };
  return withWitness(state, witness, family, (before) => ({ ...before, quarantine }));
}

export function releasedWitness(state: State, { witness, family }: Event<"released">): State["witnesses"] {
  return withWitness(state, witness, family, (before) => ({ ...before, quarantine: undefined }));
}

function judged(
  before: WitnessState,
  observation: Observation,
  verdict: Verdict | undefined,
  { date }: Moment,
  { isCounted }: { readonly isCounted: boolean },
): WitnessState {
  const { elapsed } = observation;
  const answer = answerOf(observation, verdict);
  const differs = answer.kind === "differs";
  const isSettled = differs || answer.kind === "agrees";
  return {
    ...before,
    latest: { answer, at: date, elapsed },
    differsSince: isSettled ? (differs ? (before.differsSince ?? date) : undefined) : before.differsSince,
    recent: isCounted ? added(before.recent, ...recentOf(observation, answer, date)) : before.recent,
  };
}

function answerOf(observation: Observation, verdict: Verdict | undefined): Answer {
  switch (observation.kind) {
    case "seen": {
      const { address } = observation.testimony;
      if (verdict?.kind !== "known") return { kind: "undecided", address };
      return { kind: address.text === verdict.address.text ? "agrees" : "differs", address };
    }
    case "rejected":
      return { kind: "rejected", address: observation.testimony.address, words: observation.reason };
    case "failed":
      return { kind: "silent", words: describeError(observation.error) };
    case "cancelled":
      return { kind: "unneeded" };
  }
}

function recentOf({ kind, elapsed }: Observation, answer: Answer, at: Date): readonly Recent[] {
  switch (kind) {
    case "seen":
      return [{ at, elapsed, agrees: answer.kind === "undecided" ? undefined : answer.kind === "agrees" }];
    case "rejected":
    case "failed":
      return [{ at }];
    case "cancelled":
      return [];
  }
}

function added(recent: WitnessState["recent"], ...more: readonly Recent[]): WitnessState["recent"] {
  return [...recent, ...more].slice(-RECENT);
}

function verdictOf({ families }: State, family: Family): Verdict | undefined {
  return families.find((each) => each.family === family)?.decided?.verdict;
}

function withWitness(
  { witnesses }: Pick<State, "witnesses">,
  witness: Witness,
  family: Family,
  change: (before: WitnessState) => WitnessState,
): State["witnesses"] {
  const index = witnesses.findIndex((each) => each.family === family && each.witness.id === witness.id);
  const before = witnesses[index];
  if (before) return witnesses.with(index, change({ ...before, witness }));
  return bounded([...witnesses, change(newWitness(witness, family))]).toSorted(byOperator);
}

function bounded(witnesses: State["witnesses"]): State["witnesses"] {
  if (witnesses.length <= LIMIT) return witnesses;
  const oldest = witnesses.toSorted((a, b) => timeOf(a) - timeOf(b))[0];
  return witnesses.filter((each) => each !== oldest);
}

function timeOf({ latest }: WitnessState): number {
  return latest?.at.getTime() ?? 0;
}

function byOperator(a: WitnessState, b: WitnessState): number {
  const key = ({ family, witness }: WitnessState) => `${family} ${witness.operator} ${witness.id}`;
  return key(a) < key(b) ? -1 : 1;
}
