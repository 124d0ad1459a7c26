import { createHmac, timingSafeEqual } from "node:crypto";
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import { type Address, parseAddress } from "#core/address.ts";
import { formatEndpoint } from "#core/endpoint.ts";
import type { Endpoint, Hashes } from "#core/ports.ts";
import { canonicalValues, type RecordKey, type RecordSet } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import {
  type DnsBehaviour,
  type DnsExchange,
  type DnsResponderOptions,
  respond,
} from "#lab/dns-responder.ts";
import { Line } from "#lab/line.ts";
import { DnsZone, type DnsZoneOptions, recordsOf } from "#lab/dns-zone.ts";
import { Cursor } from "#wire/cursor.ts";
import { readHeader } from "#wire/dns/header.ts";
import { formatRcode } from "#wire/dns/rcode.ts";
import { FrameReader, frameMessage } from "#wire/dns/tcp-frame.ts";
import { OPCODE, TYPE } from "#wire/dns/types.ts";

export type { DnsBehaviour } from "#lab/dns-responder.ts";

export interface DnsServerOptions {
  /** To listen on, UDP and TCP at the same port; a loopback address in tests. */
  readonly address: Address;
  /** 0 or absent: any free one. */
  readonly port?: number | undefined;
  readonly zones: readonly DnsZoneOptions[];
  /** Updates must be signed with one of them; absent or empty: anybody may update. */
  readonly keys?: DnsResponderOptions["keys"];
  readonly special?: DnsResponderOptions["special"];
  readonly behaviour?: DnsBehaviour | undefined;
  /** What becomes of an update, asked at each, wherever {@link DnsServer.behave} has no exception for it. */
  readonly updates?: ((id: number) => DnsBehaviour) | undefined;
  /** What it is reached over; a perfect one unless given. */
  readonly line?: Line | undefined;
  /** After an update, or `set`, that changed a zone. */
  readonly onChange?: ((zone: string) => void) | undefined;
}

/** One request, as the log has it. */
export interface DnsRequest {
  /** The caller's end, e.g. `127.0.0.1:40001`. */
  readonly client: string;
  readonly transport: "tcp" | "udp";
  readonly kind: "other" | "query" | "update";
  /** Of the question; in an update the zone. */
  readonly name: string;
  readonly type: number;
  readonly signed: boolean;
  readonly rcode: string;
  /** Bytes of the request. */
  readonly size: number;
}

export interface DnsServer {
  readonly endpoint: Endpoint;
  /** Every request since the start, in order. */
  readonly requests: readonly DnsRequest[];
  /** How many requests of a kind there were. */
  count(kind: DnsRequest["kind"]): number;
  /** From the next request on; `once`: for the next one of this kind alone, after which all is as before. */
  behave(behaviour: DnsBehaviour, once?: DnsRequest["kind"]): void;
  recordSet(key: RecordKey): RecordSet | undefined;
  serial(zone: string): number;
  /** Replaces a set, as somebody else would. @throws {RangeError} when no zone holds it */
  set(set: RecordSet): void;
  remove(key: RecordKey): void;
  /** The answer to one message, for servers of TLS and HTTPS in front. */
  respond(request: Uint8Array, client: Endpoint): Uint8Array | undefined;
  close(): Promise<void>;
}

const ATTEMPTS = 20;
const HEADER_SIZE = 12;

/** Starts an authoritative server in memory: real enough for BIND's own dig and nsupdate. */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const zones = options.zones.map((zone) => new DnsZone(zone));
  const requests: DnsRequest[] = [];
  let usual = options.behaviour ?? "honest";
  const exceptions = new Map<DnsRequest["kind"], DnsBehaviour>();

  const handle = (bytes: Uint8Array, client: Endpoint, transport: "tcp" | "udp") => {
    const serials = zones.map((zone) => zone.soa.data.soa.serial);
    const { keys, special } = options;
    const kind = kindOf(bytes);
    const chosen = kind === "update" ? options.updates?.(idOf(bytes)) : undefined;
    const behaviour = exceptions.get(kind) ?? chosen ?? usual;
    exceptions.delete(kind);
    const setting = { zones, keys, special, hashes: HASHES, now: () => new Date(), behaviour };
    const exchange = respond(bytes, client, transport, setting);
    if (!exchange) return undefined;
    requests.push(logEntry(exchange, client, transport, bytes));
    for (const [index, zone] of zones.entries()) {
      if (zone.soa.data.soa.serial !== serials[index]) options.onChange?.(zone.name);
    }
    return exchange.answer;
  };

  const sockets = await listen(options.address, options.port ?? 0, options.line ?? new Line(), handle);
  const zoneOf = (name: string) => {
    const zone = zones.find((zone) => zone.holds(name));
    if (!zone) throw new RangeError(`Cannot find a zone for "${name}"`);
    return zone;
  };
  const change = (key: RecordKey, set: RecordSet | undefined) => {
    const zone = zoneOf(key.name);
    const old = new Set(zone.find(key.name, TYPE[key.type]));
    zone.replace([...zone.records.filter((record) => !old.has(record)), ...(set ? recordsOf(set) : [])]);
    options.onChange?.(zone.name);
  };

  return {
    endpoint: { address: options.address, port: sockets.port },
    requests,
    count: (kind) => requests.filter((request) => request.kind === kind).length,
    behave: (behaviour, once) => {
      if (once) exceptions.set(once, behaviour);
      else usual = behaviour;
    },
    recordSet: (key) => readSet(zoneOf(key.name), key),
    serial: (zone) => zoneOf(zone).soa.data.soa.serial,
    set: (set) => change(set, set),
    remove: (key) => change(key, undefined),
    respond: (request, client) => handle(request, client, "tcp"),
    close: () => sockets.close(),
  };
}

