import { EsddnsError, type Retry } from "#core/errors.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import { isFields } from "#kubernetes/api/object.ts";

/** The verbs of RBAC. */
export type Verb = "create" | "get" | "list" | "patch" | "update" | "watch";

/** What was asked of the API server. */
export interface Ask {
  readonly verb: Verb;
  /** Empty for the core group. */
  readonly group: string;
  readonly plural: string;
  readonly namespace: string;
  readonly name?: string | undefined;
}

interface Refusal {
  readonly ask: Ask;
  /** HTTP status, or the `code` of a Status within a watch. */
  readonly status: number;
  readonly reason: string;
  /** In the words of the server. */
  readonly says: string;
  readonly retryAfter?: Milliseconds | undefined;
  readonly code: string;
}

/**
 * The API server answered, and the answer is no.
 *
 * Codes: `unauthorized`, `forbidden`, `not-found`, `already-exists`, `conflict`, `expired` (410, the version asked for
 * is gone), `future-version` (the server has not seen that version), `invalid`, `too-many-requests`, `server` (5xx),
 * `malformed` (not what the API says), `refused` (any other).
 */
export class KubernetesError extends EsddnsError {
  readonly status: number;
  /** Kubernetes' own word, e.g. `AlreadyExists`; empty when it gave none. */
  readonly reason: string;
  /** What the server asks to wait before the next attempt. */
  readonly retryAfter: Milliseconds | undefined;

  constructor({ ask, status, reason, says, retryAfter, code }: Refusal) {
    super(`Cannot ${describeAsk(ask)}: ${says}`, {
      code,
      hint: hintFor(code, ask, says),
      retry: retryFor(code, retryAfter),
    });
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

interface HttpStatus {
  readonly status: number;
  /** Of the header. */
  readonly retryAfter?: Milliseconds | undefined;
}

/** By HTTP status; the reasons that say more come first. */
const CODES: ReadonlyMap<number, string> = new Map([
  [400, "invalid"],
  [401, "unauthorized"],
  [403, "forbidden"],
  [404, "not-found"],
  [409, "conflict"],
  [410, "expired"],
  [413, "invalid"],
  [415, "invalid"],
  [422, "invalid"],
  [429, "too-many-requests"],
]);
const MAX_WORDS = 400;
/** In the words of authorization: admission, quotas and namespaces that are to go forbid with the same status. */
const DENIED = /\bcannot \S+ resource\b/;
/** As of a header: `parseRetryAfter`. */
const LONGEST_WAIT = milliseconds(3_600_000);

/**
 * What a Status object means (`meta/v1` Status: reason, message, details); anything else that came instead of one is
 * told by its HTTP status alone.
 */
export function statusError(ask: Ask, body: unknown, http: HttpStatus): KubernetesError {
  const status = isFields(body) && body["kind"] === "Status" ? body : {};
  const details = isFields(status["details"]) ? status["details"] : {};
  const number = typeof status["code"] === "number" ? status["code"] : http.status;
  const reason = text(status["reason"]);
  const words = text(status["message"]).slice(0, MAX_WORDS);
  return new KubernetesError({
    ask,
    status: number,
    reason,
    says: `the API server answers ${number}${reason && ` ${reason}`}${words && `: ${words}`}`,
    retryAfter: http.retryAfter ?? spanOf(details["retryAfterSeconds"]),
    code: codeOf(number, reason, details["causes"]),
  });
}

export function malformedError(ask: Ask, is: string): KubernetesError {
  return new KubernetesError({ ask, status: 0, reason: "", says: is, code: "malformed" });
}

export function isKubernetesError(error: unknown, ...codes: readonly string[]): error is KubernetesError {
  return error instanceof KubernetesError && codes.includes(error.code);
}

function codeOf(status: number, reason: string, causes: unknown): string {
  if (reason === "AlreadyExists") return "already-exists";
  if (reason === "Expired" || reason === "Gone") return "expired";
  if (Array.isArray(causes) && causes.some(isFutureVersion)) return "future-version";
  return CODES.get(status) ?? (status >= 500 ? "server" : "refused");
}

/** The server's cache is behind the version asked for; it says so as a 504. */
function isFutureVersion(cause: unknown): boolean {
  return isFields(cause) && cause["reason"] === "ResourceVersionTooLarge";
}

/** A Status within a watch has no header beside it. */
function spanOf(seconds: unknown): Milliseconds | undefined {
  return typeof seconds === "number" && seconds > 0
    ? milliseconds(Math.min(seconds * 1000, LONGEST_WAIT))
    : undefined;
}

function retryFor(code: string, after: Milliseconds | undefined): Retry {
  if (code === "invalid") return "never";
  return after === undefined ? "next-round" : { after };
}

function hintFor(code: string, ask: Ask, says: string): string | undefined {
  if (code === "unauthorized")
    return "the service account's token is not accepted: it may have expired or been revoked";
  if (code === "invalid" && says.includes("immutable"))
    return "somebody made it immutable: delete it, and it is made anew";
  if (code === "malformed") return "something else than the API server may have answered, e.g. a proxy";
  return code === "forbidden" && DENIED.test(says) ? roleHint(ask) : undefined;
}

function roleHint({ verb, group, plural, namespace, name }: Ask): string {
  const object = name === undefined || verb === "create" ? "" : ` with the resource name "${name}"`;
  const where = `apiGroups [${JSON.stringify(group)}], resources ["${plural}"]${object}`;
  return `the Role in namespace "${namespace}" of this service account lacks the verb "${verb}" on ${where}`;
}

function describeAsk({ verb, plural, namespace, name }: Ask): string {
  return `${verb} ${plural}${name === undefined ? "" : ` "${name}"`} in namespace "${namespace}"`;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
