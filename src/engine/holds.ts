import type { Family } from "#core/address.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import { flapHold, type Policy, type WithheldReason } from "#core/policy.ts";
import type { Clock } from "#core/ports.ts";
import { type DesiredRecord, familyOf, type RecordId, recordId, type RecordKey } from "#core/record.ts";
import type { Store } from "#core/store.ts";
import { type Instant, instant, type Milliseconds } from "#core/units.ts";
import type { Pauses } from "#engine/pauses.ts";

export interface HoldsContext {
  readonly clock: Clock;
  readonly pauses: Pauses;
  readonly store: Store;
  /** Of a flapping line, at most. */
  readonly longest: Milliseconds;
}

interface Stop {
  readonly change: Change;
  readonly words: string;
  /** Whatever the change: it is the account that is refused. */
  readonly isOfAccount: boolean;
  /** Credentials may be replaced without the configuration changing. Absent: nothing heals it. */
  readonly until: Instant | undefined;
}

interface KeptTtl {
  readonly wish: number;
  /** Absent: written, and not read since. */
  readonly found?: number | undefined;
}

const STOP = 60 * 60_000;
/** As many as the flap rule looks at. */
const REMEMBERED_MOVES = 8;

/** What earlier outcomes withhold now: pauses, refusals, a flapping line, a TTL that the provider does not keep. */
export class Holds {
  readonly #context: HoldsContext;
  readonly #stops = new Map<RecordId, Stop>();
  readonly #ttls = new Map<RecordId, KeptTtl>();
  readonly #moves = new Map<Family, readonly Instant[]>();

  constructor(context: HoldsContext) {
    this.#context = context;
  }

  readonly policies: readonly Policy[] = [
    (change) => this.#stopped(change),
    (change) => this.#paused(change),
    (change) => this.#flapping(change),
    (change) => this.#ttlNotKept(change),
  ];

  /** Nothing more is held against a record that was read and is right. */
  inSync({ ttl, ...record }: DesiredRecord): void {
    this.#clear(record);
    if (ttl !== undefined) this.#ttls.set(recordId(record), { wish: ttl, found: ttl });
  }

  applied(change: Change): void {
    this.#clear(change.record);
    const { ttl } = change.record;
    if (ttl !== undefined) this.#ttls.set(recordId(change.record), { wish: ttl });
  }

  refused(change: Change, { cause, words, mayPass }: Extract<Outcome, { kind: "refused" }>): void {
    const isOfAccount = cause === "authentication";
    const until = isOfAccount || mayPass ? instant(this.#context.clock.now() + STOP) : undefined;
    this.#stops.set(recordId(change.record), { change, words, isOfAccount, until });
  }

  /**
   * A person asks for a round: what refused may have been put right since, e.g. a secret in its file, and whoever
   * asks while the line flaps wants the address of now.
   */
  lift(): void {
    this.#moves.clear();
    for (const [id, { until }] of this.#stops) if (until !== undefined) this.#stops.delete(id);
  }

  /** The family's address was published anew; once for all records of a round. */
  moved(family: Family): void {
    const moves = [...(this.#moves.get(family) ?? []), this.#context.clock.now()];
    this.#moves.set(family, moves.slice(-REMEMBERED_MOVES));
  }

  #clear(key: RecordKey): void {
    this.#stops.delete(recordId(key));
    this.#context.pauses.clear(recordId(key));
  }

  #stopped(change: Change): WithheldReason | undefined {
    const stop = this.#stops.get(recordId(change.record));
    if (!stop || (stop.until !== undefined && stop.until <= this.#context.clock.now())) return undefined;
    // Another wish, or another finding, is another question
    if (!stop.isOfAccount && !isSameChange(stop.change, change)) return undefined;
    return { kind: "stopped", words: stop.words, until: stop.until };
  }

  #paused({ record }: Change): WithheldReason | undefined {
    const until = this.#context.pauses.until(record.provider, recordId(record));
    return until === undefined ? undefined : { kind: "back-off", until };
  }

  #flapping(change: Change): WithheldReason | undefined {
    if (change.reason !== "address-changed") return undefined;
    const moves = this.#moves.get(familyOf(change.record.type)) ?? [];
    const until = flapHold(moves, this.#context.clock.now(), this.#context.longest);
    return until === undefined ? undefined : { kind: "flap-hold", until };
  }

  #ttlNotKept({ record, reason, before }: Change): WithheldReason | undefined {
    if (reason !== "ttl" || before?.ttl === undefined) return undefined;
    const id = recordId(record);
    const kept = this.#ttls.get(id) ?? this.#ttlOfEarlierRun(id);
    if (!kept || kept.wish !== record.ttl || before.ttl !== (kept.found ?? before.ttl)) return undefined;
    this.#ttls.set(id, { wish: kept.wish, found: before.ttl });
    return { kind: "ttl-not-kept", found: before.ttl };
  }

  #ttlOfEarlierRun(id: RecordId): KeptTtl | undefined {
    const wish = this.#context.store.publishedIn(id)?.ttl;
    return wish === undefined ? undefined : { wish };
  }
}

function isSameChange(a: Change, b: Change): boolean {
  return fingerprint(a) === fingerprint(b);
}

function fingerprint({ before, after }: Change): string {
  const texts = (values: Change["after"]["values"] = []) => values.map(({ text }) => text).join(",");
  return `${texts(before?.values)} ${texts(after.values)} ${after.ttl ?? ""}`;
}
