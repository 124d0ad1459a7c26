import { type Address, compareAddresses, type Family } from "#core/address.ts";
import { independentOperators } from "#core/independence.ts";
import type { Observation } from "#core/observation.ts";
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
  /** One entry for each vote, sorted: operators, one of several that answer from one network, one for plain DNS. */
  readonly operators: readonly Operator[];
  /** How many of them can carry a decision: plain DNS speaks against, and never tips the scale in favour. */
  readonly decisive: number;
  /**
   * Every witness that said so, sorted by id, also those whose operator has voted already. Not those without a
   * standing (on probation, or of a split operator): they must not lend their authentication to it either.
   */
  readonly observations: readonly SeenObservation[];
}

/** Positions, the strongest first; a total order, so that equal observations give equal tallies. */
export interface Tally {
  readonly positions: readonly Position[];
  /** Operators that gave two different answers, and all of plain DNS when it disagrees: no vote, yet dissent. */
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
 * Counts votes. Witnesses on probation have none.
 *
 * An address has as many votes as it has independent operators: one for each operator, and one for all operators
 * whose servers answer from the same /24 or /48 (see `independence.ts`). An operator that gives two answers
 * has no vote and still counts as dissent. Operators that share a network and differ each speak for themselves:
 * were they silenced, a server rented next to an honest one would be enough to silence it.
 *
 * All plain DNS together has one vote, and only for operators that have no other: what intercepts port 53
 * must not contradict, and so silence, an operator's authentic answer.
 */
export function tallyVotes(observations: readonly Observation[]): Tally {
  const voting = observations.filter(isSeen).filter(({ witness }) => !witness.probation);
  const decisive = voting.filter(({ witness }) => witness.decisive);
  const split = splitOperators(decisive);
  const plain = plainDnsVote(voting, new Set(decisive.map(({ witness }) => witness.operator)));
  const standing = voting.filter(({ witness }) => !split.has(witness.operator));
  const positions = byAddress(standing).map((supporting): Position => {
    const { address } = supporting[0].testimony;
    const voices = independentOperators(supporting.filter(({ witness }) => witness.decisive));
    const joining = plain.address === address.text ? plain.operators.slice(0, 1) : [];
    return {
      address,
      operators: [...voices, ...joining].toSorted(),
      decisive: voices.length,
      observations: supporting,
    };
  });
  const contradicting = plain.address === undefined ? plain.operators : [];
  return {
    positions: positions.filter(({ operators }) => operators.length > 0).toSorted(strongestFirst),
    split: [...split, ...contradicting].toSorted(),
  };
}

/**
 * The verdict as soon as the votes carry it, or `undefined` while it is open.
 *
 * ```
 * quorum 2        votes for the leader
 * runner-up       1     2        3        4
 * none            open  KNOWN    KNOWN    KNOWN
 * 1 vote          open  open     KNOWN    KNOWN
 * 2 votes         open  open     KNOWN    KNOWN
 * 3 votes         open  open     open     KNOWN
 * ```
 * A split operator, and plain DNS that says something else, are dissent like a runner-up's.
 *
 * What it promises: whatever the order of arrival, an address that only q - 1 operators or networks speak for
 * (one with `quorum: 2`, two with `quorum: 3`) is never known, for each has one vote and q are needed.
 * With q + 1 honest operators in networks of their own the truth is known in the end, whatever q - 1 liars
 * do: they can add dissent and never take a vote away. With q honest ones a single dissenter, or
 * one operator that contradicts itself, keeps it disputed for as long as it is asked: records stay as they are,
 * and the engine must ask more operators.
 *
 * What it does not promise: that a late dissent would still have left it open. 2-0 is known, 2-1 is not;
 * the two are true in either case, because one of them is honest.
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
  return known(family, observations, leader, "quorum");
}

/**
 * The verdict when nothing more will come: every witness has answered, failed, or run out of time.
 *
 * @param published the address of this family, as detected, that was published last: without any host suffix
 */
export function conclude(
  family: Family,
  observations: readonly Observation[],
  rule: ConsensusRule,
  published: Address | undefined,
): Verdict {
  if (rule.kind === "unanimous") return concludeUnanimously(family, observations);
  const early = decideEarly(family, observations, rule);
  if (early) return early;
  const { positions, split } = tallyVotes(observations);
  const [leader, runnerUp] = positions;
  if (runnerUp || split.length > 0) return { kind: "disputed", family, observations, positions };
  if (!leader) return { kind: "unavailable", family, observations, reason: "no-answer" };
  // Plain DNS alone confirms nothing: whoever intercepts it could keep an old address alive
  if (leader.decisive > 0 && leader.address.text === published?.text)
    return known(family, observations, leader, "confirms-published");
  return { kind: "unavailable", family, observations, reason: "too-few" };
}

/** The original knew neither operators nor probation nor plain DNS: every answer counts. */
function concludeUnanimously(family: Family, observations: readonly Observation[]): Verdict {
  const positions = byAddress(observations.filter(isSeen))
    .map((supporting): Position => {
      const operators = [...new Set(supporting.map(({ witness }) => witness.operator))].toSorted();
      const { address } = supporting[0].testimony;
      return { address, operators, decisive: operators.length, observations: supporting };
    })
    .toSorted(strongestFirst);
  const [leader, other] = positions;
  if (!leader) return { kind: "unavailable", family, observations, reason: "no-answer" };
  if (other) return { kind: "disputed", family, observations, positions };
  return known(family, observations, leader, "unanimous");
}

/**
 * Witnesses that answered against a known verdict, those on probation included: reported always, quarantined
 * when they persist.
 */
export function dissenters(verdict: Verdict): readonly Witness[] {
  return verdict.kind === "known" ? verdict.against.map((observation) => observation.witness) : [];
}

/** Operators that contradict themselves. */
function splitOperators(decisive: readonly SeenObservation[]): ReadonlySet<Operator> {
  const answers = new Map<Operator, string>();
  const split = new Set<Operator>();
  for (const { witness, testimony } of decisive) {
    const before = answers.get(witness.operator) ?? testimony.address.text;
    if (before !== testimony.address.text) split.add(witness.operator);
    answers.set(witness.operator, before);
  }
  return split;
}

/** The one address that all plain DNS of these operators agrees on; none when it contradicts itself. */
function plainDnsVote(
  voting: readonly SeenObservation[],
  represented: ReadonlySet<Operator>,
): { readonly operators: readonly Operator[]; readonly address: string | undefined } {
  const plain = voting.filter(({ witness }) => !witness.decisive && !represented.has(witness.operator));
  const addresses = new Set(plain.map(({ testimony }) => testimony.address.text));
  const operators = [...new Set(plain.map(({ witness }) => witness.operator))].toSorted();
  return { operators, address: addresses.size === 1 ? [...addresses][0] : undefined };
}

/** Sorted by witness within each address, so that the order of arrival leaves no trace. */
function byAddress(
  observations: readonly SeenObservation[],
): readonly (readonly [SeenObservation, ...SeenObservation[]])[] {
  const groups = Map.groupBy(observations, ({ testimony }) => testimony.address.text);
  return [...groups.values()].flatMap((group) => {
    const [first, ...rest] = group.toSorted(byWitness);
    return first ? [[first, ...rest] as const] : [];
  });
}

function byWitness({ witness: a }: SeenObservation, { witness: b }: SeenObservation): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
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
  leader: Position,
  basis: "confirms-published" | "quorum" | "unanimous",
): Extract<Verdict, { kind: "known" }> {
  const against = observations
    .filter(isSeen)
    .filter(({ testimony }) => testimony.address.text !== leader.address.text)
    .toSorted(byWitness);
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
