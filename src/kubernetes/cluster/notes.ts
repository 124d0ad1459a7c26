import { describeError } from "#core/errors.ts";
import type { Clock, Log } from "#core/ports.ts";
import { type DesiredRecord, familyOf, recordId } from "#core/record.ts";
import { addressFor } from "#core/plan.ts";
import { milliseconds } from "#core/units.ts";
import type { EngineEvent } from "#engine/events.ts";
import { Gong } from "#kubernetes/cluster/gong.ts";
import { type RecordNews, recordNewsOf, withNews } from "#kubernetes/cluster/record-news.ts";
import { oneMore } from "#kubernetes/cluster/shared-address-data.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import type { SharedObject } from "#kubernetes/cluster/shared-object.ts";

export interface NotesOptions {
  readonly object: SharedObject;
  readonly node: string;
  readonly records: readonly DesiredRecord[];
  readonly clock: Clock;
  readonly log: Log;
}

const NO_NEWS = milliseconds(3_600_000);
const RETRY = milliseconds(5000);

/**
 * What a node that follows notes in the shared address: a record that it made right in the leader's place, so that
 * nobody else does, or that it could not, so that the next one does.
 */
export class Notes {
  readonly #options: NotesOptions;
  #news: readonly RecordNews[] = [];
  readonly #gong = new Gong();

  constructor(options: NotesOptions) {
    this.#options = options;
  }

  /** A listener of the engine. What it planned rests on what is in the object already, and is no news there. */
  readonly learn = (event: EngineEvent): void => {
    if (event.kind !== "published") return;
    const { sight } = this.#options.object;
    const shared = sight.kind === "present" ? sight.shared : undefined;
    const news = recordNewsOf(event).filter((one) => shared && this.#revise(shared, [one]) !== undefined);
    if (news.length === 0) return;
    this.#news = [...this.#news, ...news];
    this.#gong.strike();
  };

  /** Until the signal ends it. What cannot be noted is noted later; the record is right all the same. */
  async run(signal: AbortSignal): Promise<void> {
    const { object, clock, log } = this.#options;
    let isNoted = true;
    while (!signal.aborted) {
      await this.#gong.next(clock, this.#news.length > 0 ? RETRY : NO_NEWS, signal);
      const news = this.#news;
      if (signal.aborted || news.length === 0) continue;
      try {
        await object.update(
          (now) => now && this.#revise(now, news),
          () => true,
          signal,
        );
        this.#news = this.#news.filter((one) => !news.includes(one));
        isNoted = true;
      } catch (error) {
        // Once, and not every five seconds
        if (isNoted && !signal.aborted)
          log.warn("The shared address cannot be written", { error: describeError(error) });
        isNoted = false;
      }
    }
  }

  /** @returns `undefined` where there is nothing to note */
  #revise(now: SharedAddress, news: readonly RecordNews[]): SharedAddress | undefined {
    const { node } = this.#options;
    const next = news.reduce(
      (shared, one) => (this.#isWanted(shared, one) ? withNews(shared, one, node) : shared),
      now,
    );
    return next === now ? undefined : { ...next, sequence: oneMore(now.sequence) };
  }

  /** By now the address may be another one again. */
  #isWanted(shared: SharedAddress, { record: id, address }: RecordNews): boolean {
    const record = this.#options.records.find((each) => recordId(each) === id);
    const detected = record && shared.addresses.get(familyOf(record.type));
    if (!record || !detected) return false;
    return addressFor(record, detected).text === address?.text;
  }
}
