import { type Family, sameAddress } from "#core/address.ts";
import type { SeenObservation, Verdict } from "#core/consensus.ts";
import { describeError, EsddnsError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Clock } from "#core/ports.ts";
import { familyOf, recordId, type RecordSet } from "#core/record.ts";
import type { Store } from "#core/store.ts";
import { elapsed, type Instant, type Milliseconds, milliseconds } from "#core/units.ts";
import type { Holds } from "#engine/holds.ts";
import type { Pauses } from "#engine/pauses.ts";
import type { Readings } from "#engine/readings.ts";
import type { Verifications } from "#engine/verifications.ts";

export interface OutcomesContext {
  readonly readings: Readings;
  readonly holds: Holds;
  readonly pauses: Pauses;
  readonly verifications?: Verifications | undefined;
  readonly store: Store;
  readonly clock: Clock;
}

/** Where a change comes from: who decided it, and since when it was in sight of a probe. */
export interface ChangeOrigin {
  readonly verdict: Verdict | undefined;
  readonly sinceSight: Milliseconds | undefined;
}

/** Of one round: what its outcomes mean for the rounds to come. */
export class Outcomes {
  readonly #context: OutcomesContext;
  readonly #round: number;
  readonly #startedAt: Instant;
  readonly #moved = new Set<Family>();

  constructor(context: OutcomesContext, round: number) {
    this.#context = context;
    this.#round = round;
    this.#startedAt = context.clock.now();
  }

  get sinceStart(): Milliseconds {
    return elapsed(this.#startedAt, this.#context.clock.now());
  }

  learn(change: Change, outcome: Outcome, origin: ChangeOrigin): void {
    const { readings, holds, pauses, clock } = this.#context;
    const { record } = change;
    const at = clock.date();
    this.#addHistory(change, outcome, at, origin);
    switch (outcome.kind) {
      case "applied":
        return this.#confirm(change, outcome.set ?? change.after, at);
      case "unchanged":
        return this.#confirm(change, change.after, at);
      case "unconfirmed":
        readings.forget(record);
        return pauses.extend(recordId(record), requestedWait(outcome.error));
      case "refused":
        readings.forget(record);
        return holds.refused(change, outcome);
      case "failed":
        if (outcome.retryAfter !== undefined) return pauses.extend(record.provider, outcome.retryAfter);
        return pauses.extend(recordId(record), requestedWait(outcome.error));
    }
  }

  #confirm(change: Change, set: RecordSet, at: Date): void {
    const { readings, holds, pauses, store, verifications } = this.#context;
    const { record, address } = change;
    const before = store.publishedIn(recordId(record))?.address;
    if (!before || !sameAddress(before, address)) this.#move(familyOf(record.type));
    readings.learn(set);
    holds.applied(change);
    if (pauses.until(record.provider) === undefined) pauses.clear(record.provider);
    store.setPublished({ record: recordId(record), address, ttl: record.ttl, at });
    verifications?.start({ round: this.#round, record, set, at });
  }

  #move(family: Family): void {
    if (!this.#moved.has(family)) this.#context.holds.moved(family);
    this.#moved.add(family);
  }

  #addHistory(change: Change, outcome: Outcome, at: Date, { verdict, sinceSight }: ChangeOrigin): void {
    this.#context.store.addHistory({
      at,
      record: recordId(change.record),
      provider: change.record.provider,
      before: (change.before?.values ?? []).map(({ text }) => text),
      after: change.after.values.map(({ text }) => text),
      reason: change.reason,
      outcome: outcome.kind,
      words: wordsOf(outcome),
      took: this.sinceStart,
      ...(verdict?.kind === "known" && { operators: operatorsOf(verdict.for) }),
      ...(sinceSight !== undefined && { sight: sinceSight }),
    });
  }
}

function operatorsOf(observations: readonly SeenObservation[]): readonly string[] {
  return [...new Set(observations.map(({ witness }) => witness.operator))].toSorted();
}

function requestedWait(error: unknown): Milliseconds | undefined {
  if (!(error instanceof EsddnsError) || typeof error.retry !== "object") return undefined;
  return milliseconds(error.retry.after);
}

function wordsOf(outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case "applied":
    case "refused":
      return outcome.words;
    case "failed":
    case "unconfirmed":
      return describeError(outcome.error);
    case "unchanged":
      return undefined;
  }
}
