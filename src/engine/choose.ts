import { roundTripsOf, SOURCE_KINDS, type Witness } from "#core/witness.ts";
import type { Candidate } from "#engine/observe.ts";

/** What became of a question so far. `silent`: open for longer than an answer usually takes. */
export interface Asked {
  readonly witness: Witness;
  readonly state: "answered" | "failed" | "open" | "silent";
}

/** Two questions of a class without an answer, and none with one: something blocks that class. */
const BLOCKED_AFTER = 2;

/**
 * The order in which witnesses are asked: those that answer, by preference of kind, the quick ones first, and
 * else at random, so that nobody can arrange to be asked.
 *
 * @param isSunk left its latest questions unanswered: asked last
 */
export function orderOfAsking(
  candidates: readonly Candidate[],
  isSunk: (witness: Witness) => boolean,
  fraction: () => number,
): readonly Candidate[] {
  return candidates
    .map((candidate) => ({ candidate, rank: rankOf(candidate.witness, isSunk), lot: fraction() }))
    .toSorted((a, b) => a.rank - b.rank || a.lot - b.lot)
    .map(({ candidate }) => candidate);
}

/**
 * Whom to ask next for a vote: of an operator that is not asked yet, or whose witnesses do not answer; of another
 * class than one that seems blocked (e.g. UDP by a firewall) when there is one. At last a quick witness of
 * an operator whose slow one is under way.
 */
export function nextVoter(waiting: readonly Candidate[], asked: readonly Asked[]): Candidate | undefined {
  const waitedFor = operatorsIn(asked.filter(({ state }) => state === "open" || state === "answered"));
  const busy = operatorsIn(asked.filter(({ state }) => state !== "failed"));
  const quick = operatorsIn(asked.filter(({ witness }) => isQuick(witness)));
  const blocked = blockedClasses(asked);
  const preferences: readonly ((witness: Witness) => boolean)[] = [
    (witness) => !busy.has(witness.operator) && !blocked.has(classOf(witness)),
    (witness) => !waitedFor.has(witness.operator) && !blocked.has(classOf(witness)),
    (witness) => !busy.has(witness.operator),
    (witness) => isQuick(witness) && !quick.has(witness.operator),
  ];
  for (const suits of preferences) {
    const candidate = waiting.find(({ witness }) => suits(witness));
    if (candidate) return candidate;
  }
  return undefined;
}

/** Whom to ask next for an authenticated answer: better an operator that has no vote yet. */
export function nextAuthenticated(
  waiting: readonly Candidate[],
  asked: readonly Asked[],
): Candidate | undefined {
  const authenticated = waiting.filter(({ witness }) => witness.authenticated);
  const known = operatorsIn(asked);
  return authenticated.find(({ witness }) => !known.has(witness.operator)) ?? authenticated[0];
}

function rankOf(witness: Witness, isSunk: (witness: Witness) => boolean): number {
  return (isSunk(witness) ? 100 : 0) + SOURCE_KINDS.indexOf(witness.source) * 10 + roundTripsOf(witness);
}

function isQuick(witness: Witness): boolean {
  return roundTripsOf(witness) <= 1;
}

function operatorsIn(asked: readonly Asked[]): ReadonlySet<string> {
  return new Set(asked.map(({ witness }) => witness.operator));
}

/** Classes of witnesses from which nothing comes back: UDP behind a firewall, TLS behind a proxy. */
export function blockedClasses(asked: readonly Asked[]): ReadonlySet<string> {
  const classes = Map.groupBy(asked, ({ witness }) => classOf(witness));
  const isBlocked = (members: readonly Asked[]) =>
    members.every(({ state }) => state !== "answered") &&
    members.filter(({ state }) => state !== "open").length >= BLOCKED_AFTER;
  return new Set([...classes].filter(([, members]) => isBlocked(members)).map(([name]) => name));
}

export function classOf(witness: Witness): string {
  return `${witness.source} ${roundTripsOf(witness)}`;
}
