import type { HttpResponse } from "#core/ports.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import { type AnswerCode, AnswerError } from "#providers/_shared/answer-error.ts";
import { parseRetryAfter } from "#core/retry-after.ts";
import { cleanWords } from "#providers/_shared/words.ts";

/** What a vendor's error body says; whatever is absent follows from the status. */
export interface Explanation {
  readonly words?: string | undefined;
  readonly code?: AnswerCode | undefined;
  readonly hint?: string | undefined;
  readonly vendorCode?: number | undefined;
}

export interface RefusalContext {
  /** Completes "Cannot …" in messages, e.g. `read "home.example.org/A" at Gandi`. */
  readonly action: string;
  /** The vendor's name as messages show it. */
  readonly title: string;
  readonly endpoint: URL;
  /** Values as they were sent, which must not show up in messages. */
  readonly secrets: readonly string[];
  readonly now: Date;
}

/** Without a Retry-After of its own, a 429 means a minute: the shortest window that vendors publish. */
const DEFAULT_PAUSE = milliseconds(60_000);

/** An HTTP answer that is no success, as an error. */
export function refusalOf(
  { status, headers, body }: HttpResponse,
  explanation: Explanation,
  context: RefusalContext,
): AnswerError {
  const code = explanation.code ?? codeOf(status);
  const words = cleanWords(explanation.words ?? new TextDecoder().decode(body), context.secrets);
  const said = words ? `${status} "${words}"` : `${status}`;
  return new AnswerError(`Cannot ${context.action}: ${context.title} answers ${said}`, {
    code,
    status,
    words,
    vendorCode: explanation.vendorCode,
    hint: explanation.hint ?? hintOf(code, context),
    retry: retryOf(code, parseRetryAfter(headers["retry-after"], context.now)),
  });
}

function codeOf(status: number): AnswerCode {
  if (status === 401) return "authentication";
  if (status === 403) return "not-allowed";
  if (status === 404 || status === 410) return "not-found";
  if (status === 409 || status === 412) return "conflict";
  if (status === 429) return "rate-limited";
  if (status >= 500 || status === 408 || status === 425) return "server-error";
  return status >= 400 ? "invalid" : "unexpected-status";
}

function hintOf(code: AnswerCode, { title, endpoint }: RefusalContext): string | undefined {
  if (code === "authentication") return `check the credentials for ${title}`;
  if (code === "unexpected-status") return `check the endpoint ${endpoint.origin}`;
  return undefined;
}

function retryOf(code: AnswerCode, asked: Milliseconds | undefined) {
  if (code === "rate-limited") return { after: asked ?? DEFAULT_PAUSE };
  if (code === "server-error" && asked) return { after: asked };
  return code === "authentication" || code === "not-allowed" || code === "invalid" ? "never" : "next-round";
}
