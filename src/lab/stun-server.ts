import { formatEndpoint } from "#core/endpoint.ts";
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { type Address, type Family, parseAddress } from "#core/address.ts";
import { WireError } from "#core/errors.ts";
import type { Endpoint } from "#core/ports.ts";
import { Line } from "#lab/line.ts";
import { stunAnswer, type StunBehaviour } from "#lab/stun-answer.ts";
import { MessageFramer } from "#wire/stun/message-framer.ts";

export interface StunServerOptions {
  /** To listen on; a loopback address in tests. */
  readonly address: Address;
  /** For UDP and TCP; 0 or absent: any free one. */
  readonly port?: number | undefined;
  /** For TLS; 0 or absent: any free one. */
  readonly tlsPort?: number | undefined;
  /** Absent: no TLS. */
  readonly tls?: { readonly certificatePem: string; readonly keyPem: string } | undefined;
  /** What an honest answer is for a caller of this family; absent: the address that the caller came from. */
  readonly publicAddress?: ((family: Family) => Address) | undefined;
  /** What `liar` says; absent: an address of nobody. */
  readonly lie?: ((family: Family) => Address) | undefined;
  /** `honest` unless given. */
  readonly behaviour?: StunBehaviour | undefined;
  /** How late `slow` is, in milliseconds; 1000 unless given. */
  readonly slowness?: number | undefined;
  /** What it is reached over; a perfect one unless given. */
  readonly line?: Line | undefined;
}

/** One request, as the log has it. */
interface ReceivedRequest {
  readonly transport: "tcp" | "tls" | "udp";
  /** The caller's end, e.g. `127.0.0.1:40001`: the same twice means a socket used twice. */
  readonly client: string;
  readonly bytes: Uint8Array;
}

