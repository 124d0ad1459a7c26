import { FAMILIES } from "#core/address.ts";
import { formatEndpoint } from "#core/endpoint.ts";
import { CancelledError, ConfigError, TransportError } from "#core/errors.ts";
import type { Endpoint, Ports } from "#core/ports.ts";
import { type Answer, exchange, randomId } from "#dns/exchange.ts";
import { UnsignedAnswer } from "#dns/failure.ts";
import { plainRequest } from "#dns/request.ts";
import { signedRequest } from "#dns/signed-request.ts";
import { AnswerError, UnconfirmedWrite } from "#providers/_shared/answer-error.ts";
import type { Rfc2136Config } from "#providers/rfc2136/config.ts";
import { type KeySource, openKey } from "#providers/rfc2136/key.ts";
import type { Message } from "#wire/dns/message.ts";
import { RCODE } from "#wire/dns/rcode.ts";
import type { TsigKey } from "#wire/dns/tsig-key.ts";

/** The one server that is read and written. */
export interface UpdateServer {
  /** For messages: host and port as configured. */
  readonly label: string;
  /**
   * Sends a message, signed when there is a key, and yields its verified answer. A server with several addresses
   * is tried at the next one only as long as nothing was sent.
   *
   * @throws {UnconfirmedWrite} (rejects) when a write may have taken effect and its answer was lost
   * @throws {TransportError} (rejects)
   * @throws {AnswerError} (rejects) `authentication`, when the key's secret became unusable
   */
  ask(effect: "read" | "write", build: (id: number) => Message, signal: AbortSignal): Promise<Answer>;
}

export function createUpdateServer(
  config: Rfc2136Config,
  key: KeySource | undefined,
  ports: Ports,
): UpdateServer {
  const { server: host, port, transport, timeout } = config;

  async function locate(signal: AbortSignal): Promise<readonly Endpoint[]> {
    const found = await Promise.allSettled(
      FAMILIES.map((family) => ports.names.resolve(host, family, signal)),
    );
    if (signal.aborted) throw new CancelledError();
    const addresses = found.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
    if (addresses.length > 0) return addresses.map((address) => ({ address, port }));
    const message = `Cannot reach the server "${host}": its name has no address`;
    throw new TransportError(message, { code: "name", peer: host, phase: "unsent" });
  }

  return {
    label: host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`,
    async ask(effect, build, signal) {
      const [first, ...others] = await locate(signal);
      if (!first) throw new TypeError("a server without an address");
      const message = build(randomId(ports.random));
      const request = key ? signedRequest(message, reopenKey(key), ports) : plainRequest(message);
      let failure: unknown;
      for (const server of [first, ...others]) {
        try {
          return await exchange(ports, { kind: transport, server }, request, signal, timeout);
        } catch (error) {
          const mayHaveLanded = effect === "write" && isAfterSending(error);
          if (mayHaveLanded) throw new UnconfirmedWrite(error);
          if (isDenial(error)) throw keyDenied(error);
          if (!(error instanceof TransportError) || error.phase === "sent") throw error;
          ports.log.debug("The server cannot be reached at this address", { server: formatEndpoint(server) });
          failure = error;
        }
      }
      throw failure;
    },
  };
}

/** A cancellation does not say how far the exchange had come: the message may be out. */
function isAfterSending(error: unknown): boolean {
  return error instanceof CancelledError || (error instanceof TransportError && error.phase === "sent");
}

/** The secret was good when the provider was made; one that was rotated since may not be. */
function reopenKey(key: KeySource): TsigKey {
  try {
    return openKey(key);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { message, hint } = error;
    throw new AnswerError(message, { code: "authentication", words: message, hint, cause: error });
  }
}

/** PowerDNS says so without a signature, whether the key, the secret or the clock is wrong. */
function isDenial(error: unknown): error is UnsignedAnswer {
  return error instanceof UnsignedAnswer && error.rcode === RCODE.NOTAUTH;
}

function keyDenied(cause: UnsignedAnswer): AnswerError {
  return new AnswerError(cause.message, {
    code: "authentication",
    status: "NOTAUTH",
    words: "NOTAUTH without a signature",
    hint: "compare name, algorithm and secret of the key, and the clocks of both hosts",
    cause,
  });
}
