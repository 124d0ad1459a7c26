import { type Address, type Family, parseAddress } from "#core/address.ts";
import { CancelledError, TransportError, type TransportPhase } from "#core/errors.ts";
import type { ByteStream, Clock, Endpoint, Names, Tcp, Tls, Udp, UdpSocket } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import { Inbox } from "#testing/inbox.ts";

/** What lies between this host and a server. */
export interface Path {
  /** There and back, in milliseconds; with 0 (the default) answers arrive without the clock moving. */
  readonly roundTrip?: number;
  /** UDP: whether the nth datagram to this server, from 0, is lost on its way. */
  readonly loses?: (nth: number) => boolean;
  /** ICMP port unreachable, or RST. */
  readonly refuses?: boolean;
}

export interface Reply {
  readonly bytes: Uint8Array;
  /** Milliseconds later than the path alone would have it. */
  readonly after?: number;
  /** A forged sender; connected sockets drop it. */
  readonly from?: Endpoint;
}

/** @param client the sender as the server sees it: the public address, a fresh port for every socket */
export type UdpHandler = (datagram: Uint8Array, client: Endpoint) => readonly Reply[];

/** The server's end of a connection. What it sends arrives half a round trip later, piece by piece. */
export interface ServerEnd {
  readonly client: Endpoint;
  send(piece: Uint8Array, after?: number): void;
  /** FIN. */
  end(after?: number): void;
  /** RST. */
  reset(after?: number): void;
}

/** Called for each piece that the client writes. */
export type StreamHandler = (piece: Uint8Array, end: ServerEnd) => void;

/** Something that left this host. */
export interface Sent {
  readonly at: number;
  readonly transport: "tcp" | "tls" | "udp";
  readonly peer: Endpoint;
  readonly bytes: Uint8Array;
}

export interface Connection {
  readonly transport: "tcp" | "tls";
  readonly peer: Endpoint;
  readonly serverName?: string | undefined;
  readonly alpn?: readonly string[] | undefined;
}

interface UdpServer extends Path {
  readonly handler: UdpHandler;
  received: number;
}

interface StreamServer extends Path {
  readonly handler: StreamHandler;
  /** Names that the certificate is good for; absent: no TLS. */
  readonly certificate?: readonly string[];
}

const FIRST_PORT = 40_000;

/**
 * An Internet in memory, moved by a clock: servers are registered at their endpoints, everything else is a black
 * hole. Its `udp`, `tcp`, `tls` and `names` are the ports.
 *
 * @example
 * const network = new SimulatedNetwork(clock);
 * network.serveUdp(peer, (datagram, client) => [{ bytes: answerTo(datagram, client) }], { roundTrip: 40 });
 * // ... ask; await clock.advance(40) ...
 * expect(network.openSockets).toBe(0);
 */
export class SimulatedNetwork {
  readonly #clock: Clock;
  readonly #udpServers = new Map<string, UdpServer>();
  readonly #streamServers = new Map<string, StreamServer>();
  readonly #open = new Set<object>();
  readonly #publicAddresses = new Map<Family, Address>();
  #nextPort = FIRST_PORT;
  /** Everything that was sent, in order. */
  readonly sent: Sent[] = [];
  /** Every connection that was tried, in order. */
  readonly connections: Connection[] = [];
  /** What names resolve to. */
  readonly hosts = new Map<string, readonly Address[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.moveTo(literal("44.128.10.77"));
    this.moveTo(literal("2a10:ed1:77::1"));
  }

  /** From now on servers see this address; there is one for each family. */
  moveTo(address: Address): void {
    this.#publicAddresses.set(address.family, address);
  }

  publicAddress(family: Family): Address {
    const address = this.#publicAddresses.get(family);
    if (!address) throw new RangeError(`no public address for IPv${family}`);
    return address;
  }

  /** Sockets and connections that were opened and not closed. */
  get openSockets(): number {
    return this.#open.size;
  }

  /** Replaces a server that is there. */
  serveUdp(endpoint: Endpoint, handler: UdpHandler, path: Path = {}): void {
    this.#udpServers.set(keyOf(endpoint), { ...path, handler, received: 0 });
  }

  serveTcp(endpoint: Endpoint, handler: StreamHandler, path: Path = {}): void {
    this.#streamServers.set(keyOf(endpoint), { ...path, handler });
  }

  /** @param certificate the names that it is good for */
  serveTls(
    endpoint: Endpoint,
    certificate: readonly string[],
    handler: StreamHandler,
    path: Path = {},
  ): void {
    this.#streamServers.set(keyOf(endpoint), { ...path, handler, certificate });
  }

  readonly names: Names = {
    resolve: (host, family, signal) => {
      if (signal.aborted) return Promise.reject(new CancelledError());
      const address = parseAddress(host);
      const all = address ? [address] : (this.hosts.get(host) ?? []);
      const found = all.filter((candidate) => candidate.family === family);
      if (found.length > 0) return Promise.resolve(found);
      const detail = { code: "name", peer: host, phase: "unsent" } as const;
      return Promise.reject(
        new TransportError(`Cannot resolve "${host}": no IPv${family} address, expected one`, detail),
      );
    },
    resolvers: () => [],
  };

