import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";

/** A request as the emulated vendor sees it. */
export interface EmulatedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface EmulatedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string as it is, anything else as JSON. */
  readonly body?: unknown;
}

/**
 * What goes wrong with a request. `applied`: whether the vendor does the work before it does.
 *
 * `status` answers something else and does no work; `garbage` and `half-body` spoil the answer; `close` ends
 * the connection without one; `stall` never answers.
 */
export type Fault =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    }
  | { readonly kind: "close" | "garbage" | "half-body" | "stall"; readonly applied: boolean };

export interface FaultOptions {
  /** Absent: any request. */
  readonly on?: "read" | "write";
  /** Absent: once. */
  readonly times?: number;
  /** So many of them go well first. */
  readonly skip?: number;
}

export interface EmulatorOptions {
  /** Serves HTTPS with these, PEM. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  /** Milliseconds before every answer. */
  readonly latency?: number | undefined;
  /** Milliseconds for which a connection stays open that is not used; 5000 unless given. */
  readonly keepFor?: number | undefined;
  /** What goes wrong with this request of all; asked before {@link Emulator.fault}. */
  readonly faultOf?: ((request: EmulatedRequest) => Fault | undefined) | undefined;
  /** Called for each request when its work is done and its answer about to leave. */
  readonly onLogged?: ((request: LoggedRequest) => void) | undefined;
}

/** A vendor: what it answers, and which requests are meant to change something. */
export interface Vendor {
  answer(request: EmulatedRequest): EmulatedAnswer;
  isWrite(request: EmulatedRequest): boolean;
}

export interface LoggedRequest extends EmulatedRequest {
  readonly effect: "read" | "write";
  /** Of the answer; absent when there was none. */
  readonly status: number | undefined;
}

interface PlannedFault {
  readonly fault: Fault;
  readonly on: "read" | "write" | undefined;
  times: number;
  skip: number;
}

/** An HTTP server on loopback that answers as a vendor does, and fails when told to. */
export class Emulator {
  readonly #vendor: Vendor;
  readonly #onLogged: ((request: LoggedRequest) => void) | undefined;
  readonly #faultOf: (request: EmulatedRequest) => Fault | undefined;
  readonly #server: Server;
  readonly #faults: PlannedFault[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #log: LoggedRequest[] = [];
  readonly #scheme: "http" | "https";
  #pending = 0;
  /** Milliseconds before every answer. */
  latency: number;

  constructor(vendor: Vendor, options: EmulatorOptions = {}) {
    const { tls, latency = 0, keepFor = 5000, faultOf = () => undefined, onLogged } = options;
    const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => {
      void this.#serve(incoming, outgoing);
    };
    this.#vendor = vendor;
    this.#onLogged = onLogged;
    this.#faultOf = faultOf;
    this.latency = latency;
    this.#scheme = tls ? "https" : "http";
    this.#server = tls ? createTlsServer(tls, listener) : createServer(listener);
    this.#server.keepAliveTimeout = keepFor;
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** On a free port of loopback, or wherever else. */
  listen(address = "127.0.0.1", port = 0): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, address, resolve);
    });
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  /** The value for `endpoint`. */
  get endpoint(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new TypeError("the emulator does not listen");
    return address.port;
  }

  /** Faults happen in the order in which they were asked for. */
  fault(fault: Fault, { on, times = 1, skip = 0 }: FaultOptions = {}): void {
    this.#faults.push({ fault, on, times, skip });
  }

  clearFaults(): void {
    this.#faults.length = 0;
  }

  get log(): readonly LoggedRequest[] {
    return this.#log;
  }

  get reads(): number {
    return this.#log.filter(({ effect }) => effect === "read").length;
  }

  get writes(): number {
    return this.#log.filter(({ effect }) => effect === "write").length;
  }

  /** Requests that were begun and have neither been answered nor given up. */
  get pending(): number {
    return this.#pending;
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    this.#pending += 1;
    outgoing.on("close", () => (this.#pending -= 1));
    const request = await readRequest(incoming, this.endpoint);
    if (!request) return;
    if (this.latency > 0) await new Promise((resolve) => setTimeout(resolve, this.latency));
    const effect = this.#vendor.isWrite(request) ? "write" : "read";
    const fault = this.#faultOf(request) ?? this.#takeFault(effect);
    const answer = this.#answerUnder(fault, request);
    const logged = { ...request, effect, status: answer?.status } as const;
    this.#log.push(logged);
    this.#onLogged?.(logged);
    if (!fault || fault.kind === "status") send(outgoing, answer ?? { status: 500 });
    else spoil(outgoing, fault.kind);
  }

  #answerUnder(fault: Fault | undefined, request: EmulatedRequest): EmulatedAnswer | undefined {
    if (fault?.kind === "status") return fault;
    return fault && !fault.applied ? undefined : this.#vendor.answer(request);
  }

  #takeFault(effect: "read" | "write"): Fault | undefined {
    const index = this.#faults.findIndex(({ on }) => on === undefined || on === effect);
    const entry = this.#faults[index];
    if (!entry) return undefined;
    if (entry.skip > 0) {
      entry.skip -= 1;
      return undefined;
    }
    entry.times -= 1;
    if (entry.times <= 0) this.#faults.splice(index, 1);
    return entry.fault;
  }
}

async function readRequest(incoming: IncomingMessage, base: string): Promise<EmulatedRequest | undefined> {
  const { method = "", url = "/", headers } = incoming;
  const pieces: Buffer[] = [];
  try {
    for await (const piece of incoming) if (Buffer.isBuffer(piece)) pieces.push(piece);
  } catch {
    return undefined; // the client went away
  }
  return { method, url: new URL(url, base), headers, body: Buffer.concat(pieces).toString("utf8") };
}

function send(outgoing: ServerResponse, { status, headers, body }: EmulatedAnswer): void {
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/plain" : "application/json";
  outgoing.writeHead(status, {
    ...(text === "" ? {} : { "content-type": type }),
    ...(status === 204 ? {} : { "content-length": Buffer.byteLength(text) }),
    ...headers,
  });
  outgoing.end(text);
}

function spoil(outgoing: ServerResponse, kind: "close" | "garbage" | "half-body" | "stall"): void {
  switch (kind) {
    case "close":
      outgoing.destroy();
      return;
    case "garbage":
      send(outgoing, { status: 200, body: "<html><title>Bad gateway</title>\u0000\u001b[31mgood" });
      return;
    case "half-body":
      outgoing.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
      outgoing.write('{"message": "DNS Rec');
      setTimeout(() => outgoing.destroy(), 5);
      return;
    case "stall":
      return; // until the client or `close` ends it
  }
}
