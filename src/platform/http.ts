import type { Agent, AgentOptions } from "node:http";
import type { Agent as SecureAgent, RequestOptions } from "node:https";
import { urlToHttpOptions } from "node:url";
import { parseAddress } from "#core/address.ts";
import { CancelledError, type EsddnsError, TransportError } from "#core/errors.ts";
import type { Http, HttpRequest, HttpResponse, Names } from "#core/ports.ts";
import { exchange, type Progress } from "#platform/http-exchange.ts";
import { createLookup } from "#platform/http-lookup.ts";
import { transportFailure } from "#platform/transport-failure.ts";
import type { Trust } from "#platform/trust.ts";

/** Connections to one origin at the same time. */
const MAX_CONNECTIONS = 4;
/** How long an unused connection stays open: from the read of a round to its writes, and a little more. */
const IDLE = 30_000;
const MAX_HEADER_BYTES = 16_384;
/** The addresses of a host are tried one after the other, each for so long. */
const ATTEMPTS = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 500 };
const KEPT = { ...ATTEMPTS, keepAlive: true, maxSockets: MAX_CONNECTIONS, timeout: IDLE } as const;
const FRESH = { ...ATTEMPTS, keepAlive: false } as const;

export interface HttpOptions {
  readonly names: Names;
  readonly trust: Trust;
}

/** With what stays open between requests. */
export interface KeepingHttp extends Http {
  /** Ends kept connections that no request is using. */
  closeIdle(): void;
  /** Ends all. */
  close(): void;
}

/** HTTP/1.1 by `node:http` and `node:https`, loaded with the first request. */
export function createHttp(options: HttpOptions): KeepingHttp {
  return new NodeHttp(options);
}

class NodeHttp implements KeepingHttp {
  readonly #names: Names;
  readonly #trust: Trust;
  readonly #agents = new Map<string, Agent | SecureAgent>();

  constructor({ names, trust }: HttpOptions) {
    this.#names = names;
    this.#trust = trust;
  }

  async request(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    if (signal.aborted) throw new CancelledError();
    checkLiteral(request);
    const stop = new AbortController();
    const cancel = () => stop.abort();
    const timer = setTimeout(cancel, request.timeout);
    signal.addEventListener("abort", cancel);
    try {
      return await this.#attempt(request, request.connection, signal, stop.signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    }
  }

  closeIdle(): void {
    for (const { freeSockets } of this.#agents.values()) {
      for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  async #attempt(
    request: HttpRequest,
    connection: HttpRequest["connection"],
    signal: AbortSignal,
    stop: AbortSignal,
  ): Promise<HttpResponse> {
    const progress: Progress = { phase: "unsent", reused: false, answered: false };
    const { request: open } = process.getBuiltinModule(
      request.url.protocol === "https:" ? "node:https" : "node:http",
    );
    try {
      return await exchange(request, open, this.#options(request, connection, stop), progress, stop);
    } catch (error) {
      const failure = translate(error, request, progress);
      // whoever cancels a write learns from the cause whether it may have taken effect
      if (signal.aborted) throw new CancelledError("Cancelled", { cause: failure });
      if (stop.aborted) throw timeoutError(request, progress);
      if (!wasClosedWhileIdle(failure, request, progress)) throw failure;
      return this.#attempt(request, "fresh", signal, stop);
    }
  }

  #options(request: HttpRequest, connection: HttpRequest["connection"], stop: AbortSignal): RequestOptions {
    const { protocol, hostname, port, path, auth } = urlToHttpOptions(request.url);
    const { body } = request;
    return {
      protocol,
      hostname,
      port,
      path,
      auth,
      method: request.method,
      headers: {
        "accept-encoding": "identity",
        ...(body !== undefined && { "content-length": String(Buffer.byteLength(body)) }),
        ...request.headers,
      },
      agent: this.#agent(request, connection),
      lookup: createLookup(this.#names, request.family, stop),
      maxHeaderSize: MAX_HEADER_BYTES,
    };
  }

  /** Agents of our own: the global one takes a proxy from the environment. One for each family, to pin it. */
  #agent({ url, family }: HttpRequest, connection: HttpRequest["connection"]): Agent {
    const key = `${connection} ${url.protocol} ${family}`;
    const known = this.#agents.get(key);
    if (known) return known;
    const agent = this.#createAgent(url, connection === "kept" ? KEPT : FRESH);
    this.#agents.set(key, agent);
    return agent;
  }

  #createAgent(url: URL, settings: AgentOptions): Agent {
    if (url.protocol !== "https:") return new (process.getBuiltinModule("node:http").Agent)(settings);
    const secureContext = this.#trust();
    return new (process.getBuiltinModule("node:https").Agent)({
      ...settings,
      ...(secureContext && { secureContext }),
    });
  }
}

/**
 * A server may close a kept connection at any moment, also while the next request is on its way (RFC 9112
 * section 9.3.1): that is tried again where nothing can have been processed, or where twice is the same as once.
 */
function wasClosedWhileIdle(failure: EsddnsError, { method }: HttpRequest, progress: Progress): boolean {
  if (failure.code !== "reset" || !progress.reused || progress.answered) return false;
  return progress.phase === "unsent" || method === "GET";
}

function translate(error: unknown, { url }: HttpRequest, { phase, answered }: Progress): EsddnsError {
  const failure = transportFailure(error, {
    action: answered ? "read the answer of" : "reach",
    peer: url.origin,
    phase,
  });
  const isCutOff = failure.code === "reset" && answered;
  if (!isCutOff) return failure;
  return new TransportError(`Cannot read the answer of "${url.origin}": it ended early`, {
    code: "truncated",
    peer: url.origin,
    phase: "sent",
    cause: error,
  });
}

function timeoutError({ url, timeout }: HttpRequest, { phase }: Progress): TransportError {
  return new TransportError(`Cannot get an answer of "${url.origin}": none came within ${timeout} ms`, {
    code: "timeout",
    peer: url.origin,
    phase,
  });
}

/** An address in the URL is never looked up, so nobody else compares its family. */
function checkLiteral({ url, family }: HttpRequest): void {
  const literal = parseAddress(url.hostname.replace(/^\[|\]$/g, ""));
  if (!literal || family === undefined || literal.family === family) return;
  throw new TransportError(
    `Cannot reach "${url.origin}" over IPv${family}: it is an IPv${literal.family} address`,
    {
      code: "name",
      peer: url.origin,
      phase: "unsent",
      retry: "never",
    },
  );
}
