import { FAMILIES, type Family } from "#core/address.ts";
import { familyOf } from "#core/record.ts";
import { milliseconds } from "#core/units.ts";
import { assembleParts, type EngineOptions, type Parts, releaseOf } from "#engine/assembly.ts";
import { confirmedAddress } from "#engine/beliefs.ts";
import type { EngineEvent, Listener, RoundSummary, Trigger } from "#engine/events.ts";
import { Listeners } from "#engine/listeners.ts";
import type { ProbeBeat } from "#engine/pace.ts";
import { keepProbing } from "#engine/probe.ts";
import { runRound } from "#engine/round.ts";
import { keepRounds } from "#engine/schedule.ts";
import { Triggers } from "#engine/triggers.ts";

export interface Engine {
  /**
   * One full round, after those under way. Call {@link Engine.stop} in the end.
   *
   * @throws {CancelledError} (rejects) when the signal ends it; a write in flight is finished before
   */
  round(trigger: Trigger, signal: AbortSignal): Promise<RoundSummary>;
  /** Rounds and probes until the signal ends it, or {@link Engine.stop}; resolves when everything is closed. */
  run(signal: AbortSignal): Promise<void>;
  /** Starts a round early; those of a burst make one. */
  trigger(kind: Trigger): void;
  /** Every witness begins anew, without what it did: the world around it is another one. */
  pardon(): void;
  /** For good: cancels everything at once, but lets a write in flight finish within 10 s. */
  stop(): Promise<void>;
  /** @returns ends the subscription */
  subscribe(listener: Listener): () => void;
}

export function createEngine(options: EngineOptions): Engine {
  return new RunningEngine(options);
}

const BY_A_PERSON: ReadonlySet<Trigger> = new Set(["command", "signal"]);

/** Nothing hints at a change. */
const ROUTINE: ReadonlySet<Trigger> = new Set(["back-off", "schedule"]);
/** After a bug in a loop. */
const RESTART = milliseconds(10_000);

class RunningEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #families: readonly Family[];
  readonly #listeners: Listeners;
  readonly #triggers: Triggers;
  readonly #parts: Parts;
  readonly #stop = new AbortController();
  /** Whose latest verdict was not known. */
  readonly #troubled = new Set<Family>();
  /** Rounds, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #loops: Promise<unknown> = Promise.resolve();
  #rounds = 0;

  constructor(options: EngineOptions) {
    const { records, log, clock } = options;
    this.#options = options;
    this.#families = FAMILIES.filter((family) => records.some(({ type }) => familyOf(type) === family));
    this.#listeners = new Listeners(log);
    this.#triggers = new Triggers(clock);
    this.#parts = assembleParts(options, this.#families, this.#emit, this.#stop.signal);
  }

  subscribe(listener: Listener): () => void {
    return this.#listeners.subscribe(listener);
  }

  trigger(kind: Trigger): void {
    this.#triggers.pull(kind);
  }

  pardon(): void {
    const witnesses = this.#options.sources.flatMap((source) => source.witnesses());
    for (const [witness, family] of this.#parts.health.pardon(witnesses))
      this.#emit({ kind: "released", family, witness });
  }

  round(trigger: Trigger, signal: AbortSignal): Promise<RoundSummary> {
    return this.#round(trigger, this.#families, AbortSignal.any([signal, this.#stop.signal]));
  }

  async run(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#stop.signal]);
    const { probe, jitter } = this.#options.schedule;
    const probed =
      probe === "off" ? [] : this.#families.map((family) => ({ family, beat: { probe, jitter } }));
    const loops = [
      () => this.#keepRounds(either),
      () => this.#parts.preparation.keep(either),
      ...probed.map(
        ({ family, beat }) =>
          () =>
            this.#keepProbing(family, beat, either),
      ),
    ];
    this.#loops = Promise.all(loops.map((loop) => this.#keep(loop, either)));
    await this.#loops;
    await this.stop();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loops;
    await this.#turn;
    await this.#parts.verifications?.stop();
  }

  readonly #emit = (event: EngineEvent): void => {
    if (event.kind === "probed") this.#parts.sights.learn(event);
    this.#listeners.emit(event);
  };

  /** A loop ends with its signal, and with nothing else. */
  async #keep(loop: () => Promise<never>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await loop();
      } catch (error) {
        if (signal.aborted) return;
        this.#emit({ kind: "crashed", error });
        await this.#options.clock.sleep(RESTART, signal).catch(() => {});
      }
    }
  }

  #keepRounds(signal: AbortSignal): Promise<never> {
    const { schedule, clock, random } = this.#options;
    return keepRounds(
      {
        families: this.#families,
        schedule,
        triggers: this.#triggers,
        clock,
        random,
        emit: this.#emit,
        round: (trigger, families) => this.#round(trigger, families, signal),
        releaseAt: (summary) => releaseOf(summary, this.#parts.pauses),
      },
      signal,
    );
  }

  #keepProbing(family: Family, beat: ProbeBeat, signal: AbortSignal): Promise<never> {
    const { store, records } = this.#options;
    return keepProbing(
      family,
      {
        ...this.#parts.rounds.detecting,
        beat,
        believed: () => confirmedAddress(family, store, records),
        isTroubled: () => this.#troubled.has(family),
        idle: async () => void (await this.#turn),
        trigger: (kind) => this.#triggers.pull(kind),
      },
      signal,
    );
  }

  #round(trigger: Trigger, families: readonly Family[], signal: AbortSignal): Promise<RoundSummary> {
    const round = this.#turn.then(() => this.#runRound(trigger, families, signal));
    this.#turn = round.catch(() => {});
    return round;
  }

  async #runRound(trigger: Trigger, families: readonly Family[], signal: AbortSignal): Promise<RoundSummary> {
    this.#rounds += 1;
    const round = this.#rounds;
    const { sources, verification } = this.#options;
    const isTroubled = (family: Family) => this.#troubled.has(family);
    if (BY_A_PERSON.has(trigger)) this.#parts.rounds.holds.lift();
    const isSuspicious = (family: Family) => !ROUTINE.has(trigger) || isTroubled(family);
    const subject = { round, trigger, families, isSuspicious, isTroubled };
    const summary = await runRound(subject, this.#parts.rounds, signal);
    for (const family of families) {
      if (summary.verdicts.get(family)?.kind === "known") this.#troubled.delete(family);
      else this.#troubled.add(family);
    }
    this.#parts.health.retain(sources.flatMap((source) => source.witnesses()));
    if (verification?.awaited) await this.#parts.verifications?.settled();
    return summary;
  }
}
