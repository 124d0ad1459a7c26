import { EsddnsError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Clock } from "#core/ports.ts";
import type { DesiredRecord, ProviderName } from "#core/record.ts";
import type { Listener } from "#engine/events.ts";
import { watchChangeTimes } from "#metrics/change-times.ts";
import { PROVIDERS, RECORDS } from "#metrics/definitions.ts";
import type { Instruments } from "#metrics/instruments.ts";
import type { State } from "#state/state.ts";

export interface RecordsContext {
  readonly state: () => State;
  readonly clock: Clock;
}

/** The labels of a record: the names that the original gave them. */
export function recordLabels({ name, type }: DesiredRecord) {
  return { domain: name, record_type: type };
}

/** Counts changes. */
export function watchRecords(instruments: Instruments, { state, clock }: RecordsContext): Listener {
  const updates = instruments.counter(RECORDS.updates, () =>
    state().records.map(({ record }) => recordLabels(record)),
  );
  const failures = instruments.counter(RECORDS.failures);
  const withheld = instruments.counter(RECORDS.withheld);
  const timed = watchChangeTimes(instruments, clock);
  const lastPublish = new Map<ProviderName, Date>();
  instruments.gauge(PROVIDERS.lastPublish, () =>
    [...lastPublish].map(([provider, at]) => [{ provider }, at.getTime() / 1000] as const),
  );
  return (event) => {
    timed(event);
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
