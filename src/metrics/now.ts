import { tallyVotes, type Verdict } from "#core/consensus.ts";
import type { Clock } from "#core/ports.ts";
import { ADDRESS, PROVIDERS, RECORDS, ROUNDS, WITNESSES } from "#metrics/definitions.ts";
import type { Instruments, Sample } from "#metrics/instruments.ts";
import { recordLabels } from "#metrics/records.ts";
import { currentWitnesses, isTold } from "#state/told.ts";
import type { Condition, FamilyState, ProviderState, State, WitnessState } from "#state/state.ts";

export interface NowContext {
  readonly state: () => State;
  readonly clock: Clock;
  readonly showsAddress: () => boolean;
}

/** What is, as the state has it when somebody asks. */
export function showState(instruments: Instruments, context: NowContext): void {
  showFamilies(instruments, context);
  showWitnesses(instruments, context);
  showRecords(instruments, context);
  showProviders(instruments, context);
  instruments.gauge(ROUNDS.lastRound, () => dated({}, context.state().lastRound?.endedAt));
  instruments.gauge(ROUNDS.nextRound, () => dated({}, context.state().next.round));
}

function showFamilies(instruments: Instruments, { state, showsAddress }: NowContext): void {
  type Read<Label extends string> = (
    family: FamilyState,
    label: { readonly family: string },
  ) => readonly Sample<Label>[];
  const each =
    <Label extends string>(read: Read<Label>) =>
    () =>
      state().families.flatMap((one) => read(one, { family: String(one.family) }));
  // A leader has these: whoever only hears of its verdict has asked nobody, and cannot say since when it holds
  const own = <Label extends string>(read: Read<Label>) =>
    each<Label>((family, label) => (isTold(family) ? [] : read(family, label)));
  instruments.gauge(
    ADDRESS.verdict,
    each(({ decided }, label) => (decided ? verdictSamples(label, decided.verdict) : [])),
  );
  instruments.gauge(
    ADDRESS.operatorsAgreeing,
    own(({ decided }, label) => (decided ? [[label, agreeing(decided.verdict)]] : [])),
  );
  instruments.gauge(
    ADDRESS.operatorsAsked,
    own(({ decided }, label) => (decided ? [[label, asked(decided.verdict)]] : [])),
  );
  instruments.gauge(
    ADDRESS.addressConfirmed,
    own(({ confirmedAt }, label) => dated(label, confirmedAt)),
  );
  instruments.gauge(
    ADDRESS.addressSince,
    own(({ since }, label) => dated(label, since)),
  );
  instruments.gauge(
    ADDRESS.addressInfo,
    each(({ address }, label) =>
      address && showsAddress() ? [[{ ...label, address: address.text }, 1]] : [],
    ),
  );
}

function showWitnesses(instruments: Instruments, { state }: NowContext): void {
  const perFamily = (count: (witnesses: readonly WitnessState[]) => number) => () => {
    const { families, witnesses } = state();
    return families.flatMap((family): readonly Sample<"family">[] => {
      if (isTold(family)) return [];
      const own = currentWitnesses(witnesses, family).filter(({ witness }) => witness.source !== "cluster");
      return [[{ family: String(family.family) }, count(own)]];
    });
  };
  instruments.gauge(
    WITNESSES.quarantined,
    perFamily((witnesses) => witnesses.filter(({ quarantine }) => quarantine).length),
  );
  instruments.gauge(
    WITNESSES.operatorsOffered,
    perFamily((witnesses) => countOperators(witnesses.filter(isOffered))),
  );
  instruments.gauge(
    WITNESSES.operatorsUsable,
    perFamily((witnesses) => countOperators(witnesses.filter(isUsable))),
  );
}

function showRecords(instruments: Instruments, { state }: NowContext): void {
  instruments.gauge(RECORDS.inSync, () =>
    state().records.flatMap(({ record, condition }) => {
      const isInSync = inSync(condition);
      return isInSync === undefined ? [] : [[recordLabels(record), Number(isInSync)] as const];
    }),
  );
  instruments.gauge(RECORDS.condition, () =>
    state().records.map(
      ({ record, condition }) => [{ ...recordLabels(record), condition: condition.kind }, 1] as const,
    ),
  );
  instruments.gauge(RECORDS.lastUpdate, () =>
    state().records.flatMap(({ record, changed }) => dated(recordLabels(record), changed?.at)),
  );
}

function showProviders(instruments: Instruments, { state, clock }: NowContext): void {
  const each =
    (read: (one: ProviderState, label: { readonly provider: string }) => readonly Sample<"provider">[]) =>
    () =>
      state().providers.flatMap((one) => read(one, { provider: one.name }));
  instruments.gauge(
    PROVIDERS.lastSuccess,
    each(({ lastSuccess }, label) => dated(label, lastSuccess)),
  );
  instruments.gauge(
    PROVIDERS.budgetLeft,
    each(({ budget }, label) => (budget === undefined ? [] : [[label, budget]])),
  );
  instruments.gauge(
    PROVIDERS.budgetLimit,
    each(({ limit }, label) => [[label, limit.requests]]),
  );
  instruments.gauge(
    PROVIDERS.paused,
    each(({ pausedUntil }, label) => [[label, Number(pausedUntil ? pausedUntil > clock.date() : false)]]),
  );
}

function verdictSamples(label: { readonly family: string }, { kind }: Verdict) {
  return (["known", "disputed", "unavailable"] as const).map(
    (verdict) => [{ ...label, verdict }, Number(kind === verdict)] as const,
  );
}

/** Operators, and not votes: those of one network share one. */
function agreeing(verdict: Verdict): number {
  if (verdict.kind === "known") return new Set(verdict.for.map(({ witness }) => witness.operator)).size;
  return tallyVotes(verdict.observations).positions[0]?.operators.length ?? 0;
}

function asked({ observations }: Verdict): number {
  const heard = observations.filter(({ kind }) => kind !== "cancelled");
  return new Set(heard.map(({ witness }) => witness.operator)).size;
}

function countOperators(witnesses: readonly WitnessState[]): number {
  return new Set(witnesses.map(({ witness }) => witness.operator)).size;
}

/** From a public list, until it proved right, it has none; what is in quarantine had one. */
function isOffered({ witness, quarantine }: WitnessState): boolean {
  return !witness.probation || quarantine !== undefined;
}

function isUsable({ latest, quarantine, witness }: WitnessState): boolean {
  if (quarantine || witness.probation) return false;
  return latest?.answer.kind !== "silent" && latest?.answer.kind !== "rejected";
}

/** `undefined`: left as it is, because the address or the record could not be found out. */
function inSync({ kind }: Condition): boolean | undefined {
  switch (kind) {
    case "in-sync":
      return true;
    case "pending":
    case "withheld":
    case "failed":
      return false;
    case "unknown":
    case "kept":
      return undefined;
  }
}

/** A point in time as Prometheus counts it; absent when there is none. */
function dated<Label extends string>(
  labels: Readonly<Record<Label, string>>,
  at: Date | undefined,
): readonly Sample<Label>[] {
  return at ? [[labels, at.getTime() / 1000]] : [];
}