  readonly udp: Udp = {
    connect: (peer, signal) => {
      if (signal.aborted) throw new CancelledError();
      const client = this.#newClient(peer.address.family);
      const inbox = this.#newInbox<Uint8Array>(signal);
      const socket: UdpSocket = {
        send: async (datagram) => {
          if (inbox.closed.aborted) throw new CancelledError();
          this.sent.push({ at: this.#clock.now(), transport: "udp", peer, bytes: datagram });
          this.#deliverDatagram(datagram.slice(), peer, client, inbox);
        },
        receive: (signal) => inbox.take(signal),
        close: () => inbox.close(),
      };
      return socket;
    },
  };

  readonly tcp: Tcp = {
    connect: (peer, signal) => this.#connect({ transport: "tcp", peer }, signal),
  };

  readonly tls: Tls = {
    connect: (peer, options, signal) => this.#connect({ transport: "tls", peer, ...options }, signal),
  };

  #deliverDatagram(datagram: Uint8Array, peer: Endpoint, client: Endpoint, inbox: Inbox<Uint8Array>): void {
    const server = this.#udpServers.get(keyOf(peer));
    if (!server) return;
    const nth = server.received;
    server.received += 1;
    if (server.loses?.(nth)) return;
    const roundTrip = server.roundTrip ?? 0;
    if (server.refuses) {
      this.#later(roundTrip, inbox.closed, () => inbox.fail(failure("refused", peer, "sent")));
      return;
    }
    for (const { bytes, after = 0, from = peer } of server.handler(datagram, client)) {
      if (keyOf(from) === keyOf(peer)) this.#later(roundTrip + after, inbox.closed, () => inbox.put(bytes));
    }
  }

  async #connect(connection: Connection, signal: AbortSignal): Promise<ByteStream> {
    if (signal.aborted) throw new CancelledError();
    this.connections.push(connection);
    const inbox = this.#newInbox<Uint8Array | undefined>(signal);
    try {
      return await this.#handshake(connection, inbox);
    } catch (error: unknown) {
      inbox.close();
      throw error;
    }
  }

  async #handshake(connection: Connection, inbox: Inbox<Uint8Array | undefined>): Promise<ByteStream> {
    const { peer, transport, serverName = "" } = connection;
    const server = this.#streamServers.get(keyOf(peer));
    if (!server) {
      await inbox.take();
      throw new CancelledError();
    }
    await this.#pass(server.roundTrip, inbox.closed);
    if (server.refuses) throw failure("refused", peer, "unsent");
    if (transport === "tls") {
      if (!server.certificate) throw failure("reset", peer, "unsent");
      await this.#pass(server.roundTrip, inbox.closed);
      if (!server.certificate.includes(serverName)) throw failure("certificate", peer, "unsent");
    }
    return this.#streamTo(server, connection, inbox);
  }

  #streamTo(
    server: StreamServer,
    { peer, transport }: Connection,
    inbox: Inbox<Uint8Array | undefined>,
  ): ByteStream {
    const client = this.#newClient(peer.address.family);
    const roundTrip = server.roundTrip ?? 0;
    const end: ServerEnd = {
      client,
      send: (piece, after = 0) => this.#later(roundTrip + after, inbox.closed, () => inbox.put(piece)),
      end: (after = 0) => this.#later(roundTrip + after, inbox.closed, () => inbox.put(undefined)),
      reset: (after = 0) =>
        this.#later(roundTrip + after, inbox.closed, () => inbox.fail(failure("reset", peer, "sent"))),
    };
    return {
      write: async (bytes) => {
        if (inbox.closed.aborted) throw new CancelledError();
        this.sent.push({ at: this.#clock.now(), transport, peer, bytes });
        server.handler(bytes.slice(), end);
      },
      read: () => inbox.take(),
      close: () => inbox.close(),
    };
  }

  #newClient(family: Family): Endpoint {
    const port = this.#nextPort;
    this.#nextPort += 1;
    return { address: this.publicAddress(family), port };
  }

  #newInbox<Item>(signal: AbortSignal): Inbox<Item> {
    const inbox = new Inbox<Item>(signal, () => this.#open.delete(inbox));
    this.#open.add(inbox);
    return inbox;
  }

  /** Resolves after the span unless the socket is closed before; the clock need not move for none. */
  async #pass(span: number | undefined, closed: AbortSignal): Promise<void> {
    if (span) await this.#clock.sleep(milliseconds(span), closed);
    if (closed.aborted) throw new CancelledError();
  }

  #later(span: number, closed: AbortSignal, act: () => void): void {
    this.#pass(span, closed).then(act, () => undefined);
  }
}

function keyOf({ address, port }: Endpoint): string {
  return `[${address.text}]:${port}`;
}

function failure(code: string, peer: Endpoint, phase: TransportPhase): TransportError {
  const where = keyOf(peer);
  return new TransportError(`Cannot reach "${where}": ${code}, expected an answer`, {
    code,
    peer: where,
    phase,
  });
}

function literal(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new RangeError(`${text} is no address`);
  return address;
}
