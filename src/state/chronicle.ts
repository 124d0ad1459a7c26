import type { Clock } from "#core/ports.ts";
import type { ProviderName } from "#core/record.ts";
import type { Archive, Belief, Episode } from "#core/store.ts";
import { type Instant, instant } from "#core/units.ts";
import type { EngineEvent } from "#engine/events.ts";
import { type Happening, isHappening } from "#state/happening.ts";
import { happeningsOf } from "#state/happenings.ts";
import { initialState, type Subjects } from "#state/initial-state.ts";
import { Measures } from "#state/measures.ts";
import { dateOf } from "#state/moment.ts";
import { nextState } from "#state/next-state.ts";
import type { State } from "#state/state.ts";

export interface ChronicleOptions {
  readonly subjects: Subjects;
  readonly archive: Archive;
  readonly clock: Clock;
  /** How many requests each provider's limit leaves now. */
  readonly budgetOf: (provider: ProviderName) => number | undefined;
}

/** An event with what it meant to a person, or something worth telling that no event says. */
export interface News {
  readonly event: EngineEvent | undefined;
  readonly happenings: readonly Happening[];
  /** After it. */
  readonly state: State;
}

export type ChronicleListener = (news: News) => void;

const LATELY = 50;
/** A belief this old says that no daemon was running since. */
const UNWATCHED_AFTER = 20 * 60_000;

/** Listens to the engine: keeps the state, and writes down for people what happened. */
export class Chronicle {
  readonly #archive: Archive;
  readonly #clock: Clock;
  readonly #budgetOf: ChronicleOptions["budgetOf"];
  readonly #listeners = new Set<ChronicleListener>();
  readonly #measures: Measures;
  /** On the clock's `now`, which nobody sets, unlike dates. */
  #signOfLife: Instant;
  readonly #due: { round?: Instant; probe?: Instant } = {};
  #state: State;

  constructor({ subjects, archive, clock, budgetOf }: ChronicleOptions) {
    this.#archive = archive;
    this.#clock = clock;
    this.#budgetOf = budgetOf;
    const now = clock.date();
    this.#signOfLife = clock.now();
    this.#measures = new Measures(now);
    const lately = archive.happenings(LATELY).filter(isHappening);
    this.#state = initialState(subjects, archive, lately, now);
    for (const family of subjects.families) this.#resume(archive.beliefs().get(family), now);
  }

  state(): State {
    const providers = this.#state.providers.map((each) => ({ ...each, budget: this.#budgetOf(each.name) }));
    const at = { date: this.#clock.date(), now: this.#clock.now() };
    const { round, probe } = this.#due;
    const next = {
      round: round === undefined ? round : dateOf(round, at),
      probe: probe === undefined ? probe : dateOf(probe, at),
    };
    return { ...this.#state, providers, next, signOfLife: dateOf(this.#signOfLife, at) };
  }

  /** A listener of the engine. */
  readonly learn = (event: EngineEvent): void => {
    const at = { date: this.#clock.date(), now: this.#clock.now() };
    this.#keepTime(event, at.now);
    const before = this.#state;
    const after = nextState(before, event, at);
    const happenings = happeningsOf(before, event, after, at);
    this.#state = after;
    if (event.kind === "decided") this.#archiveVerdict(event, at.date);
    const measures = this.#measures.learn(event, after, at.date);
    if (measures.length > 0) this.#archive.addMeasures(measures);
    this.#tell(event, happenings);
  };

  /** Something that no event of the engine says. */
  tell(happening: Happening): void {
    this.#tell(undefined, [happening]);
  }

  /** @returns ends the subscription */
  subscribe(listener: ChronicleListener): () => void {
    const own: ChronicleListener = (news) => listener(news);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Writes down what was counted so far. */
  close(): void {
    this.#listeners.clear();
    const measures = this.#measures.end();
    if (measures.length > 0) this.#archive.addMeasures(measures);
  }

  #keepTime(event: EngineEvent, now: Instant): void {
    // A loop that does nothing but crash is as good as none
    if (event.kind !== "crashed") this.#signOfLife = now;
    if (event.kind === "scheduled") this.#due[event.next] = instant(now + event.within);
  }

  #tell(event: EngineEvent | undefined, happenings: readonly Happening[]): void {
    this.#remember(happenings);
    for (const listener of this.#listeners) listener({ event, happenings, state: this.#state });
  }

  #remember(happenings: readonly Happening[]): void {
    if (happenings.length === 0) return;
    for (const happening of happenings) this.#archive.addHappening(happening);
    const lately = [...happenings.toReversed(), ...this.#state.lately].slice(0, LATELY);
    this.#state = { ...this.#state, lately };
  }

  /** What was last written down goes on, or ended when the last process did. */
  #resume(belief: Belief | undefined, now: Date): void {
    if (!belief) return;
    const { family, kind, address, lastRound } = belief;
    const latest = this.#archive.episodes(family, lastRound).at(-1);
    const from = belief.since ?? lastRound;
    if (!latest) this.#archive.beginEpisode({ family, kind, from, ...(kind === "known" && { address }) });
    if (now.getTime() - lastRound.getTime() < UNWATCHED_AFTER || latest?.kind === "unwatched") return;
    this.#archive.beginEpisode({ family, kind: "unwatched", from: lastRound });
  }

  #archiveVerdict({ family, verdict }: Extract<EngineEvent, { kind: "decided" }>, at: Date): void {
    const latest = this.#archive.episodes(family, at).at(-1);
    const address = verdict.kind === "known" ? verdict.address : undefined;
    if (latest?.kind === verdict.kind && latest.address?.text === address?.text) return;
    const episode: Episode = { family, kind: verdict.kind, from: at, ...(address && { address }) };
    this.#archive.beginEpisode(episode);
  }
}
