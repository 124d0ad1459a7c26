import type { Family } from "#core/address.ts";
import { CancelledError } from "#core/errors.ts";
import { type Observation, rejectionReason } from "#core/observation.ts";
import type { Clock } from "#core/ports.ts";
import type { Prefix } from "#core/prefix.ts";
import { elapsed } from "#core/units.ts";
import type { Witness, WitnessPort } from "#core/witness.ts";

/** A witness that may be asked: the port, and how it is shown and counted now. */
export interface Candidate {
  readonly port: WitnessPort;
  readonly witness: Witness;
}

export interface ObserveContext {
  readonly clock: Clock;
  readonly allowRanges: readonly Prefix[];
}

/** Asks one question; whatever becomes of it is an observation. Never throws. */
export async function observe(
  { port, witness }: Candidate,
  family: Family,
  { clock, allowRanges }: ObserveContext,
  signal: AbortSignal,
): Promise<Observation> {
  const askedAt = clock.now();
  try {
    const testimony = await port.ask(family, signal);
    const base = { family, witness, elapsed: elapsed(askedAt, clock.now()), testimony };
    const reason = rejectionReason(family, testimony, allowRanges);
    return reason ? { kind: "rejected", ...base, reason } : { kind: "seen", ...base };
  } catch (error) {
    const base = { family, witness, elapsed: elapsed(askedAt, clock.now()) };
    const isCancelled = signal.aborted || error instanceof CancelledError;
    return isCancelled ? { kind: "cancelled", ...base } : { kind: "failed", ...base, error };
  }
}
