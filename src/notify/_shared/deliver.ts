import { type ErrorDetail, type EsddnsError, type Retry, TransportError } from "#core/errors.ts";
import type { HttpRequest, HttpResponse, Ports } from "#core/ports.ts";
import { parseRetryAfter } from "#core/retry-after.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import { VERSION } from "#core/version.ts";
import { type DeliveryCode, DeliveryError } from "#notify/_shared/delivery-error.ts";
import { cleanWords } from "#notify/_shared/words.ts";

const USER_AGENT = `esddns/${VERSION} (+https://github.com/esddns/esddns)`;
const TIMEOUT = milliseconds(15_000);
const MAX_BYTES = 256 * 1024;
/** After a 429 that does not say for how long. */
const UNSAID = milliseconds(60_000);

export interface Delivery {
  /** The service's name as messages show it. */
  readonly title: string;
  readonly method: HttpRequest["method"];
  /** Only its host is ever shown. */
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  /** What must not show up in messages. */
  readonly secrets: readonly string[];
  /** Reads the service's own way to say no, also in a 2xx answer. */
  readonly explain?: ((answer: Answer) => Explanation) | undefined;
}

export interface Answer {
  readonly status: number;
  /** `undefined` when the body is no JSON. */
  readonly json: unknown;
  readonly text: string;
}

/** Whatever is absent follows from the status. */
export interface Explanation {
  readonly code?: DeliveryCode | undefined;
  readonly words?: string | undefined;
  readonly hint?: string | undefined;
  readonly after?: Milliseconds | undefined;
}

/**
 * One request to a service that takes notifications.
 *
 * @throws {DeliveryError} (rejects) when the answer is no
 * @throws {TransportError} (rejects) when there is none
 * @throws {CancelledError} (rejects)
 */
export async function deliver(
  { http, clock }: Pick<Ports, "clock" | "http">,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<void> {
  const response = await request(http, delivery, signal);
  const text = new TextDecoder().decode(response.body);
  const explanation = delivery.explain?.({ status: response.status, json: parseJson(text), text }) ?? {};
  const code = explanation.code ?? codeOf(response.status);
  if (code === undefined) return;
  const words = cleanWords(explanation.words ?? text, delivery.secrets);
  const said = words ? `${response.status} "${words}"` : `${response.status}`;
  const { title, url } = delivery;
  throw new DeliveryError(`Cannot send to ${title} at "${url.host}": it answers ${said}`, {
    code,
    status: response.status,
    hint: explanation.hint ?? hintOf(code, title),
    retry: retryOf(code, response, explanation.after, clock.date()),
  });
}

async function request(
  http: Ports["http"],
  { method, url, headers, body }: Delivery,
  signal: AbortSignal,
): Promise<HttpResponse> {
  try {
    return await http.request(
      {
        method,
        url,
        headers: { "user-agent": USER_AGENT, ...headers },
        ...(body === undefined ? {} : { body }),
        connection: "fresh",
        maxBytes: MAX_BYTES,
        timeout: TIMEOUT,
      },
      signal,
    );
  } catch (error) {
    throw isFinal(error) ? withoutRetry(error) : error;
  }
}

/** A request that cannot be sent at all, or an answer so large that it is hardly a no: again would be twice. */
function isFinal(error: unknown): error is TransportError {
  return error instanceof TransportError && (error.code === "too-large" || error.code === "invalid-request");
}

function withoutRetry({ message, code, peer, phase, hint }: TransportError): EsddnsError {
  const detail: ErrorDetail = { code, hint, retry: "never" };
  return new TransportError(message, { ...detail, peer, phase });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf(status: number): DeliveryCode | undefined {
  if (status >= 200 && status <= 299) return undefined;
  if (status === 401 || status === 403) return "authentication";
  if (status === 404 || status === 410) return "not-found";
  if (status === 429) return "rate-limited";
  if (status >= 500 || status === 408 || status === 425) return "server-error";
  return status >= 300 && status <= 399 ? "redirected" : "refused";
}

function hintOf(code: DeliveryCode, title: string): string | undefined {
  switch (code) {
    case "authentication":
      return `check the credentials for ${title}`;
    case "not-found":
      return `check the address for ${title}: what it leads to may have been removed`;
    case "redirected":
      return "redirects are not followed; use the address that it leads to";
    case "rate-limited":
    case "refused":
    case "server-error":
    case "unreadable":
      return undefined;
  }
}

function retryOf(
  code: DeliveryCode,
  { status, headers }: HttpResponse,
  said: Milliseconds | undefined,
  now: Date,
): Retry {
  const asked = parseRetryAfter(headers["retry-after"], now);
  if (code === "rate-limited") return { after: asked ?? said ?? UNSAID };
  if (code !== "server-error") return "never";
  return status === 503 && asked !== undefined ? { after: asked } : "next-round";
}
