import { type Address, compareAddresses, type Family } from "#core/address.ts";
import type { Observation } from "#core/observation.ts";
import { prefixOf } from "#core/prefix.ts";
import { unpublishableReason } from "#core/publishable.ts";
import type { Operator, Witness } from "#core/witness.ts";

/**
 * `quorum`: that many operators, one more once anybody dissents, and more than the runner-up has.
 * `unanimous`: the rule of the original's `dns.ini`: every collected answer must match, one suffices.
 */
export type ConsensusRule =
  | { readonly kind: "quorum"; readonly quorum: number }
  | { readonly kind: "unanimous" };

export type SeenObservation = Extract<Observation, { kind: "seen" }>;

/** One address and who speaks for it. */
export interface Position {
  readonly address: Address;
  /** One entry for each vote, sorted: operators, or the first of several that answer from one network. */
  readonly operators: readonly Operator[];
  /** How many of them can carry a decision: plain DNS speaks against, and never tips the scale in favour. */
  readonly decisive: number;
  /** Every witness that said so, also those without a vote of their own. */
  readonly observations: readonly SeenObservation[];
}

/** Positions, the strongest first; a total order, so that equal observations give equal tallies. */
export interface Tally {
  readonly positions: readonly Position[];
  /** Voters that gave two different answers: no vote. */
  readonly split: readonly Operator[];
}

interface VerdictBase {
  readonly family: Family;
  readonly observations: readonly Observation[];
}

/**
 * What a round of observations means for one family.
 *
 * `known` carries why: `quorum` as the rule says; `unanimous` by the original's rule; `confirms-published`:
 * too few witnesses for the rule, all of them for the address that is published already.
 */
export type Verdict =
  | (VerdictBase & {
      readonly kind: "known";
      readonly address: Address;
      readonly basis: "confirms-published" | "quorum" | "unanimous";
      readonly for: readonly SeenObservation[];
      readonly against: readonly SeenObservation[];
    })
  | (VerdictBase & { readonly kind: "disputed"; readonly positions: readonly Position[] })
  | (VerdictBase & {
      readonly kind: "unavailable";
      /** `unconfirmed`: a changed address found no second, independent support. */
      readonly reason: "no-answer" | "too-few" | "unconfirmed";
    });

/**
 * Counts votes: one for each operator, and one for all operators whose servers answer from the same /24 or /48
 * (one hoster, one vote), whatever they call themselves. Witnesses on probation have none.
 * All plain-DNS witnesses together have one.
 */
export function tallyVotes(observations: readonly Observation[]): Tally {
  const seen = observations.filter(isSeen).filter(({ witness }) => !witness.probation);
  const voters = groupByVoter(seen);
  const split: Operator[] = [];
  const byAddress = new Map<string, { operators: Operator[]; decisive: number }>();
  for (const voter of voters) {
    const [first] = voter.observations;
    if (!first) continue;
    const address = first.testimony.address.text;
    if (voter.observations.some((other) => other.testimony.address.text !== address)) {
      split.push(voter.operator);
      continue;
    }
    const position = byAddress.get(address) ?? { operators: [], decisive: 0 };
    position.operators.push(voter.operator);
    if (voter.observations.some((observation) => observation.witness.decisive)) position.decisive += 1;
    byAddress.set(address, position);
  }
  const positions = [...byAddress].map(([text, { operators, decisive }]): Position => {
    const supporting = seen.filter(({ testimony }) => testimony.address.text === text);
    const [first] = supporting;
    if (!first) throw new TypeError("a position without an observation");
    return {
      address: first.testimony.address,
      operators: operators.toSorted(),
      decisive,
      observations: supporting,
    };
  });
  return { positions: positions.toSorted(strongestFirst), split: split.toSorted() };
}

/**
 * The verdict that no further answer of an honest minority could change, or `undefined` while it is open.
 *
 * ```
 * quorum 2        votes for the leader
 * runner-up       1     2        3        4
 * none            open  KNOWN    KNOWN    KNOWN
 * 1 vote          open  open     KNOWN    KNOWN
 * 2 votes         open  open     KNOWN    KNOWN
 * 3 votes         open  open     open     KNOWN
 * ```
 * One lying operator (q - 1 in general) can therefore never win, nor two with `quorum: 3`.
 */
