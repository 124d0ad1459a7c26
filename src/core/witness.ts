import type { Address, Family } from "#core/address.ts";

declare const operatorId: unique symbol;

/**
 * Who runs a witness: all witnesses of one operator share a single vote. Configured for known services,
 * else the registrable domain of the host.
 */
export type Operator = string & { readonly [operatorId]: true };

/** @throws {RangeError} when the id is empty */
export function operator(id: string): Operator {
  const canonical = id.trim().toLowerCase();
  if (!isOperator(canonical)) throw new RangeError("Cannot use an empty operator");
  return canonical;
}

function isOperator(id: string): id is Operator {
  return id !== "";
}

/**
 * Every kind of source, in the order in which their witnesses are asked. `cluster`: the address that a cluster's leader
 * tells its other nodes.
 */
export const SOURCE_KINDS = [
  "stun",
  "http",
  "whoami",
  "interface",
  "static",
  "command",
  "file",
  "cluster",
] as const;

export type SourceKind = (typeof SOURCE_KINDS)[number];

/** Those that a configuration can name. */
export type ConfigurableSourceKind = Exclude<SourceKind, "cluster">;

/** Who is asked: what observations, verdicts, logs and pages show of a witness. */
export interface Witness {
  /** Unique and stable, e.g. `stun:stun.example.net:3478:udp`. */
  readonly id: string;
  readonly source: SourceKind;
  readonly operator: Operator;
  /** Whether its answer is authenticated (TLS with a verified name), so that nobody on the path can forge it. */
  readonly authenticated: boolean;
  /** Families it can testify for. */
  readonly families: readonly Family[];
  /**
   * `false` for plain DNS: its vote may join a majority and never makes one (commonly intercepted by
   * providers, forgeable on the path).
   */
  readonly decisive: boolean;
  /** A witness of the last resort, such as the host's own interface: asked only when the others cannot decide. */
  readonly fallback: boolean;
  /** A witness from a public list is on probation: asked and compared, without a vote, until it proved right. */
  readonly probation?: boolean | undefined;
  /**
   * Round trips from the first packet to the answer on a fresh connection: 0 local, 1 UDP, 2 TCP or plain HTTP,
   * 3 TLS. Quick ones are asked first. Absent: 3 when authenticated, else 1.
   */
  readonly roundTrips?: number | undefined;
}

export function roundTripsOf({ roundTrips, authenticated }: Witness): number {
  return roundTrips ?? (authenticated ? 3 : 1);
}

/** What a witness says. */
export interface Testimony {
  readonly address: Address;
  /** The address of the server that answered, where there is one: same network, same vote. */
  readonly server?: Address | undefined;
  /** The port as the witness saw it; STUN only. */
  readonly port?: number | undefined;
  /** Plain sentences for `--explain`, e.g. that a gateway rewrote MAPPED-ADDRESS. */
  readonly notes?: readonly string[] | undefined;
}

/** A witness that can be asked. */
export interface WitnessPort extends Witness {
  /**
   * One question, one answer, on a connection of its own: a reused one hides an address change
   * (a router may keep old flows alive for ever).
   *
   * The signal ends the question at once, with every socket closed when the promise settles.
   *
   * @throws {WitnessError} when the answer is no testimony
   * @throws {TransportError} when there was no answer
   * @throws {WireError} when the answer could not be read
   * @throws {CancelledError} when the signal ended it
   */
  ask(family: Family, signal: AbortSignal): Promise<Testimony>;
}

/** A configured source: the witnesses it currently offers. */
export interface Source {
  readonly kind: SourceKind;
  /** May change after {@link Source.prepare}; the ids of unchanged witnesses stay. */
  witnesses(): readonly WitnessPort[];
  /**
   * Whatever should not be paid inside a round: resolving names, refreshing a public list. Cheap when nothing
   * is due. Failures are reported through the log and never thrown: old data stays in use.
   */
  prepare?(families: readonly Family[], signal: AbortSignal): Promise<void>;
}
