import type { SignatureRefusal } from "#dns/request.ts";
import { AnswerError } from "#providers/_shared/answer-error.ts";
import type { TsigKey } from "#wire/dns/tsig-key.ts";
import { formatRcode, RCODE } from "#wire/dns/rcode.ts";

/** What is needed to say why: the request was signed with this key, if any. */
export interface Asked {
  /** Completes *Cannot …*. */
  readonly action: string;
  readonly key: Pick<TsigKey, "algorithm" | "name"> | undefined;
  /** Seconds since 1970. */
  readonly now: number;
}

/** The server did not accept our signature. A wrong clock is set right some time; a wrong key is not. */
export function signatureError(refusal: SignatureRefusal, { action, key, now }: Asked): AnswerError {
  const status = formatRcode(refusal.error);
  const isClock = refusal.error === RCODE.BADTIME;
  return new AnswerError(`Cannot ${action}: the server does not accept the signature (${status})`, {
    code: isClock ? "clock" : "authentication",
    status,
    words: `NOTAUTH ${status}`,
    hint: signatureHint(refusal, key, now),
    retry: isClock ? "next-round" : "never",
  });
}

function signatureHint(
  { error, serverTime }: SignatureRefusal,
  key: Asked["key"],
  now: number,
): string | undefined {
  const name = key?.name ?? "";
  switch (error) {
    case RCODE.BADKEY:
      return `the server has no key "${name}" with ${key?.algorithm ?? ""}: name and algorithm must be the same on both sides`;
    case RCODE.BADSIG:
      return `the secret of the key "${name}" is another one at the server`;
    case RCODE.BADTIME:
      return clockHint(serverTime === undefined ? undefined : now - serverTime);
    default:
      return undefined;
  }
}

function clockHint(ahead: number | undefined): string {
  if (ahead === undefined)
    return "the clocks of this host and of the server differ too much: set them by NTP";
  const direction = ahead < 0 ? "behind" : "ahead of";
  return `the clock of this host is ${Math.abs(ahead)} s ${direction} the server's: set both by NTP`;
}

/**
 * What an error code in a trusted answer to an UPDATE means (RFC 2136 section 3, in its order of checks).
 *
 * @returns `undefined` for NOERROR
 */
export function updateError(rcode: number, asked: Asked): AnswerError | undefined {
  const status = formatRcode(rcode);
  const fail = (code: AnswerError["code"], why: string, hint?: string) =>
    new AnswerError(`Cannot ${asked.action}: ${why} (${status})`, { code, status, words: status, hint });
  switch (rcode) {
    case RCODE.NOERROR:
      return undefined;
    case RCODE.FORMERR:
      return fail("invalid", "the server cannot read the update");
    case RCODE.NOTIMP:
      return fail("not-allowed", "the server takes no updates", "name the zone's primary server");
    case RCODE.REFUSED:
      return fail("not-allowed", "the server does not allow it", allowHint(asked));
    case RCODE.NOTZONE:
      return fail("not-found", "a name lies outside the zone", "check `zone`");
    case RCODE.NOTAUTH:
      // An accepted signature leaves one meaning (RFC 2136 section 3.1.2)
      return asked.key
        ? fail(
            "not-found",
            "the server does not hold the zone",
            "name the zone's primary server, or the zone",
          )
        : fail("authentication", "the server asks for a key or does not hold the zone", "configure `key`");
    case RCODE.YXDOMAIN:
    case RCODE.YXRRSET:
    case RCODE.NXRRSET:
    case RCODE.NXDOMAIN:
      return fail("conflict", "what is there is not what the server expects");
    case RCODE.SERVFAIL:
      return fail("server-error", "the server failed");
    default:
      return fail("unexpected-status", "the server gives a code that makes no sense here");
  }
}

function allowHint({ key }: Asked): string {
  return key
    ? `the update policy of the zone must grant it to the key "${key.name}"`
    : "configure `key`, or let the server trust this host's address";
}
