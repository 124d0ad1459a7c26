import type { Address, Family } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import { describeError } from "#core/errors.ts";
import type { Clock, Log, Random } from "#core/ports.ts";
import { addressFor } from "#core/plan.ts";
import { type DesiredRecord, familyOf, recordId, type RecordId } from "#core/record.ts";
import { elapsed, type Instant, type Milliseconds, milliseconds, seconds } from "#core/units.ts";
import type { EngineEvent } from "#engine/events.ts";
import { BackOff } from "#kubernetes/api/back-off.ts";
import { isKubernetesError } from "#kubernetes/api/kubernetes-error.ts";
import { pause } from "#kubernetes/api/pause.ts";
import type { ClusterEvents } from "#kubernetes/cluster/cluster-events.ts";
import { Gong } from "#kubernetes/cluster/gong.ts";
import { Pace } from "#kubernetes/cluster/pace.ts";
import { type RecordNews, recordNewsOf, withNews } from "#kubernetes/cluster/record-news.ts";
import { MAX_COUNT, oneMore, writeSharedAddress } from "#kubernetes/cluster/shared-address-data.ts";
import { type SharedAddress, withAddress } from "#kubernetes/cluster/shared-address.ts";
import type { SharedObject } from "#kubernetes/cluster/shared-object.ts";
import type { Term } from "#kubernetes/election/lease-elector.ts";
import type { LoadBalancerState } from "#state/cluster.ts";