type Handler = (bytes: Uint8Array, client: Endpoint, transport: "tcp" | "udp") => Uint8Array | undefined;

interface Sockets {
  readonly port: number;
  close(): Promise<void>;
}

/** UDP and TCP at one port: a free one for TCP may be taken for UDP, then the next is tried. */
async function listen(address: Address, port: number, line: Line, handle: Handler): Promise<Sockets> {
  for (let attempt = 1; ; attempt += 1) {
    const tcp = await listenTcp(address, port, line, handle);
    try {
      const udp = await listenUdp(address, tcp.port, line, handle);
      const close = async () => {
        await Promise.all([tcp.close(), new Promise<void>((resolve) => udp.close(resolve))]);
      };
      return { port: tcp.port, close };
    } catch (error) {
      await tcp.close();
      if (port !== 0 || attempt === ATTEMPTS) throw error;
    }
  }
}

async function listenUdp(address: Address, port: number, line: Line, handle: Handler): Promise<UdpSocket> {
  const socket = createSocket({ type: address.family === 4 ? "udp4" : "udp6" });
  socket.on("message", (bytes, from) => {
    if (!line.carriesDatagram()) return;
    const answer = handle(Uint8Array.from(bytes), endpointOf(from.address, from.port), "udp");
    if (answer) line.deliver(() => socket.send(answer, from.port, from.address));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, address.text, () => {
      socket.off("error", reject);
      resolve();
    });
  });
  return socket;
}

async function listenTcp(address: Address, port: number, line: Line, handle: Handler): Promise<Sockets> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    const frames = new FrameReader();
    const client = endpointOf(socket.remoteAddress ?? "", socket.remotePort ?? 0);
    socket.on("data", (piece) => {
      frames.push(Uint8Array.from(piece));
      for (let bytes = frames.next(); bytes; bytes = frames.next()) {
        const answer = handle(bytes, client, "tcp");
        if (answer) line.reply(socket, () => socket.write(frameMessage(answer)));
      }
    });
  });
  const door = line.doorOf(server, 1).on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    door.once("error", reject);
    door.listen(port, address.text, resolve);
  });
  const close = () =>
    new Promise<void>((resolve) => {
      door.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  return { port: portOf(door), close };
}

function portOf(server: Server): number {
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("a server without a port");
  return bound.port;
}

function endpointOf(text: string, port: number): Endpoint {
  const address = parseAddress(text);
  if (!address) throw new TypeError(`a client without an address: ${text}`);
  return { address, port };
}

function logEntry(
  { message, signed, rcode }: DnsExchange,
  client: Endpoint,
  transport: "tcp" | "udp",
  bytes: Uint8Array,
): DnsRequest {
  const [question] = message.questions;
  return {
    client: formatEndpoint(client),
    transport,
    kind: kindOf(bytes),
    name: question?.name ?? "",
    type: question?.type ?? 0,
    signed,
    rcode: formatRcode(rcode),
    size: bytes.length,
  };
}

function idOf(bytes: Uint8Array): number {
  return readHeader(new Cursor(bytes)).id;
}

function kindOf(bytes: Uint8Array): DnsRequest["kind"] {
  if (bytes.length < HEADER_SIZE) return "other";
  const { opcode } = readHeader(new Cursor(bytes));
  return opcode === OPCODE.QUERY ? "query" : opcode === OPCODE.UPDATE ? "update" : "other";
}

function readSet(zone: DnsZone, key: RecordKey): RecordSet | undefined {
  const records = zone.find(key.name, TYPE[key.type]);
  const values = records.flatMap(({ data }) => (data.kind === "address" ? [data.address] : []));
  const [first] = records;
  if (!first || values.length === 0) return undefined;
  return { name: key.name, type: key.type, ttl: seconds(first.ttl), values: canonicalValues(values) };
}

const HASHES: Hashes = {
  hmac: (algorithm, key, message) => Uint8Array.from(createHmac(algorithm, key).update(message).digest()),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};
