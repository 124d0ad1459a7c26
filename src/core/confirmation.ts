import type { Address, Family } from "#core/address.ts";
import {
  conclude,
  type ConsensusRule,
  decideEarly,
  type Position,
  tallyVotes,
  type Verdict,
} from "#core/consensus.ts";
import type { Observation } from "#core/observation.ts";

/** What a look knows beside its observations. */
export interface Standing {
  /** The family's address, as detected, that was confirmed last; absent when none ever was. */
  readonly confirmed: Address | undefined;
  /** Whether a changed address takes a second look; without it the answer is for showing and not for publishing. */
  readonly confirms: boolean;
  /** Something hints at a change: ask from the start as many as it takes to confirm one. */
  readonly suspicious: boolean;
  /** Whether any witness that may be asked is authenticated. */
  readonly canAuthenticate: boolean;
  /** No operator is left to ask: fresh answers of the same ones make up for those that lack. */
  readonly exhausted: boolean;
}

/** `notes`: plain sentences on what was weaker than wanted. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly notes: readonly string[];
}

/** What the leading address still needs. `votes` may be infinite: ask everybody. */
export interface Lack {
  /** `first`: to find the address; `second`: to confirm a changed one. */
  readonly look: "first" | "second";
  readonly votes: number;
  readonly authenticated: boolean;
}

/** All that a judgement rests on. */
export interface Evidence {
  readonly family: Family;
  readonly observations: readonly Observation[];
  readonly rule: ConsensusRule;
  readonly standing: Standing;
}

/**
 * The verdict of a look as soon as it stands, the second look at a changed address included.
 *
 * ```
 * quorum 2                  votes needed   with dissent   authenticated support
 * the confirmed address     2              3              -
 * any other address         4              5              one, where any is configured
 * the same, exhausted       2              3              one; with 4 (5) answers, the same operators asked again
 * ```
 * The second look is one with the first: its witnesses are others, because an operator has one vote in both
 * together. A changed address thus takes 2 × quorum operators that lie alike, one of them in its own verified name.
 */
export function judge({ family, observations, rule, standing }: Evidence): Judgement | undefined {
  const verdict = decideEarly(family, observations, rule);
  if (!verdict || rule.kind === "unanimous") return undefined;
  if (isSettled(verdict.address, standing)) return { verdict, notes: [] };
  const { leader, dissent } = tallied(observations);
  if (!leader) return undefined;
  const needed = 2 * rule.quorum + dissent;
  const isReused = leader.decisive < needed;
  const answers = leader.observations.filter(({ witness }) => witness.decisive).length;
  if (isReused && !(standing.exhausted && answers >= needed)) return undefined;
  if (standing.canAuthenticate && !isAuthenticated(leader)) return undefined;
  return { verdict, notes: notesOn(leader, isReused) };
}

/** The verdict when nothing more will come. */
export function judgeFinally(evidence: Evidence): Judgement {
  const judgement = judge(evidence);
  if (judgement) return judgement;
  const { family, observations, rule, standing } = evidence;
  const verdict = conclude(family, observations, rule, standing.confirmed);
  if (verdict.kind !== "known" || verdict.basis !== "quorum") return { verdict, notes: [] };
  const { positions, dissent, leader } = tallied(observations);
  if (dissent > 0) return { verdict: { kind: "disputed", family, observations, positions }, notes: [] };
  const lacks =
    leader && standing.canAuthenticate && !isAuthenticated(leader)
      ? "no authenticated witness supports it"
      : "too few other operators support it";
  return {
    verdict: { kind: "unavailable", family, observations, reason: "unconfirmed" },
    notes: [`${verdict.address.text} is not confirmed: ${lacks}`],
  };
}

/** What is missing while {@link judge} leaves it open. */
export function lacking({ observations, rule, standing }: Evidence): Lack {
  if (rule.kind === "unanimous") return { look: "first", votes: Infinity, authenticated: false };
  const { leader, dissent, opposing } = tallied(observations);
  const isConfirmed = leader ? isSettled(leader.address, standing) : !standing.confirms;
  const votes = leader?.decisive ?? 0;
  const plain = Math.max(rule.quorum + dissent, opposing + 1);
  const isChanged = !isConfirmed && votes >= plain;
  const look = isChanged ? "second" : "first";
  if (isConfirmed || !(isChanged || standing.suspicious)) {
    return { look, votes: plain - votes, authenticated: false };
  }
  return {
    look,
    votes: Math.max(2 * rule.quorum + dissent, opposing + 1) - votes,
    authenticated: standing.canAuthenticate && !(leader && isAuthenticated(leader)),
  };
}

interface Tallied {
  readonly positions: readonly Position[];
  readonly leader: Position | undefined;
  readonly dissent: 0 | 1;
  readonly opposing: number;
}

function tallied(observations: readonly Observation[]): Tallied {
  const { positions, split } = tallyVotes(observations);
  const [leader, runnerUp] = positions;
  const dissent = runnerUp || split.length > 0 ? 1 : 0;
  return { positions, leader, dissent, opposing: runnerUp?.operators.length ?? 0 };
}

/** Whether a quorum is enough for this address. */
function isSettled(address: Address, { confirmed, confirms }: Standing): boolean {
  return !confirms || address.text === confirmed?.text;
}

function isAuthenticated({ observations }: Position): boolean {
  return observations.some(({ witness }) => witness.authenticated);
}

function notesOn(leader: Position, isReused: boolean): readonly string[] {
  const notes: string[] = [];
  if (isReused) {
    const count = leader.operators.length;
    notes.push(`confirmed by the same ${count} operator${count === 1 ? "" : "s"}: there are too few others`);
  }
  if (!isAuthenticated(leader)) notes.push("confirmed without an authenticated witness: none is configured");
  return notes;
}
