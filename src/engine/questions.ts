import type { Family } from "#core/address.ts";
import type { Observation } from "#core/observation.ts";
import { elapsed, type Instant, type Milliseconds } from "#core/units.ts";
import type { Witness } from "#core/witness.ts";
import type { Asked } from "#engine/choose.ts";
import type { Look } from "#engine/events.ts";
import { type Candidate, observe, type ObserveContext } from "#engine/observe.ts";

export interface QuestionsContext extends ObserveContext {
  readonly family: Family;
  readonly onAsked: (witness: Witness, look: Look) => void;
  readonly onAnswered: (observation: Observation, look: Look) => void;
}

interface Question {
  readonly witness: Witness;
  readonly askedAt: Instant;
  state: "answered" | "failed" | "open";
}

/** The questions of one look: what is under way, and what came of it. */
export class Questions {
  readonly #context: QuestionsContext;
  readonly #stop = new AbortController();
  readonly #questions: Question[] = [];
  readonly #observations: Observation[] = [];
  readonly #answers: Promise<void>[] = [];

  constructor(context: QuestionsContext) {
    this.#context = context;
  }

  ask(candidate: Candidate, look: Look): void {
    const { witness } = candidate;
    const question: Question = { witness, askedAt: this.#context.clock.now(), state: "open" };
    this.#questions.push(question);
    this.#context.onAsked(witness, look);
    this.#answers.push(this.#await(candidate, question, look));
  }

  /** Ends what is under way. */
  cancel(): void {
    this.#stop.abort();
  }

  /** Resolves when every question has ended, its connection closed. */
  async closed(): Promise<void> {
    await Promise.all(this.#answers);
  }

  /** As they came; a copy, which later ones do not join. */
  get observations(): readonly Observation[] {
    return [...this.#observations];
  }

  get count(): number {
    return this.#questions.length;
  }

  get hasOpen(): boolean {
    return this.#questions.some(({ state }) => state === "open");
  }

  /** Those that are asked for a vote. */
  get voters(): readonly Witness[] {
    return this.#votes.map(({ witness }) => witness);
  }

  get openVoters(): readonly Witness[] {
    return this.#votes.filter(({ state }) => state === "open").map(({ witness }) => witness);
  }

  /** Operators whose answer may still become a vote that decides. */
  get operatorsUnderWay(): number {
    const decisive = this.openVoters.filter((witness) => witness.decisive);
    return new Set(decisive.map(({ operator }) => operator)).size;
  }

  asked(silentAfter: Milliseconds): readonly Asked[] {
    const now = this.#context.clock.now();
    return this.#votes.map(({ witness, state, askedAt }) => {
      const isSilent = state === "open" && elapsed(askedAt, now) >= silentAfter;
      return { witness, state: isSilent ? "silent" : state };
    });
  }

  get #votes(): readonly Question[] {
    return this.#questions.filter(({ witness }) => !witness.probation);
  }

  async #await(candidate: Candidate, question: Question, look: Look): Promise<void> {
    const { family, onAnswered } = this.#context;
    const observation = await observe(candidate, family, this.#context, this.#stop.signal);
    question.state = observation.kind === "seen" ? "answered" : "failed";
    this.#observations.push(observation);
    onAnswered(observation, look);
  }
}
