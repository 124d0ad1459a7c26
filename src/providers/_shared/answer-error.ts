import { CancelledError, type ErrorDetail, EsddnsError, ProviderError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Reading } from "#core/record.ts";
import type { Milliseconds } from "#core/units.ts";

export type RefusalCause = Extract<Outcome, { kind: "refused" }>["cause"];

/** Why a provider did not do it: one of the causes of a refusal, or something that may pass. */
export type AnswerCode =
  | RefusalCause
  | "clock"
  | "rate-limited"
  | "server-error"
  | "unexpected-status"
  | "unreadable";

/** A provider answered, and the answer is no, or cannot be read. */
export class AnswerError extends ProviderError {
  override readonly code: AnswerCode;
  /** The provider's own, cleaned; empty when it said nothing. */
  readonly words: string;
  /** The vendor's own number for it, where its API has them. */
  readonly vendorCode: number | undefined;

  constructor(
    message: string,
    detail: Omit<ErrorDetail, "code"> & {
      readonly code: AnswerCode;
      readonly words: string;
      readonly status?: number | string | undefined;
      readonly vendorCode?: number | undefined;
    },
  ) {
    super(message, detail);
    this.code = detail.code;
    this.words = detail.words;
    this.vendorCode = detail.vendorCode;
  }
}

/** A write may have taken effect, and its answer was lost; the `cause` says how. */
export class UnconfirmedWrite extends EsddnsError {
  constructor(cause: unknown) {
    super("Cannot confirm the change: its answer was lost", { code: "unconfirmed", cause });
  }
}

/** Whether the provider says that there is no such thing. */
export function isNotFound(error: unknown): boolean {
  return error instanceof AnswerError && error.code === "not-found";
}

/**
 * What became of a change whose attempt ended in an error. A cancellation before anything was sent is a
 * failure here; `throwIfCancelled` turns a list of nothing else back into the cancellation.
 *
 * @throws the error itself when it is a bug
 */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof UnconfirmedWrite) return { kind: "unconfirmed", error: error.cause };
  if (error instanceof AnswerError && isRefusal(error.code)) {
    const { code: cause, hint, message } = error;
    return { kind: "refused", cause, words: error.words || message, hint, mayPass: error.retry !== "never" };
  }
  if (error instanceof EsddnsError) return { kind: "failed", error, retryAfter: retryAfterOf(error) };
  throw error;
}

/** The reading of a record set that could not be read. @throws the error itself when it is a bug or a cancellation */
export function unread(error: unknown): Reading {
  if (error instanceof CancelledError || !(error instanceof EsddnsError)) throw error;
  return { kind: "unread", error };
}

/** Outcomes of a cancelled call of which nothing was sent become the cancellation again. */
export function throwIfCancelled(outcomes: readonly Outcome[]): readonly Outcome[] {
  const errors = outcomes.map((outcome) => (outcome.kind === "failed" ? outcome.error : undefined));
  const [first] = errors;
  if (first instanceof CancelledError && errors.every((error) => error instanceof CancelledError))
    throw first;
  return outcomes;
}

function isRefusal(code: AnswerCode): code is RefusalCause {
  switch (code) {
    case "authentication":
    case "not-allowed":
    case "not-found":
    case "invalid":
    case "conflict":
      return true;
    case "clock":
    case "rate-limited":
    case "server-error":
    case "unexpected-status":
    case "unreadable":
      return false;
  }
}

function retryAfterOf({ retry }: EsddnsError): Milliseconds | undefined {
  return typeof retry === "object" ? retry.after : undefined;
}
