import type { Address, Family } from "#core/address.ts";
import type { Secret, SecretReference } from "#core/secret.ts";
import type { Instant, Milliseconds } from "#core/units.ts";

/**
 * Everything that touches the world, handed to factories as one plain object. The Node adapters live in
 * `platform/`, the simulated ones in `testing/`.
 */
export interface Ports {
  readonly udp: Udp;
  readonly tcp: Tcp;
  readonly tls: Tls;
  readonly http: Http;
  readonly names: Names;
  readonly clock: Clock;
  readonly random: Random;
  readonly hashes: Hashes;
  readonly files: Files;
  readonly interfaces: Interfaces;
  readonly commands: Commands;
  readonly secrets: Secrets;
  readonly log: Log;
}

export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

export interface Udp {
  /**
   * A connected socket on a fresh, random port: the kernel drops datagrams of other senders and reports
   * ICMP errors. Sending and receiving may start at once.
   */
  connect(peer: Endpoint, signal: AbortSignal): UdpSocket;
}

export interface UdpSocket {
  /** @throws {TransportError} (rejects) when the local stack refuses, e.g. no route */
  send(datagram: Uint8Array): Promise<void>;
  /**
   * The next datagram, in the order of arrival.
   *
   * @throws {TransportError} (rejects) code `refused` on ICMP port unreachable, `unreachable` on the others
   * @throws {CancelledError} (rejects) when the signal ends it
   */
  receive(signal?: AbortSignal): Promise<Uint8Array>;
  close(): void;
}

export interface Tcp {
  /** @throws {TransportError} (rejects) code `refused`, `unreachable`, `reset`; phase `unsent` */
  connect(peer: Endpoint, signal: AbortSignal): Promise<ByteStream>;
}

export interface Tls {
  /**
   * @param options `serverName` is verified against the certificate before any byte is sent
   * @throws {TransportError} (rejects) as Tcp; code `certificate` when the peer is not who it should be
   */
  connect(
    peer: Endpoint,
    options: { readonly serverName: string; readonly alpn?: readonly string[] | undefined },
    signal: AbortSignal,
  ): Promise<ByteStream>;
}

/** A connected byte stream. The signal it was made with destroys it. */
export interface ByteStream {
  write(bytes: Uint8Array): Promise<void>;
  /** At least one byte, or `undefined` at the end. Pieces are as the network delivered them. */
  read(): Promise<Uint8Array | undefined>;
  close(): void;
}

export interface HttpRequest {
  readonly method: "DELETE" | "GET" | "PATCH" | "POST" | "PUT";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  /** Absent: whichever the host has. */
  readonly family?: Family | undefined;
  /**
   * `fresh`: a connection of its own, closed after the answer; for witnesses.
   * `kept`: may reuse and leave open a connection to the same origin; for providers.
   */
  readonly connection: "fresh" | "kept";
  /** The answer is cut off with an error beyond it. */
  readonly maxBytes: number;
  /** From start to the last byte of the answer. */
  readonly timeout: Milliseconds;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The address that answered. */
  readonly server: Address | undefined;
}

export interface Http {
  /**
   * One exchange: no redirect is followed, no cookie kept, no proxy taken from the environment, no content
   * coding asked for.
   *
   * @throws {TransportError} (rejects) codes `refused`, `unreachable`, `reset`, `timeout`, `certificate`,
   *   `name`, `too-large`, `truncated`; `phase` says whether the request may have taken effect
   * @throws {CancelledError} (rejects)
   */
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
}

export interface Names {
  /**
   * Addresses of a host name, from a cache that honours TTLs, refreshes ahead and outlives a dead resolver;
   * an address literal yields itself. Entries of the hosts file win. Shuffling is up to the caller.
   *
   * @throws {TransportError} (rejects) code `name` when there is none of this family
   */
  resolve(host: string, family: Family, signal: AbortSignal): Promise<readonly Address[]>;
  /** The system's recursive resolvers, for questions other than addresses; may be empty. */
  resolvers(): readonly Endpoint[];
}

export interface Clock {
  /** Monotonic: never jumps, whatever the wall clock does. */
  now(): Instant;
  /** The wall clock, for what people read and for protocols that carry it (TSIG). */
  date(): Date;
  /**
   * Resolves after the span; rejects with CancelledError at once when the signal ends it. Leaves no timer behind.
   */
  sleep(span: Milliseconds, signal: AbortSignal): Promise<void>;
}

export interface Random {
  /** Cryptographically strong. */
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1). */
  fraction(): number;
}

export type HashAlgorithm = "sha1" | "sha224" | "sha256" | "sha384" | "sha512";

export interface Hashes {
  hmac(algorithm: HashAlgorithm, key: Uint8Array, message: Uint8Array): Uint8Array;
  /** In constant time; `false` for different lengths. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}

export interface Files {
  /** @returns the bytes, or `undefined` when there is no such file */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Atomically: a reader sees the old or the new content, never a part. Creates missing folders. */
  write(path: string, bytes: Uint8Array): Promise<void>;
}

/** An address that a network interface of this host holds. */
export interface InterfaceAddress {
  readonly interface: string;
  readonly address: Address;
  /** IPv6 privacy address (RFC 8981): changes by the day, never published. */
  readonly temporary: boolean;
  readonly deprecated: boolean;
  readonly tentative: boolean;
}

export interface Interfaces {
  addresses(): Promise<readonly InterfaceAddress[]>;
}

export interface Commands {
  /**
   * Runs a program without a shell and yields its standard output.
   *
   * @throws {WitnessError} (rejects) code `command` when it cannot start, ends with another status than 0, or
   *   prints more than `maxBytes`
   */
  run(
    argv: readonly [string, ...string[]],
    options: { readonly maxBytes: number },
    signal: AbortSignal,
  ): Promise<string>;
}

export interface Secrets {
  /** @throws {ConfigError} when the variable is not set, the file cannot be read, or the value is empty */
  open(reference: SecretReference): Secret;
}

export type LogLevel = "debug" | "error" | "info" | "warn";

/** Values that a log line may carry. Secrets print as `•••` by construction. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * One message per meaning: `message` is a fixed sentence for warn and error, so that lines group; what varies
 * goes into the fields.
 */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
