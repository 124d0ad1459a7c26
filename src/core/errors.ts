import type { Milliseconds } from "#core/units.ts";

/** When the same attempt may be made again. The engine decides from this, never from class names. */
export type Retry = { readonly after: Milliseconds } | "next-round" | "never";

export interface ErrorDetail {
  /** Literal, stable, kebab-case: what logs and metrics group by. */
  readonly code: string;
  /** What the person should do next; shown after the message. */
  readonly hint?: string | undefined;
  readonly retry?: Retry | undefined;
  readonly cause?: unknown;
}

/**
 * The root of every failure that esddns itself raises. Bugs are plain `TypeError`s and `RangeError`s.
 *
 * Message form: *Cannot ⟨action⟩ ⟨"value"⟩: ⟨what is⟩, expected ⟨what should be⟩*; no final period, never a secret.
 */
export abstract class EsddnsError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly retry: Retry;

  constructor(message: string, detail: ErrorDetail) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = new.target.name;
    this.code = detail.code;
    this.hint = detail.hint;
    this.retry = detail.retry ?? "next-round";
  }
}

/** One thing wrong with the configuration. */
export interface ConfigProblem {
  /** Dotted path of the key, e.g. `records.0.ttl`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly file?: string | undefined;
  /** 1-based. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** The configuration cannot be used; nothing was sent. Carries every problem found, not the first alone. */
export class ConfigError extends EsddnsError {
  readonly problems: readonly ConfigProblem[];

  constructor(message: string, problems: readonly ConfigProblem[], detail: Partial<ErrorDetail> = {}) {
    super(message, { code: "config", retry: "never", ...detail });
    this.problems = problems;
  }
}

/** Bytes that are not what the protocol says. */
export class WireError extends EsddnsError {
  /** Name of the field in the words of its RFC. */
  readonly field: string;
  /** Bytes from the start of the message. */
  readonly offset: number;

  constructor(field: string, offset: number, message: string, detail: Partial<ErrorDetail> = {}) {
    super(`Cannot read ${field} at byte ${offset}: ${message}`, { code: "wire", ...detail });
    this.field = field;
    this.offset = offset;
  }
}

/** `sent`: the request may have reached the peer and taken effect; `unsent`: it certainly did not. */
export type TransportPhase = "unsent" | "sent";

/** The peer could not be reached, or the exchange broke off. */
export class TransportError extends EsddnsError {
  /** `host:port`, or a URL without its query and credentials. */
  readonly peer: string;
  readonly phase: TransportPhase;

  constructor(
    message: string,
    detail: ErrorDetail & { readonly peer: string; readonly phase: TransportPhase },
  ) {
    super(message, detail);
    this.peer = detail.peer;
    this.phase = detail.phase;
  }
}

/**
 * A witness gave an answer that is no testimony: an error class, an HTML page, no address in it.
 * Codes are the witness's own (`http-status`, `stun-error`, `not-an-address`, ...).
 */
export class WitnessError extends EsddnsError {}

/** A DNS provider answered, and the answer is no. */
export class ProviderError extends EsddnsError {
  /** HTTP status, DNS rcode or dyndns2 word; as the provider said it. */
  readonly status: number | string | undefined;

  constructor(message: string, detail: ErrorDetail & { readonly status?: number | string | undefined }) {
    super(message, detail);
    this.status = detail.status;
  }
}

/** The caller's signal ended the work. Never shown as a failure of the peer. */
export class CancelledError extends EsddnsError {
  constructor(message = "Cancelled", detail: Partial<ErrorDetail> = {}) {
    super(message, { code: "cancelled", ...detail });
  }
}

/** The words to show for anything that was thrown. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = error instanceof EsddnsError && error.hint ? ` (${error.hint})` : "";
  return `${error.message}${hint}`;
}
