import { prefixOf } from "#core/prefix.ts";
import { unpublishableReason } from "#core/publishable.ts";
import type { Operator, Testimony, Witness } from "#core/witness.ts";

/** Who says something, and from where it was said. */
export interface Claim {
  readonly witness: Witness;
  readonly testimony: Testimony;
}

/**
 * How many independent voices make these claims: the operators of the largest selection in which no two share
 * an operator or a network (one hoster, one voice, whatever it calls itself). Sorted, unique.
 *
 * A largest selection and no merging of whoever shares something: merging carries over, so that one operator
 * with a server, or a mere DNS name, in each of several networks would make one voice of all the honest
 * operators there. This way whoever joins can only add voices, never take one away, and the claims of
 * n operators or networks count for n at most, however they are spread.
 */
export function independentOperators(claims: readonly Claim[]): readonly Operator[] {
  const networks = new Map<Operator, Set<string>>();
  for (const claim of claims) {
    const { operator } = claim.witness;
    networks.set(operator, (networks.get(operator) ?? new Set()).add(networkOf(claim)));
  }
  const holders = new Map<string, Operator>();
  for (const operator of [...networks.keys()].toSorted()) settle(operator, networks, holders, new Set());
  return [...holders.values()].toSorted();
}

/** Gives the operator a network of its own, moving others to another of theirs where that makes room. */
function settle(
  operator: Operator,
  networks: ReadonlyMap<Operator, ReadonlySet<string>>,
  holders: Map<string, Operator>,
  tried: Set<string>,
): boolean {
  for (const network of networks.get(operator) ?? []) {
    if (tried.has(network)) continue;
    tried.add(network);
    const holder = holders.get(network);
    if (holder !== undefined && !settle(holder, networks, holders, tried)) continue;
    holders.set(network, operator);
    return true;
  }
  return false;
}

/** The /24 or /48 of the server; where there is none that tells anything, a network of the operator's own. */
function networkOf({ witness, testimony: { server } }: Claim): string {
  // Loopback and private servers are the user's own lab: their networks say nothing about who runs them
  if (!server || unpublishableReason(server)) return `of ${witness.operator}`;
  return prefixOf(server, server.family === 4 ? 24 : 48).text;
}
