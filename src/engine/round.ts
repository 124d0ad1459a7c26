import type { Family } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import { CancelledError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import { type Change, changesOf, type Plan, planChanges } from "#core/plan.ts";
import { dryRun, type Policy, type Withheld, withholdChanges } from "#core/policy.ts";
import { type DesiredRecord, familyOf, recordId } from "#core/record.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import { confirmedAddress, nextBelief } from "#engine/beliefs.ts";
import { detect, type DetectContext } from "#engine/detect.ts";
import type { EngineEvent, RoundSummary, Trigger } from "#engine/events.ts";
import { Outcomes, type OutcomesContext } from "#engine/outcomes.ts";
import type { Publisher } from "#engine/publish.ts";
import type { Sights } from "#engine/sights.ts";

/** What lives longer than a round. */
export interface RoundContext extends OutcomesContext {
  readonly records: readonly DesiredRecord[];
  readonly detecting: DetectContext;
  readonly publisher: Publisher;
  /** How old a reading may be. */
  readonly refresh: Milliseconds;
  readonly dryRun: boolean;
  /** Beside those of the holds. */
  readonly policies: readonly Policy[];
  /** Resolves when the sources are prepared, or have had their time; never rejects. */
  readonly ready: () => Promise<void>;
  readonly sights: Sights;
  readonly emit: (event: EngineEvent) => void;
}

export interface RoundSubject {
  readonly round: number;
  readonly trigger: Trigger;
  readonly families: readonly Family[];
  readonly isSuspicious: (family: Family) => boolean;
  /** Whether the family's latest verdict was not known. */
  readonly isTroubled: (family: Family) => boolean;
}

/** No write rests on an older reading. */
const FRESH = milliseconds(30_000);

/** A change is likely: what a write will need is read at once. */
const HINTS: ReadonlySet<Trigger> = new Set(["command", "gateway", "probe", "signal"]);
/** Who asks wants to know how it is now, and has perhaps seen that a record is wrong. */
const BY_A_PERSON: ReadonlySet<Trigger> = new Set(["command", "signal"]);

/**
 * One pass: the families side by side, so that a dead one never holds up the other.
 * A bug in one ends that one: it is reported, and its records stay as they are.
 *
 * @throws {CancelledError} (rejects) when the signal ended it; a write in flight was finished before
 */
export async function runRound(
  subject: RoundSubject,
  context: RoundContext,
  signal: AbortSignal,
): Promise<RoundSummary> {
  const { round, trigger, families } = subject;
  context.emit({ kind: "round-started", round, trigger, families });
  const pass = new FamilyPass(subject, context, signal);
  pass.readAhead();
  await context.ready();
  await Promise.all(families.map((family) => pass.run(family)));
  if (signal.aborted) throw new CancelledError();
  const summary = pass.summary();
  context.emit({ kind: "round-ended", round, summary });
  return summary;
}

class FamilyPass {
  readonly #subject: RoundSubject;
  readonly #context: RoundContext;
  readonly #signal: AbortSignal;
  readonly #learning: Outcomes;
  readonly #verdicts = new Map<Family, Verdict>();
  readonly #plan: Plan[number][] = [];
  readonly #withheld: Withheld[] = [];
  readonly #outcomes: { change: Change; outcome: Outcome }[] = [];
  #crashed = false;

  constructor(subject: RoundSubject, context: RoundContext, signal: AbortSignal) {
    this.#subject = subject;
    this.#context = context;
    this.#signal = signal;
    this.#learning = new Outcomes(context, subject.round);
  }

  /**
   * What is published is read while the witnesses are asked. Not over a line that seems dead: every reading
   * would fail, and the provider would be left alone for minutes when the line comes back.
   */
  readAhead(): void {
    const { families, isTroubled, trigger } = this.#subject;
    const alive = families.filter((family) => !isTroubled(family));
    const records = this.#context.records.filter((record) => alive.includes(familyOf(record.type)));
    if (BY_A_PERSON.has(trigger)) this.#context.readings.request(records, milliseconds(0), this.#signal);
    else this.#request(records);
  }

  #request(records: readonly DesiredRecord[]): void {
    const { readings, refresh } = this.#context;
    const age = HINTS.has(this.#subject.trigger) ? Math.min(FRESH, refresh) : refresh;
    readings.request(records, milliseconds(age), this.#signal);
  }

  /** Never rejects. */
  run(family: Family): Promise<void> {
    return this.#guard(() => this.#run(family));
  }

  summary(): RoundSummary {
    return {
      trigger: this.#subject.trigger,
      verdicts: this.#verdicts,
      plan: this.#plan.toSorted((a, b) => (recordId(a.record) < recordId(b.record) ? -1 : 1)),
      withheld: this.#withheld,
      outcomes: this.#outcomes,
      took: this.#learning.sinceStart,
      crashed: this.#crashed,
    };
  }

  /** sources → consensus, and for each provider → plan → policy → provider → outcomes */
  async #run(family: Family): Promise<void> {
    const { verdict, ended } = await this.#detect(family);
    try {
      this.#believe(verdict);
      const byProvider = Map.groupBy(this.#recordsOf(family), ({ provider }) => provider);
      const settling = [...byProvider.values()].map((records) =>
        this.#guard(() => this.#settle(records, verdict)),
      );
      await Promise.all(settling);
    } finally {
      if (verdict.kind === "known") this.#context.sights.forget(family);
      await ended;
    }
  }

  /** Provider by provider: one that does not answer holds up nobody's plan but its own. */
  async #settle(records: readonly DesiredRecord[], verdict: Verdict): Promise<void> {
    const plan = await this.#planFor(records, verdict);
    const released = this.#withhold(plan);
    await this.#publish(released);
  }

  /** A bug ends here, and with it the work that has it. */
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#signal.aborted && error instanceof CancelledError) return;
      this.#crashed = true;
      this.#context.emit({ kind: "crashed", round: this.#subject.round, error });
    }
  }

  #detect(family: Family) {
    const { store, records, detecting, readings } = this.#context;
    return detect(
      {
        round: this.#subject.round,
        family,
        confirmed: confirmedAddress(family, store, records),
        suspicious: this.#subject.isSuspicious(family),
        onSuspicion: () => readings.request(this.#recordsOf(family), FRESH, this.#signal),
      },
      detecting,
      this.#signal,
    );
  }

  #believe(verdict: Verdict): void {
    const { store, clock } = this.#context;
    this.#verdicts.set(verdict.family, verdict);
    if (this.#context.dryRun) return;
    store.setBelief(nextBelief(verdict, store.beliefs().get(verdict.family), clock.date()));
  }

  async #planFor(records: readonly DesiredRecord[], verdict: Verdict): Promise<Plan> {
    const { readings, emit } = this.#context;
    const { round } = this.#subject;
    if (verdict.kind === "known") this.#request(records);
    let plan = await this.#compare(records, verdict);
    const outdated = changesOf(plan)
      .map(({ record }) => record)
      .filter((record) => readings.isOlder(record, FRESH));
    if (outdated.length > 0) {
      readings.request(outdated, FRESH, this.#signal);
      plan = await this.#compare(records, verdict);
    }
    this.#plan.push(...plan);
    emit({ kind: "planned", round, family: verdict.family, plan });
    return plan;
  }

  async #compare(desired: readonly DesiredRecord[], verdict: Verdict): Promise<Plan> {
    const { readings, store } = this.#context;
    const current = await readings.current(desired);
    if (this.#signal.aborted) throw new CancelledError();
    const published = new Map([...store.published()].map(([id, { address }]) => [id, address]));
    return planChanges({ verdicts: new Map([[verdict.family, verdict]]), desired, current, published });
  }

  #withhold(plan: Plan): readonly Change[] {
    const { holds, emit } = this.#context;
    if (!this.#context.dryRun) this.#confirmInSync(plan);
    const policies = this.#context.dryRun ? [dryRun] : [...holds.policies, ...this.#context.policies];
    const { released, withheld } = withholdChanges(changesOf(plan), policies);
    for (const one of withheld) emit({ kind: "withheld", round: this.#subject.round, withheld: one });
    this.#withheld.push(...withheld);
    return released;
  }

  /** What is found right is ours from now on. */
  #confirmInSync(plan: Plan): void {
    const { store, holds, readings, clock } = this.#context;
    for (const decision of plan) {
      if (decision.kind !== "in-sync") continue;
      const { record, address } = decision;
      const id = recordId(record);
      if (readings.wasRead(record)) holds.inSync(record);
      if (store.publishedIn(id)?.address.text === address.text) continue;
      store.setPublished({ record: id, address, ttl: record.ttl, at: clock.date() });
    }
  }

  async #publish(changes: readonly Change[]): Promise<void> {
    const { publisher, sights, emit } = this.#context;
    const { round } = this.#subject;
    const learn = (change: Change, outcome: Outcome, took: Milliseconds) => {
      const family = familyOf(change.record.type);
      const sinceSight = sights.since(family);
      this.#learning.learn(change, outcome, { verdict: this.#verdicts.get(family), sinceSight });
      this.#outcomes.push({ change, outcome });
      const { sinceStart } = this.#learning;
      emit({ kind: "published", round, change, outcome, took, sinceStart, sinceSight });
    };
    await publisher.publish(changes, learn, this.#signal);
  }

  #recordsOf(family: Family): readonly DesiredRecord[] {
    return this.#context.records.filter((record) => familyOf(record.type) === family);
  }
}
