import type { z } from "zod";
import type { Clock, Http, HttpRequest, HttpResponse } from "#core/ports.ts";
import type { Secret } from "#core/secret.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import { type AnswerCode, AnswerError, UnconfirmedWrite } from "#providers/_shared/answer-error.ts";
import { type Effect, exchange } from "#providers/_shared/exchange.ts";
import { parseRetryAfter } from "#providers/_shared/retry-after.ts";
import { cleanWords } from "#providers/_shared/words.ts";

/** What a vendor's error body says; whatever is absent follows from the status. */
export interface Explanation {
  readonly words?: string | undefined;
  readonly code?: AnswerCode | undefined;
  readonly hint?: string | undefined;
  readonly vendorCode?: number | undefined;
}

export interface ApiOptions {
  /** The vendor's name as messages show it. */
  readonly title: string;
  readonly endpoint: URL;
  /** Where the API begins below the endpoint, e.g. `/client/v4`; users may write it or leave it out. */
  readonly root: string;
  /** Authentication; read anew for each call, because a secret may have been refreshed. */
  headers(): Readonly<Record<string, string>>;
  /** What must not show up in messages. */
  readonly secrets: readonly Secret[];
  /** Reads the vendor's error body. @param json `undefined` when the body is no JSON */
  explain(status: number, json: unknown): Explanation;
  readonly timeout?: Milliseconds | undefined;
}

export interface ApiCall<Answer> {
  /** Completes "Cannot …" in messages, e.g. `read "home.example.org/A" at Gandi`. */
  readonly action: string;
  readonly effect: Effect;
  readonly method: HttpRequest["method"];
  /** Below the root, starting with `/`, encoded. */
  readonly path: string;
  readonly body?: unknown;
  /** What a 2xx answer must be; an empty body is `undefined`. */
  readonly answer: z.ZodType<Answer>;
}

export interface ApiAnswer<Answer> {
  readonly value: Answer;
  readonly headers: Readonly<Record<string, string>>;
}

/** A JSON API over HTTP. */
export interface Api {
  /**
   * @throws {AnswerError} (rejects) when the answer is no
   * @throws as {@link exchange}; a write whose 2xx answer cannot be read is unconfirmed, too
   */
  call<Answer>(call: ApiCall<Answer>, signal: AbortSignal): Promise<ApiAnswer<Answer>>;
}

/** Without a Retry-After of its own, a 429 means a minute: the shortest window that vendors publish. */
const DEFAULT_PAUSE = milliseconds(60_000);

export function createApi(http: Http, clock: Clock, options: ApiOptions): Api {
  return {
    async call(call, signal) {
      const secrets = options.secrets.map((secret) => secret.reveal());
      const response = await exchange(http, requestOf(call, options), signal);
      const json = parseJson(response.body);
      if (response.status < 200 || response.status > 299) {
        const error = refusal(call, response, json.value, options, secrets, clock.date());
        // A gateway gave up waiting: what is behind it may well have done the work
        const isLost = call.effect === "write" && (response.status === 504 || response.status === 524);
        throw isLost ? new UnconfirmedWrite(error) : error;
      }
      const answer = json.ok ? call.answer.safeParse(json.value) : undefined;
      if (answer?.success) return { value: answer.data, headers: response.headers };
      const error = unreadable(call, response, answer?.error);
      throw call.effect === "write" ? new UnconfirmedWrite(error) : error;
    },
  };
}

/** Below the endpoint, whether it has a path of its own, a trailing slash, the root already, or none of it. */
function resolvePath(endpoint: URL, root: string, path: string): URL {
  const base = endpoint.href.replace(/\/+$/, "");
  return new URL((base.endsWith(root) ? base : base + root) + path);
}

function requestOf<Answer>(call: ApiCall<Answer>, options: ApiOptions) {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  return {
    effect: call.effect,
    method: call.method,
    url: resolvePath(options.endpoint, options.root, call.path),
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...options.headers(),
    },
    ...(body === undefined ? {} : { body }),
    timeout: options.timeout,
  };
}

function parseJson(body: Uint8Array): { readonly ok: boolean; readonly value: unknown } {
  if (body.length === 0) return { ok: true, value: undefined };
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    return { ok: true, value };
  } catch {
    return { ok: false, value: undefined };
  }
}

function refusal<Answer>(
  call: ApiCall<Answer>,
  response: HttpResponse,
  json: unknown,
  options: ApiOptions,
  secrets: readonly string[],
  now: Date,
): AnswerError {
  const { status } = response;
  const explanation = options.explain(status, json);
  const code = explanation.code ?? codeOf(status);
  const text = explanation.words ?? (json === undefined ? new TextDecoder().decode(response.body) : "");
  const words = cleanWords(text, secrets);
  const said = words ? `${status} "${words}"` : `${status}`;
  return new AnswerError(`Cannot ${call.action}: ${options.title} answers ${said}`, {
    code,
    status,
    words,
    vendorCode: explanation.vendorCode,
    hint: explanation.hint ?? hintOf(code, options),
    retry: retryOf(code, parseRetryAfter(response.headers["retry-after"], now)),
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

function hintOf(code: AnswerCode, options: ApiOptions): string | undefined {
  if (code === "authentication") return `check the credentials for ${options.title}`;
  if (code === "unexpected-status") return `check the endpoint ${options.endpoint.origin}`;
  return undefined;
}

function retryOf(code: AnswerCode, asked: Milliseconds | undefined) {
  if (code === "rate-limited") return { after: asked ?? DEFAULT_PAUSE };
  if (code === "server-error" && asked) return { after: asked };
  return code === "authentication" || code === "not-allowed" || code === "invalid" ? "never" : "next-round";
}

function unreadable<Answer>(
  call: ApiCall<Answer>,
  response: HttpResponse,
  mismatch: z.ZodError<Answer> | undefined,
): AnswerError {
  const [issue] = mismatch?.issues ?? [];
  const place = issue && issue.path.length > 0 ? ` at ${issue.path.map(String).join(".")}` : "";
  const is = issue ? `other JSON${place}` : `${response.body.length} bytes that are no JSON`;
  return new AnswerError(`Cannot ${call.action}: the answer is ${is}, expected what the API documents`, {
    code: "unreadable",
    status: response.status,
    words: "",
  });
}
