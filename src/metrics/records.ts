import { EsddnsError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Clock } from "#core/ports.ts";
import { type DesiredRecord, type ProviderName, type RecordId, recordId } from "#core/record.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import type { EngineEvent, Listener } from "#engine/events.ts";
import { PROVIDERS, RECORDS } from "#metrics/definitions.ts";
import type { Instruments } from "#metrics/instruments.ts";
import type { State } from "#state/state.ts";

type Event<Kind extends EngineEvent["kind"]> = Extract<EngineEvent, { kind: Kind }>;

export interface RecordsContext {
  readonly state: () => State;
  readonly clock: Clock;
}

/** The labels of a record: the names that the original gave them. */
export function recordLabels({ name, type }: DesiredRecord) {
  return { domain: name, record_type: type };
}

/** Counts changes, and how long they took. */
export function watchRecords(instruments: Instruments, { state, clock }: RecordsContext): Listener {
  const updates = instruments.counter(RECORDS.updates, () =>
    state().records.map(({ record }) => recordLabels(record)),
  );
  const failures = instruments.counter(RECORDS.failures);
  const withheld = instruments.counter(RECORDS.withheld);
  const published = watchTimes(instruments);
  const lastPublish = new Map<ProviderName, Date>();
  instruments.gauge(PROVIDERS.lastPublish, () =>
    [...lastPublish].map(([provider, at]) => [{ provider }, at.getTime() / 1000] as const),
  );
  return (event) => {
    published(event);
    if (event.kind === "withheld") return withheld({ reason: event.withheld.reason.kind });
    if (event.kind !== "published" || event.outcome.kind === "unchanged") return;
    const { outcome, change } = event;
    const labels = recordLabels(change.record);
    const errorType = errorTypeOf(outcome);
    if (errorType !== undefined) return failures({ ...labels, error_type: errorType });
    updates(labels);
    lastPublish.set(change.record.provider, clock.date());
  };
}

/** From the first sight on: of a probe where one saw it, else from the start of the round. */
function watchTimes(instruments: Instruments): Listener {
  const publishing = instruments.histogram(RECORDS.published);
  const converging = instruments.histogram(RECORDS.converged);
  const verifications = instruments.counter(RECORDS.verifications);
  const underWay = new Map<RecordId, Milliseconds>();
  const learnPublished = ({ change, outcome, sinceSight, sinceStart }: Event<"published">) => {
    if (outcome.kind !== "applied") return;
    const took = sinceSight ?? sinceStart;
    publishing({}, took);
    underWay.set(recordId(change.record), took);
  };
  const learnVerified = ({ record, result }: Event<"verified">) => {
    verifications({ result: result.kind });
    const took = underWay.get(recordId(record));
    underWay.delete(recordId(record));
    if (took !== undefined && result.kind === "converged") converging({}, milliseconds(took + result.took));
  };
  return (event) => {
    if (event.kind === "published") learnPublished(event);
    if (event.kind === "verified") learnVerified(event);
  };
}

/** A word from a small set; `undefined` for what is no failure. */
function errorTypeOf(outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case "applied":
    case "unchanged":
      return undefined;
    case "refused":
      return outcome.cause;
    case "unconfirmed":
      return "unconfirmed";
    case "failed":
      return outcome.error instanceof EsddnsError ? outcome.error.code : "bug";
  }
}
