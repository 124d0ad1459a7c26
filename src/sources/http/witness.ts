import type { Family } from "#core/address.ts";
import { TransportError, WitnessError } from "#core/errors.ts";
import type { HttpResponse, Ports } from "#core/ports.ts";
import type { Milliseconds } from "#core/units.ts";
import type { Testimony, WitnessPort } from "#core/witness.ts";
import { readAnswer } from "#sources/http/answer.ts";
import { type EchoService, serviceId, visibleUrl } from "#sources/http/service.ts";

/** More than an answer may have, so that an error page can still be told by its status. */
const MAX_READ = 16_384;

export interface WitnessOptions {
  readonly timeout: Milliseconds;
  /** Tell every success at info, as the original did, instead of debug. */
  readonly announce: boolean;
}

/** A service as a witness. Whatever the connection does, its answer is judged by `readAnswer`. */
export function createWitness(
  service: EchoService,
  { http, log }: Pick<Ports, "http" | "log">,
  { timeout, announce }: WitnessOptions,
): WitnessPort {
  const { url, families, operator } = service;
  const isSecure = url.protocol === "https:";

  async function ask(family: Family, signal: AbortSignal): Promise<Testimony> {
    if (!families.includes(family)) throw wrongFamily(url, family, families);
    const response = await exchange(family, signal);
    const address = readAnswer(response, service, family);
    const success = `SUCCESS: ${visibleUrl(url)} Returned: ${address.text} as your WAN IPv${family}`;
    log[announce ? "info" : "debug"](success);
    return { address, server: response.server };
  }

  async function exchange(family: Family, signal: AbortSignal): Promise<HttpResponse> {
    // Without accept-encoding any coding would be welcome (RFC 9110 section 12.5.3)
    const headers = { accept: "text/plain", "accept-encoding": "identity", "user-agent": "esddns" };
    try {
      return await http.request(
        { method: "GET", url, headers, family, connection: "fresh", maxBytes: MAX_READ, timeout },
        signal,
      );
    } catch (error) {
      // It did answer, and this is no testimony
      if (error instanceof TransportError && error.code === "too-large") throw tooLarge(url, error);
      throw error;
    }
  }

  return {
    id: serviceId(url),
    source: "http",
    operator,
    authenticated: isSecure,
    roundTrips: isSecure ? 3 : 2,
    families,
    decisive: true,
    fallback: false,
    ask,
  };
}

function tooLarge(url: URL, cause: TransportError): WitnessError {
  const is = `it has more than ${MAX_READ} bytes, expected one address`;
  return new WitnessError(`Cannot use the answer of "${visibleUrl(url)}": ${is}`, {
    code: "too-large",
    cause,
  });
}

function wrongFamily(url: URL, family: Family, families: readonly Family[]): WitnessError {
  const message = `Cannot ask "${visibleUrl(url)}" for an IPv${family} address: it answers for IPv${families.join(" and IPv")} alone`;
  return new WitnessError(message, { code: "wrong-family", retry: "never" });
}
