import {
  type Evidence,
  type Judgement,
  judge,
  judgeFinally,
  type Lack,
  lacking,
  type Standing,
} from "#core/confirmation.ts";
import { type ConsensusRule, tallyVotes } from "#core/consensus.ts";
import { CancelledError } from "#core/errors.ts";
import type { Observation } from "#core/observation.ts";
import { elapsed, type Instant, type Milliseconds, milliseconds } from "#core/units.ts";
import type { Witness } from "#core/witness.ts";
import { type Asked, blockedClasses, classOf, nextAuthenticated, nextVoter } from "#engine/choose.ts";
import type { Look as LookName } from "#engine/events.ts";
import type { Candidate } from "#engine/observe.ts";
import { Questions, type QuestionsContext } from "#engine/questions.ts";

export interface LookLimits {
  /** Witnesses asked at most, those of the last resort and of a blocked class aside. */
  readonly count: number;
  readonly deadline: Milliseconds;
  /** What is held in reserve is asked when the others are silent for that long. */
  readonly patience: Milliseconds;
  /** How long questions under way may go on after the decision, at most; 0 ends them at once. */
  readonly grace: Milliseconds;
}

/** Who may be asked, each list in the order of asking. */
export interface Panel {
  readonly primary: readonly Candidate[];
  /** Asked when the others are exhausted and undecided. */
  readonly fallback: readonly Candidate[];
  /** Asked beside the others and compared; without a vote. */
  readonly onTrial: readonly Candidate[];
}

export interface LookInput extends Omit<QuestionsContext, "onAnswered"> {
  readonly rule: ConsensusRule;
  readonly standing: Omit<Standing, "exhausted">;
  readonly panel: Panel;
  readonly limits: LookLimits;
  /** Questions under way beyond the votes that are lacking. */
  readonly spare: number;
  /** How long these may take before another is asked. */
  readonly hedge: (asked: readonly Witness[]) => Milliseconds;
  /** Another address than the confirmed one has a quorum; may be called more than once. */
  readonly onSuspicion: () => void;
  readonly onObserved: (observation: Observation, look: LookName, late: boolean) => void;
}

type Choose = (waiting: readonly Candidate[], asked: readonly Asked[]) => Candidate | undefined;

/** An authenticated answer takes three round trips: two are asked, so that one that fails costs none. */
const AUTHENTICATED_UNDER_WAY = 2;

/**
 * One family's questions, until the rule decides, nobody is left or the time is up.
 * Always call {@link Look.end}, also after a failure: it leaves no question and no timer behind.
 */
export class Look {
  readonly #input: LookInput;
  readonly #signal: AbortSignal;
  readonly #questions: Questions;
  readonly #startedAt: Instant;
  #waiting: readonly Candidate[];
  /** Opened one after the other. `again`: who supports a changed address is asked afresh. */
  #reserve: readonly ("again" | "fallback")[] = ["fallback", "again"];
  #lastAskedAt: Instant;
  #lastHedgeAt: Instant;
  #isDecided = false;
  #wake: () => void = () => {};

  constructor(input: LookInput, signal: AbortSignal) {
    this.#input = input;
    this.#signal = signal;
    this.#waiting = input.panel.primary;
    this.#startedAt = this.#lastAskedAt = this.#lastHedgeAt = input.clock.now();
    this.#questions = new Questions({
      ...input,
      onAnswered: (observation, look) => {
        input.onObserved(observation, look, this.#isDecided);
        this.#wake();
      },
    });
    signal.addEventListener("abort", this.#cancel);
  }

