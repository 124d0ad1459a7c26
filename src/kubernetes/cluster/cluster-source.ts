import { CancelledError, WitnessError } from "#core/errors.ts";
import { FAMILIES } from "#core/address.ts";
import { operator, type Source, type WitnessPort } from "#core/witness.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";

/**
 * The shared address as a witness, for nodes that follow. Its word is as good as the leader's verdict, which came from a
 * quorum; the API server vouches for who wrote it.
 *
 * @param shared as it was seen last; `undefined`: not yet
 */
export function createClusterSource(name: string, shared: () => SharedAddress | undefined): Source {
  const witness: WitnessPort = {
    id: `cluster:${name}`,
    source: "cluster",
    operator: operator("cluster"),
    authenticated: true,
    roundTrips: 0,
    families: FAMILIES,
    decisive: true,
    fallback: false,
    ask: async (family, signal) => {
      if (signal.aborted) throw new CancelledError();
      const now = shared();
      const address = now?.addresses.get(family);
      if (now && address) return { address, notes: [`told by ${now.leader}: ${now.agreement}`] };
      const is = now ? `the leader knows no IPv${family} address` : "no leader has told it yet";
      throw new WitnessError(`Cannot use the shared address: ${is}`, { code: "not-told" });
    },
  };
  return { kind: "cluster", witnesses: () => [witness] };
}
