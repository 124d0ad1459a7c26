import { TransportError, type TransportPhase } from "#core/errors.ts";
import type { Foreign } from "#dns/request.ts";
import type { Milliseconds } from "#core/units.ts";

/**
 * A signed request was answered without a signature: not to be believed, and yet often the truth, for not every
 * server signs its denials.
 */
export class UnsignedAnswer extends TransportError {
  /** What the answer said. */
  readonly rcode: number;

  constructor(message: string, peer: string, rcode: number) {
    const hint = "the server may not hold the zone, or not accept the key";
    super(message, { code: "unsigned-answer", hint, peer, phase: "sent" });
    this.rcode = rcode;
  }
}

/** @param discarded what did arrive; a signature that was wrong or missing is the likelier reason than silence */
export function noAnswer(
  peer: string,
  span: Milliseconds,
  phase: TransportPhase,
  discarded: readonly Foreign[] = [],
): TransportError {
  const unique = [...new Set(discarded.map(({ why }) => why))];
  const packets = unique.length > 0 ? `; what arrived was ${unique.join(", ")}` : "";
  const message = `Cannot get an answer from ${peer}: none within ${span} ms${packets}`;
  const suspect = discarded.find(({ code }) => code !== "wrong-answer");
  return suspect
    ? suspectAnswer(message, peer, suspect)
    : new TransportError(message, { code: "timeout", peer, phase });
}

/** The one answer that there will be is none. */
export function foreignAnswer(peer: string, foreign: Foreign): TransportError {
  return suspectAnswer(`Cannot use the answer of ${peer}: it is ${foreign.why}`, peer, foreign);
}

function suspectAnswer(message: string, peer: string, { code, rcode }: Foreign): TransportError {
  if (rcode !== undefined) return new UnsignedAnswer(message, peer, rcode);
  const forged = "somebody on the path may forge answers, or the secret is another one at the server";
  const hint = code === "forged-answer" ? forged : undefined;
  return new TransportError(message, { code, hint, peer, phase: "sent" });
}

/** The request is out: whatever breaks from here on, it may have taken effect. */
export function afterSending(error: unknown): unknown {
  if (!(error instanceof TransportError) || error.phase === "sent") return error;
  const { code, hint, retry, peer, cause, message } = error;
  return new TransportError(message, { code, hint, retry, peer, cause, phase: "sent" });
}