export interface StunServer {
  /** Of UDP and TCP. */
  readonly endpoint: Endpoint;
  readonly tlsEndpoint: Endpoint | undefined;
  /** Every request since the start, in order. */
  readonly requests: readonly ReceivedRequest[];
  /** TCP and TLS connections that are open now. */
  openConnections(): number;
  /** From the next request on. */
  behave(behaviour: StunBehaviour): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

const LIES = { 4: literal("44.128.66.6"), 6: literal("2a10:ed1:666::6") } as const;
const PAIR_ATTEMPTS = 10;

/** Starts a STUN server over UDP and TCP, and over TLS where it has a certificate. */
export async function startStunServer(options: StunServerOptions): Promise<StunServer> {
  const { address, tls, line = new Line() } = options;
  let behaviour = options.behaviour ?? "honest";
  const requests: ReceivedRequest[] = [];
  const connections = new Set<Socket>();
  const late = new Set<NodeJS.Timeout>();

  const respond: Respond = (transport, client, bytes, send) => {
    const { family } = client.address;
    requests.push({ transport, client: formatEndpoint(client), bytes });
    const asked = behaviour;
    const truth = { address: options.publicAddress?.(family) ?? client.address, port: client.port };
    const answer = stunAnswer(asked, { bytes, truth, lie: options.lie?.(family) ?? LIES[family] });
    if (!answer) return;
    if (asked !== "slow") return send(answer, asked);
    const timer = setTimeout(() => {
      late.delete(timer);
      send(answer, asked);
    }, options.slowness ?? 1000);
    late.add(timer);
  };

  const accept = (transport: "tcp" | "tls") => (socket: Socket) =>
    serveStream(socket, transport, line, respond);
  const doorOf = (server: Server, roundTrips: number) =>
    line.doorOf(server, roundTrips).on("connection", (socket) => {
      connections.add(socket);
      socket.on("close", () => connections.delete(socket));
    });
  const { udp, tcp, port } = await listenOnPair(address, options.port ?? 0, () =>
    doorOf(createServer(accept("tcp")), 1),
  );
  const spoofer = await bindUdp(address, 0);
  serveUdp(udp, spoofer, line, respond);
  const tlsServer = tls && doorOf(createTlsServer(tlsOptions(tls), accept("tls")), 2);
  const tlsPort = tlsServer && (await listen(tlsServer, address, options.tlsPort ?? 0));

  return {
    endpoint: { address, port },
    tlsEndpoint: tlsPort === undefined ? undefined : { address, port: tlsPort },
    requests,
    openConnections: () => connections.size,
    behave: (next) => {
      behaviour = next;
    },
    close: async () => {
      for (const timer of late) clearTimeout(timer);
      for (const socket of connections) socket.destroy();
      connections.clear();
      await Promise.all([udp, spoofer, tcp, ...(tlsServer ? [tlsServer] : [])].map(closed));
    },
  };
}

/** Sends an answer the way that a behaviour asks for. */
type Send = (answer: Uint8Array, behaviour: StunBehaviour) => void;

type Respond = (
  transport: ReceivedRequest["transport"],
  client: Endpoint,
  bytes: Uint8Array,
  send: Send,
) => void;

function serveUdp(socket: UdpSocket, spoofer: UdpSocket, line: Line, respond: Respond): void {
  socket.on("message", (datagram: Uint8Array, sender: RemoteInfo) => {
    if (!line.carriesDatagram()) return;
    const client = endpointOf(sender.address, sender.port);
    respond("udp", client, Uint8Array.from(datagram), (answer, behaviour) => {
      const from = behaviour === "spoofed-port" ? spoofer : socket;
      line.deliver(() => from.send(answer, sender.port, sender.address));
    });
  });
}

function serveStream(socket: Socket, transport: "tcp" | "tls", line: Line, respond: Respond): void {
  const client = endpointOf(socket.remoteAddress ?? "", socket.remotePort ?? 0);
  const framer = new MessageFramer();
  // Callers that vanish are none of our business
  socket.on("error", () => socket.destroy());
  socket.on("data", (piece: Uint8Array) => {
    for (const message of framed(framer, piece, socket)) {
      respond(transport, client, message, (answer, behaviour) => {
        if (behaviour === "spoofed-port") return;
        line.reply(socket, () => (behaviour === "truncated" ? socket.end(answer) : socket.write(answer)));
      });
    }
  });
}

/** The messages that a piece completes; a caller that does not speak STUN is hung up on. */
function framed(framer: MessageFramer, piece: Uint8Array, socket: Socket): readonly Uint8Array[] {
  try {
    return framer.push(piece);
  } catch (error: unknown) {
    if (!(error instanceof WireError)) throw error;
    socket.destroy();
    return [];
  }
}

/** UDP and TCP on one port, as STUN servers have it; any free one may be free for one of them alone. */
async function listenOnPair(address: Address, port: number, openTcp: () => Server) {
  for (let attempt = 1; ; attempt += 1) {
    const udp = await bindUdp(address, port);
    const tcp = openTcp();
    try {
      return { udp, tcp, port: await listen(tcp, address, udp.address().port) };
    } catch (error: unknown) {
      udp.close();
      if (port !== 0 || attempt === PAIR_ATTEMPTS) throw error;
    }
  }
}

async function bindUdp(address: Address, port: number): Promise<UdpSocket> {
  const socket = createSocket({ type: `udp${address.family}`, ipv6Only: address.family === 6 });
  socket.bind({ address: address.text, port });
  await once(socket, "listening");
  return socket;
}

/** @returns the port */
async function listen(server: Server, address: Address, port: number): Promise<number> {
  server.listen({ host: address.text, port, ipv6Only: true });
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("not listening on a port");
  return bound.port;
}

function tlsOptions({ certificatePem, keyPem }: NonNullable<StunServerOptions["tls"]>) {
  return { cert: certificatePem, key: keyPem, ALPNProtocols: ["stun.nat-discovery"] };
}

function closed(server: Server | UdpSocket): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function endpointOf(text: string, port: number): Endpoint {
  const address = parseAddress(text);
  if (!address) throw new TypeError(`a caller from nowhere (${text})`);
  return { address, port };
}

function literal(text: string): Address {
  return endpointOf(text, 0).address;
}