  /** @throws {CancelledError} (rejects) when the signal ends it */
  async decide(): Promise<Judgement> {
    for (const candidate of this.#input.panel.onTrial) this.#questions.ask(candidate, "first");
    for (;;) {
      if (this.#signal.aborted) throw new CancelledError();
      const judgement = this.#proceed();
      if (judgement) {
        this.#isDecided = true;
        return judgement;
      }
      await this.#pause(this.#untilNextStep());
    }
  }

  /** Lets late answers in for one more round trip, then ends all. Resolves when everything is closed. */
  async end(): Promise<readonly Observation[]> {
    const { clock } = this.#input;
    const until = clock.now() + this.#grace();
    while (this.#questions.hasOpen && clock.now() < until && !this.#signal.aborted) {
      await this.#pause(milliseconds(until - clock.now()));
    }
    this.#cancel();
    await this.#questions.closed();
    this.#signal.removeEventListener("abort", this.#cancel);
    return this.#questions.observations;
  }

  readonly #cancel = () => {
    this.#questions.cancel();
    this.#wake();
  };

  /** Decides, or asks whoever is lacking. */
  #proceed(): Judgement | undefined {
    const now = this.#input.clock.now();
    for (;;) {
      const judgement = judge(this.#evidence());
      if (judgement) return judgement;
      const hasAsked = this.#askLacking(now);
      if (hasAsked || !this.#isOutOfPatience(now) || !this.#openReserve()) break;
    }
    const isTimeUp = elapsed(this.#startedAt, now) >= this.#input.limits.deadline;
    if (isTimeUp) this.#questions.expire();
    const isOver = isTimeUp || this.#questions.openVoters.length === 0;
    return isOver ? judgeFinally(this.#evidence()) : undefined;
  }

  /** @returns whether anybody was asked */
  #askLacking(now: Instant): boolean {
    const before = this.#questions.count;
    const lack = lacking(this.#evidence());
    if (lack.look === "second") this.#input.onSuspicion();
    const choose = this.#chooser();
    if (lack.authenticated) {
      while (this.#authenticatedUnderWay() < AUTHENTICATED_UNDER_WAY) {
        if (!this.#askNext(nextAuthenticated, lack)) break;
      }
    }
    while (this.#questions.operatorsUnderWay < lack.votes + this.#input.spare) {
      if (!this.#askNext(choose, lack)) break;
    }
    if (before === this.#questions.count && now >= this.#hedgeAt()) {
      this.#lastHedgeAt = now;
      this.#askNext(choose, lack);
    }
    return this.#questions.count > before;
  }

  #askNext(choose: Choose, lack: Lack): boolean {
    const candidate = choose(this.#withinLimit(), this.#asked());
    if (!candidate) return false;
    this.#waiting = this.#waiting.filter((other) => other !== candidate);
    this.#lastAskedAt = this.#lastHedgeAt = this.#input.clock.now();
    this.#questions.ask(candidate, this.#isBeyondFirstLook() ? "second" : lack.look);
    return true;
  }

  /** The original's rule asks everybody; a repeated question is not about who has a vote already. */
  #chooser(): Choose {
    const isAnybody = this.#input.rule.kind === "unanimous" || this.#isExhausted();
    return isAnybody ? (waiting) => waiting[0] : nextVoter;
  }

  /** @returns whether there was a list left to open */
  #openReserve(): boolean {
    const [next, ...rest] = this.#reserve;
    // Where operators are left, an answer of the same ones again proves too little
    if (!next || (next === "again" && this.#hasOperatorsLeft())) return false;
    this.#reserve = rest;
    if (next === "again") this.#waiting = this.#supporters();
    else if (this.#input.rule.kind === "quorum" || !this.#hasAnswer())
      this.#waiting = [...this.#waiting, ...this.#input.panel.fallback];
    return true;
  }

  /** Whoever stands behind a changed address, quick ones first; nobody when there is no such address. */
  #supporters(): readonly Candidate[] {
    const evidence = this.#evidence();
    if (lacking(evidence).look === "first") return [];
    const operators = tallyVotes(evidence.observations).positions[0]?.operators ?? [];
    const { primary, fallback } = this.#input.panel;
    return [...primary, ...fallback].filter(({ witness }) => operators.includes(witness.operator));
  }

  #evidence(): Evidence {
    const { family, rule, standing } = this.#input;
    const { observations } = this.#questions;
    return { family, rule, observations, standing: { ...standing, exhausted: this.#isExhausted() } };
  }

  #authenticatedUnderWay(): number {
    return this.#questions.openVoters.filter(({ authenticated }) => authenticated).length;
  }

  #hasAnswer(): boolean {
    return this.#questions.observations.some(({ kind }) => kind === "seen");
  }

  #isExhausted(): boolean {
    return this.#reserve.length === 0;
  }

  #asked(): readonly Asked[] {
    return this.#questions.asked(this.#hedge());
  }

  /**
   * Who may still be asked. Questions that a firewall swallows do not use up the limit: else they would leave too
   * little of it for those that get through, in every round anew.
   */
  #withinLimit(): readonly Candidate[] {
    const { rule, limits } = this.#input;
    if (rule.kind === "unanimous" || this.#isExhausted()) return this.#waiting;
    const blocked = blockedClasses(this.#asked());
    const all = this.#questions.voters.filter(({ fallback }) => !fallback);
    const through = all.filter((witness) => !blocked.has(classOf(witness)));
    return this.#waiting.filter(({ witness }) => {
      const counted = blocked.has(classOf(witness)) ? all : through;
      return witness.fallback || counted.length < limits.count;
    });
  }

  /** Whether the limit alone keeps somebody from being asked who might answer. */
  #hasOperatorsLeft(): boolean {
    const blocked = blockedClasses(this.#asked());
    const known = new Set(this.#questions.voters.map(({ operator }) => operator));
    return this.#waiting.some(
      ({ witness }) => !witness.fallback && !known.has(witness.operator) && !blocked.has(classOf(witness)),
    );
  }

  #isBeyondFirstLook(): boolean {
    const { rule, spare, standing } = this.#input;
    return (
      standing.suspicious && rule.kind === "quorum" && this.#questions.voters.length >= rule.quorum + spare
    );
  }

  #isOutOfPatience(now: Instant): boolean {
    const isQuiet = this.#questions.openVoters.length === 0;
    return isQuiet || elapsed(this.#lastAskedAt, now) >= this.#input.limits.patience;
  }

  #hedge(): Milliseconds {
    return this.#input.hedge(this.#questions.voters);
  }

  #hedgeAt(): number {
    return this.#lastHedgeAt + this.#hedge();
  }

  #untilNextStep(): Milliseconds {
    const { limits, clock } = this.#input;
    const now = clock.now();
    const steps = [this.#startedAt + limits.deadline];
    if (this.#waiting.length > 0) steps.push(this.#hedgeAt());
    if (!this.#isExhausted()) steps.push(this.#lastAskedAt + limits.patience);
    return milliseconds(Math.min(...steps.filter((at) => at > now)) - now);
  }

  /** As long as the slowest answer took: whoever is not slower had the same chance to dissent. */
  #grace(): Milliseconds {
    const seen = this.#questions.observations.filter(({ kind }) => kind === "seen");
    const slowest = Math.max(0, ...seen.map((observation) => observation.elapsed));
    return milliseconds(this.#isDecided ? Math.min(slowest, this.#input.limits.grace) : 0);
  }

  /** Until the span is over, an answer comes, or the look is cancelled. */
  async #pause(span: Milliseconds): Promise<void> {
    const timer = new AbortController();
    this.#wake = () => timer.abort();
    try {
      await this.#input.clock.sleep(span, timer.signal);
    } catch (error) {
      if (!timer.signal.aborted) throw error;
    }
  }
}
