import { TransportError, type TransportPhase } from "#core/errors.ts";
import type { Acceptance, ForeignCode } from "#dns/request.ts";
import type { Milliseconds } from "#core/units.ts";

/** A packet that was not taken for the answer. */
export type Discarded = Extract<Acceptance, { kind: "foreign" }>;

/** @param discarded what did arrive; a signature that was wrong or missing is the likelier reason than silence */
export function noAnswer(
  peer: string,
  span: Milliseconds,
  phase: TransportPhase,
  discarded: readonly Discarded[] = [],
): TransportError {
  const unique = [...new Set(discarded.map(({ why }) => why))];
  const packets = unique.length > 0 ? `; what arrived was ${unique.join(", ")}` : "";
  const suspect = discarded.find(({ code }) => code !== "wrong-answer");
  return new TransportError(`Cannot get an answer from ${peer}: none within ${span} ms${packets}`, {
    code: suspect?.code ?? "timeout",
    hint: suspect && hintOf(suspect.code),
    peer,
    phase,
  });
}

export function foreignAnswer(peer: string, code: ForeignCode, why: string): TransportError {
  return new TransportError(`Cannot use the answer of ${peer}: it is ${why}`, {
    code,
    hint: hintOf(code),
    peer,
    phase: "sent",
  });
}

/** The request is out: whatever breaks from here on, it may have taken effect. */
export function afterSending(error: unknown): unknown {
  if (!(error instanceof TransportError) || error.phase === "sent") return error;
  const { code, hint, retry, peer, cause, message } = error;
  return new TransportError(message, { code, hint, retry, peer, cause, phase: "sent" });
}

function hintOf(code: ForeignCode): string | undefined {
  switch (code) {
    case "unsigned-answer":
      return "the server may not hold the zone, or not know the key";
    case "forged-answer":
      return "somebody on the path may forge answers, or the secret is another one at the server";
    case "wrong-answer":
      return undefined;
  }
}
