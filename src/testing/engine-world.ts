import { type Address, type Family, parseAddress } from "#core/address.ts";
import type { ConsensusRule, Verdict } from "#core/consensus.ts";
import { CancelledError } from "#core/errors.ts";
import { parseDomainName } from "#core/name.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Clock, Log, Random } from "#core/ports.ts";
import type { Capabilities, Provider } from "#core/provider.ts";
import { parsePrefix } from "#core/prefix.ts";
import {
  canonicalValues,
  type DesiredRecord,
  type Reading,
  type RecordId,
  recordId,
  type RecordKey,
  type RecordSet,
  type RecordType,
} from "#core/record.ts";
import type { Belief } from "#core/store.ts";
import { milliseconds, seconds } from "#core/units.ts";
import type { Authority } from "#core/verification.ts";
import type { Source } from "#core/witness.ts";
import type { EngineOptions } from "#engine/assembly.ts";
import { DEFAULT_LIMITS, detect, type DetectSettings, type Subject } from "#engine/detect.ts";
import { createEngine, type Engine } from "#engine/engine.ts";
import type { EngineEvent } from "#engine/events.ts";
import { Health } from "#engine/health.ts";
import { DEFAULT_SCHEDULE, type Schedule } from "#engine/pace.ts";
import { MemoryStore } from "#store/memory-store.ts";
import { type FakeNetwork, fakeSource, FakeWitness, type FakeWitnessOptions } from "#testing/fake-witness.ts";
import { ManualClock } from "#testing/manual-clock.ts";

export const QUORUM_OF_TWO: ConsensusRule = { kind: "quorum", quorum: 2 };

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new RangeError(`"${text}" is no address`);
  return parsed;
}

export function desired(
  name = "home.example.org",
  type: RecordType = "A",
  more: Partial<DesiredRecord> = {},
): DesiredRecord {
  return { name: parseDomainName(name), type, provider: "home", mode: "replace", ...more };
}

