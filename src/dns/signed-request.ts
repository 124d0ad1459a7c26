import type { Clock, Hashes } from "#core/ports.ts";
import { acceptAnswer, type Foreign, type Reply, type Request } from "#dns/request.ts";
import { encodeMessage, type Message } from "#wire/dns/message.ts";
import { extendedRcode } from "#wire/dns/edns.ts";
import { formatRcode } from "#wire/dns/rcode.ts";
import { type AnswerVerdict, signMessage, verifyAnswer } from "#wire/dns/tsig.ts";
import type { TsigKey } from "#wire/dns/tsig-key.ts";

/**
 * A request with a signature, whose answer has to carry one over this very request. An answer without, or with
 * a wrong one, is discarded like any stray packet (RFC 8945 section 5.3).
 */
export function signedRequest(
  message: Message,
  key: TsigKey,
  ports: { readonly clock: Clock; readonly hashes: Hashes },
): Request {
  const { clock, hashes } = ports;
  const { bytes, mac } = signMessage(encodeMessage(message), key, { at: unixTime(clock) }, hashes);
  return {
    bytes,
    accept: (answer) =>
      acceptAnswer(message, answer, (decoded) => {
        const now = unixTime(clock);
        return judge(verifyAnswer(answer, key, mac, now, hashes), decoded, now);
      }),
  };
}

/** Seconds since 1970. */
export function unixTime(clock: Clock): number {
  return Math.floor(clock.date().getTime() / 1000);
}

function judge(verdict: AnswerVerdict, answer: Message, now: number): Foreign | Omit<Reply, "message"> {
  const code = extendedRcode(answer);
  const rcode = formatRcode(code);
  switch (verdict.kind) {
    case "verified":
      return {};
    case "refused":
      return { signatureRefused: { error: verdict.error, serverTime: verdict.serverTime } };
    case "unsigned":
      return { kind: "foreign", code: "unsigned-answer", rcode: code, why: `${rcode} without a signature` };
    case "untrusted": {
      const late =
        verdict.serverTime === undefined ? "" : `, signed ${verdict.serverTime - now} s from our time`;
      const why = `${rcode} with a signature that is not right (${verdict.error}${late})`;
      return { kind: "foreign", code: "forged-answer", why };
    }
  }
}
