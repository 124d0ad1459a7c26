import { CancelledError, TransportError } from "#core/errors.ts";
import type { Http, HttpRequest, HttpResponse } from "#core/ports.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import { VERSION } from "#core/version.ts";
import { UnconfirmedWrite } from "#providers/_shared/answer-error.ts";

/** Dyn, No-IP and Gandi block clients without an honest one. */
export const USER_AGENT = `esddns/${VERSION} (+https://github.com/esddns/esddns)`;

const MAX_BYTES = 8 * 1024 * 1024;
/** Less than the engine gives a call (15 and 30 s), whose end could only say "cancelled". */
const TIMEOUT = { read: milliseconds(12_000), write: milliseconds(25_000) } as const;

/** Whether the request changes something: it cannot be told from the method (dyndns2 writes by GET). */
export type Effect = "read" | "write";

export interface Exchange {
  readonly effect: Effect;
  readonly method: HttpRequest["method"];
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /**
   * Absent: kept for the next request. A GET on a kept connection may be repeated when the server closes it,
   * which a GET that writes must not be.
   */
  readonly connection?: HttpRequest["connection"] | undefined;
  /** Absent: 12 s for a read, 25 s for a write. */
  readonly timeout?: Milliseconds | undefined;
}

/**
 * One request to a provider.
 *
 * @throws {UnconfirmedWrite} (rejects) when a write was sent, or may have been, and its answer is lost
 * @throws {TransportError} (rejects) when it did not reach the provider, or was a read
 * @throws {CancelledError} (rejects) when nothing was sent, or it was a read
 */
export async function exchange(http: Http, request: Exchange, signal: AbortSignal): Promise<HttpResponse> {
  const { effect, timeout = TIMEOUT[request.effect], connection = "kept", headers, ...rest } = request;
  if (signal.aborted) throw new CancelledError();
  try {
    return await http.request(
      {
        ...rest,
        headers: { "user-agent": USER_AGENT, ...headers },
        connection,
        maxBytes: MAX_BYTES,
        timeout,
      },
      signal,
    );
  } catch (error) {
    const maySent =
      error instanceof CancelledError || (error instanceof TransportError && error.phase === "sent");
    throw effect === "write" && maySent ? new UnconfirmedWrite(error) : error;
  }
}