/** The same sequence for the same seed; 0.5 for ever without one. */
export function fixedRandom(seed?: number): Random {
  let state = seed ?? 0;
  const fraction = () => {
    if (seed === undefined) return 0.5;
    // Lehmer's generator (Park and Miller, 1988)
    state = ((state || 1) * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return { fraction, bytes: (length) => new Uint8Array(length).map(() => Math.floor(fraction() * 256)) };
}

/** A store in memory that can have a bug. */
class FragileStore extends MemoryStore {
  isBroken = false;

  override setBelief(belief: Belief): void {
    if (this.isBroken) throw new RangeError("broken");
    super.setBelief(belief);
  }
}

const CAPABILITIES: Capabilities = {
  granularity: "record-set",
  types: { A: "yes", AAAA: "yes" },
  ttl: { min: seconds(60), max: seconds(86_400) },
  wildcard: "yes",
  apex: "yes",
  multipleValues: "yes",
  read: "yes",
  batch: 1,
  pacing: { requests: 1000, per: milliseconds(1000), source: "made up" },
};

/** What a {@link ScriptedProvider} does with one change instead of making it. */
export type Script = (change: Change) => Promise<Outcome> | Outcome | undefined;

/** A provider in memory, whose calls take simulated time and can go wrong. */
export class ScriptedProvider implements Provider {
  readonly capabilities: Capabilities;
  readonly sets = new Map<RecordId, RecordSet>();
  readonly writes: { readonly at: number; readonly change: Change }[] = [];
  readonly reads: { readonly at: number; readonly keys: readonly RecordId[] }[] = [];
  readonly #clock: Clock;
  latency = 50;
  /** Of writes, where it differs. */
  writeLatency: number | undefined;
  open = 0;
  script: Script = () => undefined;
  readScript: (key: RecordKey) => Reading | undefined = () => undefined;

  constructor(clock: Clock, capabilities: Partial<Capabilities> = {}) {
    this.#clock = clock;
    this.capabilities = { ...CAPABILITIES, ...capabilities };
  }

  /** Somebody else sets a record. */
  put(name: string, type: RecordType, values: readonly string[], ttl?: number): void {
    const set: RecordSet = {
      name: parseDomainName(name),
      type,
      values: canonicalValues(values.map(address)),
      ...(ttl === undefined ? {} : { ttl: seconds(ttl) }),
    };
    this.sets.set(recordId(set), set);
  }

  values(id: RecordId = "home.example.org/A"): string {
    return (this.sets.get(id)?.values ?? []).map(({ text }) => text).join(",");
  }

  async read(keys: readonly RecordKey[], signal: AbortSignal): Promise<ReadonlyMap<RecordId, Reading>> {
    this.reads.push({ at: this.#clock.now(), keys: keys.map(recordId) });
    return this.#call(
      signal,
      this.latency,
      () => new Map(keys.map((key) => [recordId(key), this.#readingOf(key)])),
    );
  }

  async apply(changes: readonly Change[], signal: AbortSignal): Promise<readonly Outcome[]> {
    if (signal.aborted) throw new CancelledError();
    for (const change of changes) this.writes.push({ at: this.#clock.now(), change });
    const latency = this.writeLatency ?? this.latency;
    return this.#call(signal, latency, () => Promise.all(changes.map((change) => this.#make(change))));
  }

  check(): Promise<readonly string[]> {
    return Promise.resolve(["all is well"]);
  }

  async #call<T>(signal: AbortSignal, latency: number, act: () => Promise<T> | T): Promise<T> {
    this.open += 1;
    try {
      await this.#clock.sleep(milliseconds(latency), signal);
      return await act();
    } finally {
      this.open -= 1;
    }
  }

  #readingOf(key: RecordKey): Reading {
    const scripted = this.readScript(key);
    if (scripted) return scripted;
    const set = this.sets.get(recordId(key));
    return set ? { kind: "present", set } : { kind: "absent" };
  }

  async #make(change: Change): Promise<Outcome> {
    const scripted = await this.script(change);
    if (scripted) return scripted;
    this.land(change);
    return { kind: "applied" };
  }

  land({ after }: Change): void {
    this.sets.set(recordId(after), after);
  }
}

export interface WorldOptions {
  readonly truth?: string;
  readonly truth6?: string;
  readonly records?: readonly DesiredRecord[];
  readonly witnesses?: readonly FakeWitnessOptions[];
  readonly rule?: ConsensusRule;
  readonly detection?: Partial<DetectSettings>;
  readonly schedule?: Partial<Schedule>;
  readonly seed?: number;
  readonly capabilities?: Partial<Capabilities>;
  readonly authority?: Authority;
  readonly verification?: EngineOptions["verification"];
  readonly dryRun?: boolean;
}

/** STUN over UDP at so many operators, and TLS at the last `authenticated` of as many others. */
export function operators(plain: number, authenticated = 0): readonly FakeWitnessOptions[] {
  return [
    ...Array.from({ length: plain }, (_, index) => ({ operator: `udp${index}` })),
    ...Array.from({ length: authenticated }, (_, index) => ({
      operator: `tls${index}`,
      source: "http" as const,
      authenticated: true,
    })),
  ];
}

export interface Detected {
  readonly verdict: Verdict;
  readonly took: number;
  readonly asked: number;
  readonly notes: readonly string[];
}

/** A network with its witnesses, a provider and a store, on a clock that only a test moves. */
export class EngineWorld implements FakeNetwork {
  readonly clock = new ManualClock();
  readonly store = new FragileStore();
  readonly events: EngineEvent[] = [];
  readonly bugs: unknown[] = [];
  readonly witnesses: readonly FakeWitness[];
  readonly provider: ScriptedProvider;
  readonly providers: Map<string, Provider>;
  readonly #options: WorldOptions;
  readonly #truth: Record<Family, string>;
  readonly #random: Random;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.#truth = { 4: options.truth ?? "44.128.10.77", 6: options.truth6 ?? "2a10:ed1:77::1" };
    this.witnesses = (options.witnesses ?? operators(5, 3)).map((each) => new FakeWitness(this, each));
    this.provider = new ScriptedProvider(this.clock, options.capabilities);
    this.providers = new Map([["home", this.provider]]);
    this.#random = fixedRandom(options.seed);
  }

  truth(family: Family): string {
    return this.#truth[family];
  }

  /** The address changes; `offline`: no answer comes back. */
  move(truth: string, family: Family = 4): void {
    this.#truth[family] = truth;
  }

  settings(): DetectSettings {
    return {
      rule: this.#options.rule ?? QUORUM_OF_TWO,
      limits: DEFAULT_LIMITS,
      allowRanges: [],
      confirms: true,
      ...this.#options.detection,
    };
  }

  sources(): readonly Source[] {
    return [fakeSource(this.witnesses)];
  }

  engineOptions(): EngineOptions {
    const { records = [desired()], schedule, authority, verification, dryRun } = this.#options;
    return {
      sources: this.sources(),
      providers: this.providers,
      records,
      detection: this.settings(),
      schedule: { ...DEFAULT_SCHEDULE, ...schedule },
      store: this.store,
      authority,
      verification,
      dryRun,
      clock: this.clock,
      random: this.#random,
      log: this.#log(),
    };
  }

  engine(): Engine {
    const engine = createEngine(this.engineOptions());
    engine.subscribe((event) => this.events.push(event));
    return engine;
  }

  /** What is confirmed already, as after an earlier run. */
  established(text = this.truth(4), family: Family = 4): this {
    const type = family === 4 ? "A" : "AAAA";
    const at = this.clock.date();
    this.provider.put("home.example.org", type, [text]);
    this.store.setPublished({ record: `home.example.org/${type}`, address: address(text), at });
    this.store.setBelief({
      family,
      kind: "known",
      address: address(text),
      since: at,
      lastRound: at,
      for: [],
      against: [],
    });
    return this;
  }

  /** One detection, and how long its decision took. */
  async detect(subject: Partial<Subject> = {}, health = new Health()): Promise<Detected> {
    const startedAt = this.clock.now();
    const emit = (event: EngineEvent) => void this.events.push(event);
    const { clock } = this;
    const context = {
      settings: this.settings(),
      sources: this.sources(),
      health,
      clock,
      random: this.#random,
      emit,
    };
    const whole: Subject = { round: 1, family: 4, confirmed: undefined, suspicious: false, ...subject };
    const { verdict, ended } = await finish(clock, detect(whole, context, NEVER));
    const took = clock.now() - startedAt;
    const askedAtDecision = this.asked;
    await finish(clock, ended);
    const notes = this.of("decided").flatMap((event) => event.notes);
    return { verdict, took, asked: askedAtDecision, notes };
  }

  of<Kind extends EngineEvent["kind"]>(kind: Kind): readonly Extract<EngineEvent, { kind: Kind }>[] {
    return this.events.filter((event): event is Extract<EngineEvent, { kind: Kind }> => event.kind === kind);
  }

  /** Questions under way, provider calls and pending sleeps: 0 when nothing was left behind. */
  get open(): number {
    const questions = this.witnesses.reduce((sum, { open }) => sum + open, 0);
    return questions + this.provider.open + this.clock.pending;
  }

  get asked(): number {
    return this.witnesses.reduce((sum, { questions }) => sum + questions.length, 0);
  }

  #log(): Log {
    const quiet = () => {};
    return { debug: quiet, info: quiet, warn: quiet, error: (_message, fields) => this.bugs.push(fields) };
  }
}

/** Moves the clock until the promise is settled; throws when that takes longer than `limit` ms. */
export async function finish<T>(clock: ManualClock, promise: Promise<T>, limit = 120_000): Promise<T> {
  const state = { isOver: false };
  const watched = promise.finally(() => (state.isOver = true));
  watched.catch(() => {});
  await clock.advance(0);
  const end = clock.now() + limit;
  while (!state.isOver) {
    const next = clock.nextWake;
    if (next === undefined || next > end) throw new Error("it does not end");
    await clock.advance(Math.max(0, next - clock.now()));
  }
  return watched;
}

export const NEVER = new AbortController().signal;

export function prefixes(...texts: readonly string[]) {
  return texts.flatMap((text) => parsePrefix(text) ?? []);
}
