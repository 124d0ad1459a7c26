import type { Address, Family } from "#core/address.ts";
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

/** Why a testimony must not count as a vote, or `undefined` when it counts. */
export function rejectionReason(
  family: Family,
  testimony: Testimony,
  allowRanges: readonly Prefix[],
): RejectionReason | undefined {
  const { address, server } = testimony;
  if (address.family !== family) return "wrong-family";
  const reason = unpublishableReason(address, allowRanges);
  if (reason) return reason;
  return server && server.text === address.text ? "own-server" : undefined;
}

/** The address a counted observation speaks for. */
export function votedAddress(observation: Observation): Address | undefined {
  return observation.kind === "seen" ? observation.testimony.address : undefined;
}