export function decideEarly(
  family: Family,
  observations: readonly Observation[],
  rule: ConsensusRule,
): Extract<Verdict, { kind: "known" }> | undefined {
  if (rule.kind === "unanimous") return undefined;
  const { positions, split } = tallyVotes(observations);
  const [leader, runnerUp] = positions;
  if (!leader) return undefined;
  const needed = rule.quorum + (runnerUp || split.length > 0 ? 1 : 0);
  const isAhead = leader.decisive > (runnerUp?.operators.length ?? 0);
  if (leader.decisive < needed || !isAhead) return undefined;
  return known(family, observations, positions, "quorum");
}

/** The verdict when nothing more will come: every witness has answered, failed, or run out of time. */
export function conclude(
  family: Family,
  observations: readonly Observation[],
  rule: ConsensusRule,
  published: Address | undefined,
): Verdict {
  const early = decideEarly(family, observations, rule);
  if (early) return early;
  const { positions, split } = tallyVotes(observations);
  const [leader, runnerUp] = positions;
  if (runnerUp || split.length > 0) return { kind: "disputed", family, observations, positions };
  if (!leader) return { kind: "unavailable", family, observations, reason: "no-answer" };
  if (rule.kind === "unanimous") return known(family, observations, positions, "unanimous");
  if (leader.address.text === published?.text)
    return known(family, observations, positions, "confirms-published");
  return { kind: "unavailable", family, observations, reason: "too-few" };
}

/** Operators that answered against a known verdict: reported always, quarantined when they persist. */
export function dissenters(verdict: Verdict): readonly Witness[] {
  return verdict.kind === "known" ? verdict.against.map((observation) => observation.witness) : [];
}

interface Voter {
  readonly operator: Operator;
  readonly observations: SeenObservation[];
}

/** Joins observations that share an operator or a network into one voter (transitively). */
function groupByVoter(observations: readonly SeenObservation[]): readonly Voter[] {
  const voters: { keys: Set<string>; observations: SeenObservation[] }[] = [];
  for (const observation of observations) {
    const keys = new Set(voterKeys(observation));
    const joined = { keys, observations: [observation] };
    for (const voter of voters.filter((other) => !keys.isDisjointFrom(other.keys))) {
      voters.splice(voters.indexOf(voter), 1);
      joined.observations.unshift(...voter.observations);
      for (const key of voter.keys) keys.add(key);
    }
    voters.push(joined);
  }
  return voters.map(({ observations: [first, ...rest] }) => {
    if (!first) throw new TypeError("a voter without an observation");
    return { operator: first.witness.operator, observations: [first, ...rest] };
  });
}

function voterKeys({ witness, testimony }: SeenObservation): readonly string[] {
  const keys = [`operator ${witness.operator}`];
  if (!witness.decisive) keys.push("plain DNS");
  const { server } = testimony;
  // Loopback and private servers are the user's own lab: their networks say nothing about who runs them
  if (server && !unpublishableReason(server))
    keys.push(`network ${prefixOf(server, server.family === 4 ? 24 : 48).text}`);
  return keys;
}

function strongestFirst(a: Position, b: Position): number {
  return (
    b.operators.length - a.operators.length ||
    b.decisive - a.decisive ||
    compareAddresses(a.address, b.address)
  );
}

function known(
  family: Family,
  observations: readonly Observation[],
  positions: readonly Position[],
  basis: "confirms-published" | "quorum" | "unanimous",
): Extract<Verdict, { kind: "known" }> {
  const [leader] = positions;
  if (!leader) throw new TypeError("a known verdict without a position");
  const against = observations
    .filter(isSeen)
    .filter(({ testimony }) => testimony.address.text !== leader.address.text);
  return {
    kind: "known",
    family,
    observations,
    basis,
    address: leader.address,
    for: leader.observations,
    against,
  };
}

function isSeen(observation: Observation): observation is SeenObservation {
  return observation.kind === "seen";
}