export interface AnnouncerOptions {
  readonly object: SharedObject;
  readonly term: Term;
  readonly node: string;
  readonly records: readonly DesiredRecord[];
  /** From one full round to the next. */
  readonly interval: Milliseconds;
  /** Nodes to count on; `undefined`: not known yet. */
  readonly members: () => readonly string[] | undefined;
  readonly loadBalancer: () => LoadBalancerState | undefined;
  readonly events: Pick<ClusterEvents, "unwritten">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** How many signs of life an interval has; three may be lost before the shared address is stale. */
export const BEATS = 3;
/** For how many intervals it may be relied on. */
const VALID = 2;
/** Somebody who undoes what we write is answered at that pace. */
const PACE = { count: 10, per: milliseconds(10_000) };

/**
 * What a leader tells the cluster: an address as soon as it is known or another one, records as soon as they are right,
 * and otherwise nothing but signs of life.
 *
 * Its epoch is higher than any that it finds in the object. Whoever finds a higher one there than its own was deposed,
 * whatever its Lease says, and writes nothing more.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #confirmed = new Map<Family, { readonly address: Address; readonly agreement: string }>();
  /** When witnesses confirmed any of it last. */
  #confirmedAt: Date | undefined;
  #news: readonly RecordNews[] = [];
  /** Everything that this leader found right, for an object that somebody deleted or spoilt. */
  readonly #right = new Map<RecordId, Extract<RecordNews, { kind: "right" }>>();
  /** What this leader told last. */
  #told: SharedAddress | undefined;
  #toldAt: Instant | undefined;
  #isDeposed = false;
  readonly #gong = new Gong();
  readonly #pace: Pace;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#pace = new Pace(options.clock, PACE);
  }

  /** A listener of the engine. */
  readonly learn = (event: EngineEvent): void => {
    if (event.kind === "decided") this.#confirm(event.verdict);
    if (event.kind === "probed" && event.result === "unchanged")
      this.#confirmedAt = this.#options.clock.date();
    const news = recordNewsOf(event);
    if (news.length === 0) return;
    for (const one of news) if (one.kind === "right") this.#right.set(one.record, one);
    this.#news = [...this.#news, ...news];
    this.#gong.strike();
  };

  /** What is in the object is perhaps not what was told. */
  readonly look = (): void => {
    this.#learnTakeovers();
    this.#gong.strike();
  };

  /** Tells until the signal ends it. @returns whether it was because another leader has written since */
  async run(signal: AbortSignal): Promise<"deposed" | "ended"> {
    const { clock, random } = this.#options;
    const backOff = new BackOff({ clock, random });
    let retry: Milliseconds | undefined;
    while (!signal.aborted && !this.#isDeposed) {
      if (retry === undefined) await this.#gong.next(clock, this.#untilBeat(), signal);
      else await pause(clock, retry, signal);
      await pause(clock, this.#pace.wait, signal);
      try {
        if (!signal.aborted) await this.#tell(signal);
        retry = undefined;
      } catch (error) {
        if (retry === undefined && !signal.aborted) this.#complain(error);
        retry = backOff.next();
      }
    }
    return this.#isDeposed ? "deposed" : "ended";
  }

  /** An Event where nobody but a person can mend it: an object made immutable, a Role taken away. */
  #complain(error: unknown): void {
    const { log, events } = this.#options;
    const words = describeError(error);
    log.warn("The shared address cannot be written", { error: words });
    if (isKubernetesError(error, "forbidden", "invalid")) events.unwritten(words);
  }

  async #tell(signal: AbortSignal): Promise<void> {
    const { object, term, clock } = this.#options;
    const news = this.#news;
    let next: SharedAddress | undefined;
    const isTold = await object.update(
      (now) => (next = this.#revise(now, news)),
      () => term.isHeld(),
      signal,
    );
    this.#news = this.#news.filter((one) => !news.includes(one));
    if (!isTold) return;
    this.#told = next;
    this.#toldAt = clock.now();
    this.#pace.count();
  }

  #revise(now: SharedAddress | undefined, news: readonly RecordNews[]): SharedAddress | undefined {
    if (this.#confirmed.size === 0 || this.#confirmedAt === undefined) return undefined;
    const epoch = this.#epochAfter(now);
    if (epoch === undefined) return undefined;
    const content = this.#content(now ?? this.#blank(this.#confirmedAt), news);
    const isNews = !now || now.epoch !== epoch || content !== now || this.#isTouched(now);
    if (!isNews && !this.#isBeatDue()) return undefined;
    // Records that left the configuration go once: those that other nodes know already are not undone again and again
    const kept = this.#told ? content : withoutStrangers(content, this.#records());
    return {
      ...kept,
      epoch,
      sequence: this.#sequenceAfter(now?.epoch === epoch ? now.sequence : 0),
      detectedAt: this.#confirmedAt,
      validFor: seconds(Math.ceil((VALID * this.#options.interval) / 1000)),
      leader: this.#options.node,
      agreement: [...this.#confirmed.values()].map(({ agreement }) => agreement).join("; "),
    };
  }

  /** The same object where there is nothing to change. */
  #content(base: SharedAddress, news: readonly RecordNews[]): SharedAddress {
    const { clock, node, loadBalancer, members } = this.#options;
    let next = base;
    for (const [family, { address }] of this.#confirmed)
      next = withAddress(next, address, { at: clock.date(), records: [...this.#records(family)] });
    for (const one of news) next = withNews(next, one, node);
    next = this.#withMarks(next);
    next = withField(next, "members", members() ?? base.members);
    return withField(next, "loadBalancer", loadBalancer());
  }

  /** What others made right in our place is as good as what we found right, also when the address is another one then. */
  #learnTakeovers(): void {
    const { sight } = this.#options.object;
    if (sight.kind !== "present") return;
    for (const [record, address] of sight.shared.published)
      if (address.text === this.#wanted(record)?.text)
        this.#right.set(record, { kind: "right", record, address });
  }

  /** A mark that says neither what was found right nor the address that is told is no node's. */
  #withMarks(shared: SharedAddress): SharedAddress {
    const spoilt = [...this.#right.values()].filter(({ record, address }) => {
      const mark = shared.published.get(record);
      return mark?.text !== address.text && (!mark || mark.text !== this.#wanted(record)?.text);
    });
    if (spoilt.length === 0) return shared;
    const mended = spoilt.map(({ record, address }) => [record, address] as const);
    return { ...shared, published: new Map([...shared.published, ...mended]) };
  }

  #wanted(id: RecordId): Address | undefined {
    const record = this.#options.records.find((each) => recordId(each) === id);
    const confirmed = record && this.#confirmed.get(familyOf(record.type));
    return record && confirmed && addressFor(record, confirmed.address);
  }

  #records(family?: Family): ReadonlySet<RecordId> {
    const { records } = this.#options;
    const ours = records.filter(({ type }) => family === undefined || familyOf(type) === family);
    return new Set(ours.map(recordId));
  }

  /** Never one that was told before: who has seen that takes it for an older version. */
  #sequenceAfter(now: number): number {
    return oneMore(Math.max(now, this.#told?.sequence ?? 0));
  }

  /** Somebody wrote more than what nodes note. */
  #isTouched(now: SharedAddress): boolean {
    return this.#told !== undefined && essenceOf(now) !== essenceOf(this.#told);
  }

  #blank(detectedAt: Date): SharedAddress {
    return {
      addresses: new Map(),
      detectedAt,
      changedAt: undefined,
      epoch: 0,
      sequence: 0,
      validFor: seconds(0),
      agreement: "",
      leader: this.#options.node,
      published: new Map(),
      passed: new Map(),
      members: [this.#options.node],
      loadBalancer: undefined,
    };
  }

  /** A Lease that was deleted counts anew, and an object that outlived it must not make the new leader unheard. */
  #epochAfter(now: SharedAddress | undefined): number | undefined {
    const { term, log, object } = this.#options;
    const seen = Math.max(now?.epoch ?? -1, object.highestEpoch);
    const next = seen < MAX_COUNT ? seen + 1 : 0;
    const epoch = this.#told?.epoch ?? Math.max(term.id.transitions, next);
    if (!now || !this.#told || now.epoch <= epoch) return epoch;
    this.#isDeposed = true;
    log.warn("Another leader has written since", {
      ours: epoch,
      theirs: now.epoch,
      leader: now.leader,
    });
    return undefined;
  }

  #confirm(verdict: Verdict): void {
    if (verdict.kind !== "known") return;
    const { family, address } = verdict;
    this.#confirmedAt = this.#options.clock.date();
    const isNews = this.#confirmed.get(family)?.address.text !== address.text;
    this.#confirmed.set(family, { address, agreement: agreementOf(verdict) });
    if (!isNews) return;
    // What could not be made right was for the address of before
    const records = this.#records(family);
    this.#news = this.#news.filter(({ kind, record }) => kind !== "passed" || !records.has(record));
    this.#gong.strike();
  }

  #untilBeat(): Milliseconds {
    const beat = this.#options.interval / BEATS;
    const since = this.#toldAt === undefined ? 0 : elapsed(this.#toldAt, this.#options.clock.now());
    return milliseconds(Math.max(beat - since, beat / 10));
  }

  /**
   * Not without something that was confirmed since: a leader without witnesses is not to be relied on. Which of two times
   * is the later one, no wall clock says: it may have been set.
   */
  #isBeatDue(): boolean {
    const { clock, interval } = this.#options;
    const isNewer = this.#confirmedAt?.getTime() !== this.#told?.detectedAt.getTime();
    const since = this.#toldAt === undefined ? interval : elapsed(this.#toldAt, clock.now());
    return isNewer && since >= interval / BEATS;
  }
}

function withField<Key extends "loadBalancer" | "members">(
  shared: SharedAddress,
  key: Key,
  value: SharedAddress[Key],
): SharedAddress {
  return JSON.stringify(shared[key]) === JSON.stringify(value) ? shared : { ...shared, [key]: value };
}

/** All but what changes when a node notes something. */
function essenceOf(shared: SharedAddress): string {
  const noted = { sequence: 0, published: new Map(), passed: new Map() };
  return JSON.stringify(writeSharedAddress({ ...shared, ...noted }));
}

function withoutStrangers(shared: SharedAddress, ours: ReadonlySet<RecordId>): SharedAddress {
  const isOurs = ([id]: readonly [RecordId, unknown]) => ours.has(id);
  const [published, passed] = [[...shared.published], [...shared.passed]];
  if (published.every(isOurs) && passed.every(isOurs)) return shared;
  return { ...shared, published: new Map(published.filter(isOurs)), passed: new Map(passed.filter(isOurs)) };
}

function agreementOf(verdict: Extract<Verdict, { kind: "known" }>): string {
  const operators = [...new Set(verdict.for.map(({ witness }) => witness.operator))].toSorted();
  const against = new Set(verdict.against.map(({ witness }) => witness.operator)).size;
  const dissent = against === 0 ? "" : `, ${against} against`;
  return `IPv${verdict.family}: ${operators.join(", ")} agree${dissent}`;
}
