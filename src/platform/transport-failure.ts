import { EsddnsError, TransportError, type TransportPhase } from "#core/errors.ts";

/** What was being done when a socket failed. */
export interface Attempt {
  /** Completes *Cannot …*, e.g. `connect to`. */
  readonly action: string;
  readonly peer: string;
  readonly phase: TransportPhase;
}

interface Meaning {
  readonly code: string;
  readonly is: string;
  readonly hint?: string;
}

const REFUSED: Meaning = { code: "refused", is: "the port is closed" };
const UNREACHABLE: Meaning = { code: "unreachable", is: "there is no way to it" };
const RESET: Meaning = { code: "reset", is: "the peer broke the connection off" };
const TIMEOUT: Meaning = { code: "timeout", is: "no answer came in time" };
const NAME: Meaning = { code: "name", is: "its name has no address" };
const UNTRUSTED: Meaning = {
  code: "certificate",
  is: "its certificate is not signed by an authority that this host trusts",
  hint: "for a private authority, give its certificate file in the configuration",
};

/** By the `code` of Node's errors: errno names, then OpenSSL's, then those of Node's own TLS and HTTP. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ["ECONNREFUSED", REFUSED],
  ["ECONNRESET", RESET],
  ["ECONNABORTED", RESET],
  ["EPIPE", RESET],
  ["ETIMEDOUT", TIMEOUT],
  ["EHOSTUNREACH", UNREACHABLE],
  ["EHOSTDOWN", UNREACHABLE],
  ["ENETUNREACH", UNREACHABLE],
  ["ENETDOWN", UNREACHABLE],
  ["EADDRNOTAVAIL", { code: "unreachable", is: "this host has no address of that family" }],
  ["EACCES", { code: "unreachable", is: "this host may not send there" }],
  ["EPERM", { code: "unreachable", is: "a firewall on this host forbids it" }],
  ["EINVAL", { code: "unreachable", is: "this host cannot send there" }],
  ["ENOTFOUND", NAME],
  ["CERT_HAS_EXPIRED", { code: "certificate", is: "its certificate has expired" }],
  [
    "CERT_NOT_YET_VALID",
    { code: "certificate", is: "its certificate is not valid yet", hint: "check the clock of this host" },
  ],
  ["CERT_REVOKED", { code: "certificate", is: "its certificate was revoked" }],
  ["ERR_TLS_CERT_ALTNAME_INVALID", { code: "certificate", is: "its certificate is for another name" }],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", UNTRUSTED],
  ["SELF_SIGNED_CERT_IN_CHAIN", UNTRUSTED],
  ["UNABLE_TO_GET_ISSUER_CERT", UNTRUSTED],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", UNTRUSTED],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", UNTRUSTED],
  ["CERT_UNTRUSTED", UNTRUSTED],
  ["CERT_REJECTED", UNTRUSTED],
  ["INVALID_CA", UNTRUSTED],
  ["INVALID_PURPOSE", UNTRUSTED],
  ["CERT_SIGNATURE_FAILURE", UNTRUSTED],
  ["CERT_CHAIN_TOO_LONG", UNTRUSTED],
  ["PATH_LENGTH_EXCEEDED", UNTRUSTED],
  ["EPROTO", { code: "tls", is: "it does not speak TLS as expected" }],
  ["HPE_HEADER_OVERFLOW", { code: "too-large", is: "the header of its answer is too large" }],
  [
    "ERR_INVALID_CHAR",
    {
      code: "invalid-request",
      is: "a header holds a character that HTTP does not allow",
      hint: "look for a line break or a special character in the token or password",
    },
  ],
]);

/**
 * What a failure of Node's sockets means, translated once. Errors of our own pass as they are.
 *
 * @returns codes `refused`, `unreachable`, `reset`, `timeout`, `name`, `certificate`, `tls`, `too-large`,
 *   `malformed` (no HTTP), `invalid-request`, else `network`
 */
export function transportFailure(error: unknown, attempt: Attempt): EsddnsError {
  if (error instanceof EsddnsError) return error;
  const { code, is, hint } = meaningOf(error);
  return new TransportError(`Cannot ${attempt.action} "${attempt.peer}": ${is}`, {
    code,
    hint,
    peer: attempt.peer,
    phase: attempt.phase,
    cause: error,
  });
}

/** The `code` of a Node error, or `""`. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function meaningOf(error: unknown): Meaning {
  const code = errorCode(error);
  const known = MEANINGS.get(code);
  if (known) return known;
  if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")) {
    return { code: "tls", is: "it does not speak TLS as expected" };
  }
  if (code.startsWith("HPE_")) return { code: "malformed", is: "its answer is not HTTP" };
  return { code: "network", is: error instanceof Error ? error.message : String(error) };
}
