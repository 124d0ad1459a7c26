import type { Family } from "#core/address.ts";
import { TransportError } from "#core/errors.ts";
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
  readonly look: Look;
  state: "answered" | "failed" | "open";
  /** It was open when the time was up. */
  expired: Observation | undefined;
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
    const askedAt = this.#context.clock.now();
    const question: Question = { witness, askedAt, look, state: "open", expired: undefined };
    this.#questions.push(question);
    this.#context.onAsked(witness, look);
    this.#answers.push(this.#await(candidate, question));
  }

  /** The time is up: what is open until now failed, which is not the same as not having been needed. */
  expire(): void {
    const { clock, family, onAnswered } = this.#context;
    for (const question of this.#questions) {
      if (question.state !== "open" || question.expired) continue;
      const { witness, askedAt, look } = question;
      const span = elapsed(askedAt, clock.now());
      question.expired = { kind: "failed", family, witness, elapsed: span, error: noAnswer(witness, span) };
      onAnswered(question.expired, look);
    }
  }

  /** Ends what is under way. */
  cancel(): void {
    this.#stop.abort();
  }

  /** Resolves when every question has ended, its connection closed. */
  async closed(): Promise<void> {
    await Promise.all(this.#answers);
  }

  /** As they came, then what expired and is still open; a copy, which later ones do not join. */
  get observations(): readonly Observation[] {
    const open = this.#questions.filter(({ state }) => state === "open");
    return [...this.#observations, ...open.flatMap(({ expired }) => expired ?? [])];
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

  async #await(candidate: Candidate, question: Question): Promise<void> {
    const { family, onAnswered } = this.#context;
    const observation = await observe(candidate, family, this.#context, this.#stop.signal);
    question.state = observation.kind === "seen" ? "answered" : "failed";
    this.#observations.push(observation);
    // Of what expired it is told already that no answer came
    if (!question.expired || observation.kind === "seen") onAnswered(observation, question.look);
  }
}

function noAnswer({ id }: Witness, span: Milliseconds): TransportError {
  return new TransportError(`Cannot ask "${id}": no answer came within ${Math.round(span)} ms`, {
    code: "timeout",
    retry: "next-round",
    phase: "sent",
    peer: id,
  });
}
