import type { IncomingMessage } from "node:http";
import type { Agent, RequestOptions } from "node:https";
import { CancelledError, ConfigError, TransportError, type TransportPhase } from "#core/errors.ts";
import type { Clock, Files } from "#core/ports.ts";
import type { ApiAccess } from "#kubernetes/api/access.ts";
import { FreshText, type TextSource } from "#kubernetes/api/fresh-text.ts";
import type { ApiAnswer, ApiRequest, ApiTransport } from "#kubernetes/api/ports.ts";
import { withToken } from "#kubernetes/api/with-token.ts";
import { transportFailure } from "#platform/transport-failure.ts";

/** With what stays open between requests. */
export interface KeepingTransport extends ApiTransport {
  /** Ends every connection, open watches included. */
  close(): void;
}

interface Identity {
  readonly authorities: string | undefined;
  readonly chain: string | undefined;
  readonly key: string | undefined;
}

/** A peer that is gone is noticed after so long and ten more seconds (libuv asks every second, ten times). */
const PROBE_AFTER = 15_000;
/** An unused connection is closed. */
const IDLE = 60_000;
const MAX_HEADER_BYTES = 16_384;

/** HTTP/1.1 by `node:https`, with a connection for each watch and one or two for the rest. */
export function createNodeTransport(
  access: ApiAccess,
  ports: { readonly files: Files; readonly clock: Clock },
): KeepingTransport {
  const connections = new Connections(access, ports);
  const transport: ApiTransport = { open: (request, signal) => connections.open(request, signal) };
  const authorized = access.token ? withToken(transport, new FreshText(access.token, ports)) : transport;
  return { open: (request, signal) => authorized.open(request, signal), close: () => connections.close() };
}

class Connections {
  readonly #server: URL;
  readonly #authorities: FreshText | undefined;
  readonly #chain: FreshText | undefined;
  readonly #key: FreshText | undefined;
  #agent: Agent | undefined;
  #identity: Identity | undefined;
  /** Those of before, whose watches go on. */
  readonly #retired = new Set<Agent>();

  constructor(access: ApiAccess, ports: { readonly files: Files; readonly clock: Clock }) {
    const fresh = (source: TextSource | undefined) => source && new FreshText(source, ports);
    this.#server = access.server;
    this.#authorities = fresh(access.authorities);
    this.#chain = fresh(access.certificate?.chain);
    this.#key = fresh(access.certificate?.key);
  }

  async open(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    const agent = await this.#current();
    try {
      return await this.#send(request, agent, signal);
    } catch (error) {
      const isUntrusted = error instanceof TransportError && error.code === "certificate";
      // A cluster's authority is replaced while its old certificate is still the server's, or the other way round
      if (isUntrusted && (await this.#authorities?.reread())) {
        return this.#send(request, await this.#current(), signal);
      }
      throw error;
    }
  }

  close(): void {
    for (const agent of [...this.#retired, this.#agent]) agent?.destroy();
    this.#agent = undefined;
    this.#identity = undefined;
    this.#retired.clear();
  }

  async #current(): Promise<Agent> {
    const identity: Identity = {
      authorities: await this.#authorities?.text(),
      chain: await this.#chain?.text(),
      key: await this.#key?.text(),
    };
    if (this.#agent && this.#identity && isSame(this.#identity, identity)) return this.#agent;
    if (this.#agent) this.#retire(this.#agent);
    this.#identity = identity;
    return (this.#agent = createAgent(identity));
  }

  /** Its idle connections end by themselves; of the retired, those are forgotten that have none left. */
  #retire(agent: Agent): void {
    this.#retired.add(agent);
    for (const one of this.#retired) {
      if (Object.keys(one.sockets).length === 0) this.#retired.delete(one);
    }
  }

  #send(request: ApiRequest, agent: Agent, signal: AbortSignal): Promise<ApiAnswer> {
    const { hostname, port, origin, pathname } = this.#server;
    const options: RequestOptions = {
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port,
      method: request.method,
      path: `${pathname.replace(/\/$/, "")}${request.target}`,
      headers: {
        ...request.headers,
        ...(request.body !== undefined && { "content-length": String(Buffer.byteLength(request.body)) }),
      },
      agent,
      maxHeaderSize: MAX_HEADER_BYTES,
    };
    return exchange(options, request.body, origin, signal);
  }
}

function createAgent({ authorities, chain, key }: Identity): Agent {
  const https = process.getBuiltinModule("node:https");
  const options = {
    keepAlive: true,
    keepAliveMsecs: PROBE_AFTER,
    timeout: IDLE,
    ...(authorities !== undefined && { ca: authorities }),
    ...(chain !== undefined && key !== undefined && { cert: chain, key }),
  };
  try {
    // OpenSSL skips what it cannot read, and then trusts nobody
    if (authorities !== undefined)
      void new (process.getBuiltinModule("node:crypto").X509Certificate)(authorities);
    const secureContext = process.getBuiltinModule("node:tls").createSecureContext(options);
    return new https.Agent({ ...options, secureContext });
  } catch (cause) {
    const message = "Cannot use the certificates of the API server: they are not readable, expected PEM";
    throw new ConfigError(message, [{ path: "", message }], { cause });
  }
}

/** Resolves with the head of the answer; its body is read from the connection as it comes. */
function exchange(
  options: RequestOptions,
  body: string | undefined,
  peer: string,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new CancelledError());
    let phase: TransportPhase = "unsent";
    const outgoing = process.getBuiltinModule("node:https").request(options);
    const stop = () => outgoing.destroy();
    const failed = (cause: unknown) => {
      reject(
        signal.aborted ? new CancelledError() : transportFailure(cause, { action: "reach", peer, phase }),
      );
    };
    signal.addEventListener("abort", stop);
    // An agent's idle time is for connections that nobody uses, not for a quiet watch
    outgoing.setTimeout(0);
    outgoing.on("finish", () => (phase = "sent"));
    outgoing.on("error", failed);
    outgoing.on("response", (incoming) => resolve(answerOf(incoming, peer, signal)));
    outgoing.on("close", () => {
      signal.removeEventListener("abort", stop);
      failed(new Error("the connection was closed"));
    });
    outgoing.end(body);
  });
}

function answerOf(incoming: IncomingMessage, peer: string, signal: AbortSignal): ApiAnswer {
  const headers = Object.fromEntries(
    Object.entries(incoming.headersDistinct).map(([name, values = []]) => [name, values.join(", ")]),
  );
  return { status: incoming.statusCode ?? 0, headers, body: bodyOf(incoming, peer, signal) };
}

async function* bodyOf(
  incoming: IncomingMessage,
  peer: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of incoming) if (piece instanceof Uint8Array) yield piece;
  } catch (cause) {
    if (signal.aborted) throw new CancelledError();
    throw new TransportError(`Cannot read the answer of "${peer}": it ended early`, {
      code: "truncated",
      peer,
      phase: "sent",
      cause,
    });
  }
  if (signal.aborted) throw new CancelledError();
}

function isSame(a: Identity, b: Identity): boolean {
  return a.authorities === b.authorities && a.chain === b.chain && a.key === b.key;
}
