import { TransportError, type TransportPhase } from "#core/errors.ts";
import type { ForeignCode } from "#dns/request.ts";
import type { Milliseconds } from "#core/units.ts";

/** @param discarded why packets that did arrive were not taken for the answer */
export function noAnswer(
  peer: string,
  span: Milliseconds,
  phase: TransportPhase,
  discarded: readonly string[] = [],
): TransportError {
  const unique = [...new Set(discarded)];
  const packets = unique.length > 0 ? `; what arrived was ${unique.join(", ")}` : "";
  return new TransportError(`Cannot get an answer from ${peer}: none within ${span} ms${packets}`, {
    code: "timeout",
    peer,
    phase,
  });
}

export function foreignAnswer(peer: string, code: ForeignCode, why: string): TransportError {
  return new TransportError(`Cannot use the answer of ${peer}: it is ${why}`, { code, peer, phase: "sent" });
}

/** The request is out: whatever breaks from here on, it may have taken effect. */
export function afterSending(error: unknown): unknown {
  if (!(error instanceof TransportError) || error.phase === "sent") return error;
  const { code, hint, retry, peer, cause, message } = error;
  return new TransportError(message, { code, hint, retry, peer, cause, phase: "sent" });
}
