import type { z } from "zod";
import type { Clock, Http, HttpRequest, HttpResponse } from "#core/ports.ts";
import type { Secret } from "#core/secret.ts";
import type { Milliseconds } from "#core/units.ts";
import { AnswerError, UnconfirmedWrite } from "#providers/_shared/answer-error.ts";
import { type Effect, exchange } from "#providers/_shared/exchange.ts";
import { type Explanation, refusalOf } from "#providers/_shared/refusal.ts";

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

export function createApi(http: Http, clock: Clock, options: ApiOptions): Api {
  return {
    async call(call, signal) {
      const secrets = options.secrets.map((secret) => secret.reveal());
      const response = await exchange(http, requestOf(call, options), signal);
      const json = parseJson(response.body);
      if (response.status < 200 || response.status > 299) {
        const { title, endpoint } = options;
        const context = { action: call.action, title, endpoint, secrets, now: clock.date() };
        const error = refusalOf(response, options.explain(response.status, json.value), context);
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
