import { EsddnsError, ProviderError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import type { Provider } from "#core/provider.ts";
import {
  type DesiredRecord,
  type ProviderName,
  type Reading,
  type RecordId,
  recordId,
  type RecordKey,
  type RecordSet,
} from "#core/record.ts";
import type { Store } from "#core/store.ts";
import { elapsed, type Instant, type Milliseconds, milliseconds } from "#core/units.ts";
import type { Authority } from "#core/verification.ts";
import { withDeadline } from "#engine/deadline.ts";
import type { Pauses } from "#engine/pauses.ts";
import type { OnCalled } from "#engine/publish.ts";

export interface ReadingsContext {
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly authority?: Authority | undefined;
  readonly store: Store;
  readonly clock: Clock;
  readonly pauses: Pauses;
  readonly onBug: (error: unknown) => void;
  readonly onCalled: OnCalled;
}

interface Entry {
  readonly reading: Reading;
  /** When it was asked for, or written. */
  readonly at: Instant;
  readonly isWritten: boolean;
}

const DEADLINE = milliseconds(15_000);

/** What is published, as far as the providers told: a cache with an age. */
export class Readings {
  readonly #context: ReadingsContext;
  readonly #entries = new Map<RecordId, Entry>();
  readonly #underWay = new Map<RecordId, Promise<void>>();

  constructor(context: ReadingsContext) {
    this.#context = context;
  }

  /** Starts to read those that are older than `maxAge`; who wants to know awaits {@link current}. */
  request(records: readonly DesiredRecord[], maxAge: Milliseconds, signal: AbortSignal): void {
    const due = records.filter((record) => this.isOlder(record, maxAge) && !this.#isBusy(record));
    for (const [name, group] of Map.groupBy(due, ({ provider }) => provider)) {
      const reading = this.#read(name, group, signal);
      for (const record of group) this.#underWay.set(recordId(record), reading);
    }
  }

  /** What is known of them, after what is under way. */
  async current(records: readonly DesiredRecord[]): Promise<ReadonlyMap<RecordId, Reading>> {
    await Promise.all(records.flatMap((record) => this.#underWay.get(recordId(record)) ?? []));
    return new Map(records.map((record) => [recordId(record), this.#readingOf(record)]));
  }

  isOlder(key: RecordKey, maxAge: Milliseconds): boolean {
    const entry = this.#entries.get(recordId(key));
    // What could not be read is wanted again as soon as its pause is over
    if (!entry || entry.reading.kind === "unread") return true;
    return elapsed(entry.at, this.#context.clock.now()) >= maxAge;
  }

  /** Whether it was found there, and is not merely what we wrote. */
  wasRead(key: RecordKey): boolean {
    return this.#entries.get(recordId(key))?.isWritten === false;
  }

  /** What a write left behind is what is there. */
  learn(set: RecordSet): void {
    this.#entries.set(recordId(set), {
      reading: { kind: "present", set },
      at: this.#context.clock.now(),
      isWritten: true,
    });
  }

  forget(key: RecordKey): void {
    this.#entries.delete(recordId(key));
  }

  #isBusy(record: DesiredRecord): boolean {
    const id = recordId(record);
    return this.#underWay.has(id) || this.#context.pauses.until(record.provider, id) !== undefined;
  }

  #readingOf(record: DesiredRecord): Reading {
    const entry = this.#entries.get(recordId(record));
    if (entry) return entry.reading;
    const message = `Cannot read "${record.name}": "${record.provider}" is left alone for a while after a failure`;
    return { kind: "unread", error: new ProviderError(message, { code: "paused" }) };
  }

  /** Never rejects: a reading that failed is a reading. */
  async #read(name: ProviderName, records: readonly DesiredRecord[], signal: AbortSignal): Promise<void> {
    const at = this.#context.clock.now();
    const found = await this.#ask(name, records, signal);
    if (!signal.aborted) {
      const took = elapsed(at, this.#context.clock.now());
      this.#context.onCalled({ provider: name, operation: "read", took, ...resultOf(found) });
    }
    for (const record of records) {
      const id = recordId(record);
      this.#underWay.delete(id);
      const reading = found.get(id) ?? { kind: "unread", error: new TypeError(`${id} was not read`) };
      const isOutdated = (this.#entries.get(id)?.at ?? 0) > at;
      if (!isOutdated && !signal.aborted) this.#entries.set(id, { reading, at, isWritten: false });
    }
    if (!signal.aborted) this.#pauseAfter(name, found);
  }

  async #ask(
    name: ProviderName,
    records: readonly DesiredRecord[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<RecordId, Reading>> {
    const { clock, providers, onBug } = this.#context;
    try {
      const provider = providers.get(name);
      if (!provider) throw new TypeError(`there is no provider "${name}"`);
      return await withDeadline(clock, { within: DEADLINE }, signal, (inner) =>
        provider.capabilities.read === "yes" ? provider.read(records, inner) : this.#readZone(records, inner),
      );
    } catch (error) {
      if (!(error instanceof EsddnsError)) onBug(error);
      return new Map(records.map((record) => [recordId(record), { kind: "unread", error }]));
    }
  }

  /**
   * Of a provider that cannot be asked: the zone's own servers, or else what was confirmed last. A service
   * that can be updated and never read is compared with what we told it.
   */
  async #readZone(
    records: readonly DesiredRecord[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<RecordId, Reading>> {
    const published = this.#context.store.published();
    const readings = records.map(async (record): Promise<readonly [RecordId, Reading]> => {
      const id = recordId(record);
      const reading = await this.#context.authority?.read(record, signal);
      if (reading && reading.kind !== "unread") return [id, reading];
      const ours = published.get(id);
      if (!ours) return [id, { kind: "absent" }];
      const { name, type } = record;
      return [id, { kind: "present", set: { name, type, values: [ours.address] } }];
    });
    return new Map(await Promise.all(readings));
  }

  /** The provider only when nothing could be read: one bad zone says nothing about the account. */
  #pauseAfter(name: ProviderName, found: ReadonlyMap<RecordId, Reading>): void {
    const failed = [...found].flatMap(([id, reading]) =>
      reading.kind === "unread" ? [{ id, error: reading.error }] : [],
    );
    const { pauses } = this.#context;
    if (failed.length === found.size)
      return pauses.extend(name, longestWait(failed.map(({ error }) => error)));
    for (const { id, error } of failed) pauses.extend(id, longestWait([error]));
    // A write may have been told to wait while this was under way
    if (pauses.until(name) === undefined) pauses.clear(name);
  }
}

function longestWait(errors: readonly unknown[]): Milliseconds | undefined {
  const waits = errors.flatMap((error) => (error instanceof EsddnsError ? waitOf(error) : []));
  return waits.length === 0 ? undefined : milliseconds(Math.max(...waits));
}

function waitOf({ retry }: EsddnsError): readonly Milliseconds[] {
  return typeof retry === "object" ? [retry.after] : [];
}

/** One bad zone fails no call; nothing at all to read does. */
function resultOf(found: ReadonlyMap<RecordId, Reading>): Pick<Parameters<OnCalled>[0], "error" | "result"> {
  const errors = [...found.values()].flatMap((reading) => (reading.kind === "unread" ? [reading.error] : []));
  if (errors.length < found.size || errors.length === 0) return { result: "ok" };
  const [error] = errors;
  const isRefused = error instanceof ProviderError && error.code === "authentication";
  return { result: isRefused ? "refused" : "failed", error };
}
