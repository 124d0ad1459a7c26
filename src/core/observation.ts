import { type Address, type Family, sameAddress } from "#core/address.ts";
import type { Prefix } from "#core/prefix.ts";
import { type UnpublishableReason, unpublishableReason } from "#core/publishable.ts";
import type { Milliseconds } from "#core/units.ts";
import type { Testimony, Witness } from "#core/witness.ts";

interface ObservationBase {
  readonly family: Family;
  readonly witness: Witness;
  readonly elapsed: Milliseconds;
}

/** What became of one question to one witness. */
export type Observation =
  | (ObservationBase & { readonly kind: "seen"; readonly testimony: Testimony })
  | (ObservationBase & {
      readonly kind: "rejected";
      readonly testimony: Testimony;
      readonly reason: RejectionReason;
    })
  | (ObservationBase & { readonly kind: "failed"; readonly error: unknown })
  /** The round was decided, or ended, before the answer came. */
  | (ObservationBase & { readonly kind: "cancelled" });

/** `own-server`: the witness named itself; `wrong-family`: an IPv6 address for an A record, or the reverse. */
export type RejectionReason = UnpublishableReason | "own-server" | "wrong-family";

/**
 * Why a testimony must not count as a vote, or `undefined` when it counts.
 *
 * `own-server` is what a broken proxy before an echo service yields, and a user's own server on the very line
 * in question: the name of that server is one of the records to be checked, so its word would be circular.
 * On loopback both ends are this host and share an address for good reason; ranges opened for a lab count there.
 */
export function rejectionReason(
  family: Family,
  testimony: Testimony,
  allowRanges: readonly Prefix[],
): RejectionReason | undefined {
  const { address, server } = testimony;
  if (address.family !== family) return "wrong-family";
  const reason = unpublishableReason(address, allowRanges);
  if (reason) return reason;
  if (!server || !sameAddress(server, address)) return undefined;
  return unpublishableReason(server) === "loopback" ? undefined : "own-server";
}

/** The address a counted observation speaks for. */
export function votedAddress(observation: Observation): Address | undefined {
  return observation.kind === "seen" ? observation.testimony.address : undefined;
}
