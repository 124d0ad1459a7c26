import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Server, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { type Address, type Family, parseAddress } from "#core/address.ts";
import { formatEndpoint } from "#core/endpoint.ts";
import { type EchoAnswer, echoAnswer, type EchoBehaviour, type EchoFormat } from "#lab/echo-answer.ts";
import { Line } from "#lab/line.ts";

export interface EchoServerOptions {
  /** To listen on; a loopback address in tests. */
  readonly address: Address;
  /** 0 or absent: any free one. */
  readonly port?: number | undefined;
  /** Absent: plain HTTP. */
  readonly tls?: { readonly certificatePem: string; readonly keyPem: string } | undefined;
  /** What an honest answer is for a caller of this family; absent: the address that the caller came from. */
  readonly publicAddress?: ((family: Family) => Address) | undefined;
  /** Absent: `trace` for paths that end in /cdn-cgi/trace, else `text`. */
  readonly format?: EchoFormat | undefined;
  /** What `liar` says; absent: the address beside the honest one. */
  readonly lie?: ((family: Family) => Address) | undefined;
  /** `honest` unless given. */
  readonly behaviour?: EchoBehaviour | undefined;
  /** How late `slow` is, in milliseconds; 1000 unless given. */
  readonly slowness?: number | undefined;
  /** What it is reached over; a perfect one unless given. */
  readonly line?: Line | undefined;
}

/** One request, as the log has it. */
export interface EchoRequest {
  /** The caller's end of the connection, e.g. `127.0.0.1:40001`: the same twice means a connection used twice. */
  readonly client: string;
  readonly family: Family;
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface EchoServer {
  /** Scheme, address and port, path `/`. */
  readonly url: URL;
  readonly port: number;
  /** Every request since the start, in order. */
  readonly requests: readonly EchoRequest[];
  /** Connections that are open now. */
  openConnections(): number;
  /** From the next request on. */
  behave(behaviour: EchoBehaviour): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Starts a service that tells its callers their address, over HTTP or HTTPS. */
export async function startEchoServer(options: EchoServerOptions): Promise<EchoServer> {
  const { address, tls, line = new Line() } = options;
  let behaviour = options.behaviour ?? "honest";
  const requests: EchoRequest[] = [];
  const sockets = new Set<Socket>();
  const stopped = new AbortController();

  const respond = (message: IncomingMessage, response: ServerResponse) => {
    const { caller, request } = readRequest(message);
    requests.push(request);
    const { family, path } = request;
    const isRedirected = behaviour === "redirect" && path === "/elsewhere";
    const answer = echoAnswer(isRedirected ? "honest" : behaviour, {
      family,
      host: message.headers.host ?? "",
      truth: options.publicAddress?.(family) ?? caller,
      lie: options.lie?.(family),
      format: options.format ?? (path.endsWith("/cdn-cgi/trace") ? "trace" : "text"),
    });
    const send = () => line.reply(message.socket, () => sendAnswer(response, answer));
    if (answer.isLate) runLater(send, options.slowness ?? 1000, stopped.signal);
    else send();
  };
  const server = tls
    ? createTlsServer({ cert: tls.certificatePem, key: tls.keyPem }, respond)
    : createServer(respond);
  const door = line.doorOf(server, tls ? 2 : 1);
  door.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });

  const port = await listen(door, address, options.port ?? 0);
  const host = address.family === 6 ? `[${address.text}]` : address.text;
  return {
    url: new URL(`${tls ? "https" : "http"}://${host}:${port}/`),
    port,
    requests,
    openConnections: () => sockets.size,
    behave: (next) => {
      behaviour = next;
    },
    close: () => {
      stopped.abort();
      return close(door, sockets);
    },
  };
}

function readRequest(message: IncomingMessage): { caller: Address; request: EchoRequest } {
  const { remoteAddress = "", remotePort = 0 } = message.socket;
  // a dual-stack socket shows IPv4 callers as ::ffff:a.b.c.d
  const caller = parseAddress(remoteAddress.replace(/^::ffff:(?=.*\.)/, ""));
  if (!caller) throw new TypeError("a request from nowhere");
  const client = formatEndpoint({ address: caller, port: remotePort });
  const { method = "", url: path = "", headers } = message;
  return { caller, request: { client, family: caller.family, method, path, headers } };
}

function sendAnswer(response: ServerResponse, { status, headers, body, ending }: EchoAnswer): void {
  if (ending === "never") return;
  if (ending === "cut" && body.length === 0) {
    breakOff(response.socket);
    return;
  }
  response.writeHead(status, headers);
  if (ending === "complete") response.end(body);
  // the body must leave before the connection does
  else response.write(body, () => ending === "cut" && response.socket?.end());
}

/** With a TCP reset where Node can; a TLS socket just vanishes, without its close_notify. */
function breakOff(socket: Socket | null): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket?.resetAndDestroy();
}

function runLater(act: () => void, delay: number, signal: AbortSignal): void {
  const timer = setTimeout(act, delay);
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}

/** @returns the port */
async function listen(server: Server, address: Address, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address.text, port }, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("not listening on a port");
  return bound.port;
}

function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}
