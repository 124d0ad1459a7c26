import type { Clock } from "#core/ports.ts";
import { type DesiredRecord, type RecordId, recordId } from "#core/record.ts";
import { elapsed, type Instant, instant, type Milliseconds, milliseconds } from "#core/units.ts";
import type { EngineEvent, Listener } from "#engine/events.ts";
import { RECORDS } from "#metrics/definitions.ts";
import type { Instruments } from "#metrics/instruments.ts";

type Event<Kind extends EngineEvent["kind"]> = Extract<EngineEvent, { kind: Kind }>;

const VERIFICATIONS = ["converged", "incomplete", "unverifiable"] as const;

/**
 * How long changes take, from the first sight on: of a probe where one saw it, else from the start of the first
 * round that found it due. Attempts that failed and holds are part of it.
 */
export function watchChangeTimes(instruments: Instruments, clock: Clock): Listener {
  const publishing = instruments.histogram(RECORDS.published);
  const converging = instruments.histogram(RECORDS.converged);
  const verifications = instruments.counter(RECORDS.verifications, () =>
    VERIFICATIONS.map((result) => ({ result })),
  );
  const due = new DueChanges(clock);
  const published = new Map<RecordId, Milliseconds>();
  const learnPublished = (event: Event<"published">) => {
    const { record } = event.change;
    const took = due.sinceSight(record, event.sinceSight ?? event.sinceStart);
    if (event.outcome.kind !== "applied") return;
    due.forget(record);
    publishing({}, took);
    published.set(recordId(record), took);
  };
  const learnVerified = ({ record, result }: Event<"verified">) => {
    verifications({ result: result.kind });
    const took = published.get(recordId(record));
    published.delete(recordId(record));
    if (took !== undefined && result.kind === "converged") converging({}, milliseconds(took + result.took));
  };
  return (event) => {
    if (event.kind === "planned")
      for (const { kind, record } of event.plan) if (kind === "in-sync") due.forget(record);
    if (event.kind === "withheld") due.sinceSight(event.withheld.change.record, milliseconds(0));
    if (event.kind === "published") learnPublished(event);
    if (event.kind === "verified") learnVerified(event);
  };
}

/** Changes that were due and are not made yet. */
class DueChanges {
  readonly #clock: Clock;
  readonly #firstSight = new Map<RecordId, Instant>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param least how long ago it is at least */
  sinceSight(record: DesiredRecord, least: Milliseconds): Milliseconds {
    const now = this.#clock.now();
    const id = recordId(record);
    const first = this.#firstSight.get(id) ?? instant(now - least);
    this.#firstSight.set(id, first);
    return elapsed(first, now);
  }

  forget(record: DesiredRecord): void {
    this.#firstSight.delete(recordId(record));
  }
}
