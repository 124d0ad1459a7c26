import { FAMILIES } from "#core/address.ts";
import { formatEndpoint } from "#core/endpoint.ts";
import { CancelledError, TransportError } from "#core/errors.ts";
import type { DomainName } from "#core/name.ts";
import type { Endpoint, Ports } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import { exchange, randomId } from "#dns/exchange.ts";
import { firstSuccess } from "#dns/first-success.ts";
import type { Limit } from "#dns/limit.ts";
import { plainRequest } from "#dns/request.ts";
import type { DnsPorts } from "#dns/route.ts";
import { SharedCache } from "#dns/shared-cache.ts";
import { findZone } from "#dns/zone-search.ts";
import { extendedRcode, optRecord } from "#wire/dns/edns.ts";
import { type Message, queryMessage } from "#wire/dns/message.ts";
import { lowerCaseName, sameName } from "#wire/dns/name.ts";
import { formatRcode, RCODE } from "#wire/dns/rcode.ts";
import { TYPE } from "#wire/dns/types.ts";

/** One of a zone's name servers: any of its endpoints speaks for it. */
export interface NameServer {
  readonly host: string;
  readonly endpoints: readonly Endpoint[];
}

/** Delegations rarely change, and a wrong one shows as a verification that does not converge. */
const LIFETIME = milliseconds(10 * 60_000);
/** When a resolver is slow, the next is asked beside it. */
const STAGGER = milliseconds(500);
const DNS_PORT = 53;
/** The root has 13. Whoever forges thousands must not make us look all of them up, and ask them, at once. */
const MAX_SERVERS = 16;

/** Finds which servers hold a name, through the system's resolvers; remembered for ten minutes. */
export class ZoneServers {
  readonly #ports: DnsPorts & Pick<Ports, "names">;
  readonly #limit: Limit;
  readonly #zones: SharedCache<DomainName, DomainName>;
  readonly #servers: SharedCache<DomainName, readonly NameServer[]>;

  constructor(ports: DnsPorts & Pick<Ports, "names">, limit: Limit) {
    this.#ports = ports;
    this.#limit = limit;
    this.#zones = new SharedCache(ports.clock, LIFETIME);
    this.#servers = new SharedCache(ports.clock, LIFETIME);
  }

  /**
   * Sorted by host, at least one, each with at least one endpoint.
   *
   * @throws {TransportError} (rejects) when there is no zone, or none of its servers has an address
   */
  async of(name: DomainName, signal: AbortSignal): Promise<readonly NameServer[]> {
    const zone = await this.#zones.get(name, (inner) => this.#findZone(name, inner), signal);
    return this.#servers.get(zone, (inner) => this.#findServers(zone, inner), signal);
  }

  async #findZone(name: DomainName, signal: AbortSignal): Promise<DomainName> {
    const zone = await findZone(name, (candidate) => this.#ask(candidate, TYPE.SOA, signal), "resolver");
    if (!zone) throw notFound(name, "no zone holds it");
    return zone;
  }

  async #findServers(zone: DomainName, signal: AbortSignal): Promise<readonly NameServer[]> {
    const message = await this.#ask(zone, TYPE.NS, signal);
    const hosts = message.answers.flatMap(({ name, data }) =>
      data.kind === "host" && sameName(name, zone) ? [lowerCaseName(data.host)] : [],
    );
    const unique = [...new Set(hosts)].toSorted().slice(0, MAX_SERVERS);
    const servers = await Promise.all(unique.map((host) => this.#locate(host, signal)));
    const reachable = servers.filter(({ endpoints }) => endpoints.length > 0);
    if (reachable.length === 0) throw notFound(zone, "none of the zone's servers has an address");
    return reachable;
  }

  async #locate(host: string, signal: AbortSignal): Promise<NameServer> {
    const found = await Promise.all(
      FAMILIES.map((family) =>
        this.#ports.names.resolve(host, family, signal).catch((error: unknown) => {
          if (error instanceof TransportError) return [];
          throw error;
        }),
      ),
    );
    return { host, endpoints: found.flat().map((address) => ({ address, port: DNS_PORT })) };
  }

  async #ask(name: DomainName, type: number, signal: AbortSignal): Promise<Message> {
    if (signal.aborted) throw new CancelledError();
    const { names, random, clock } = this.#ports;
    const resolvers = names.resolvers();
    if (resolvers.length === 0) throw notFound(name, "the system has no resolver");
    const attempts = resolvers.map((server) => async (inner: AbortSignal) => {
      const message = queryMessage(
        { name, type },
        { id: randomId(random), rd: true, additionals: [optRecord()] },
      );
      const answer = await exchange(this.#ports, { kind: "auto", server }, plainRequest(message), inner);
      return usable(answer.message, formatEndpoint(server));
    });
    return this.#limit(() => firstSuccess(attempts, STAGGER, clock, signal));
  }
}

/** A resolver in trouble has found out nothing: another one may. */
function usable(message: Message, peer: string): Message {
  const rcode = extendedRcode(message);
  if (rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN) return message;
  throw new TransportError(`Cannot use the answer of the resolver ${peer}: it is ${formatRcode(rcode)}`, {
    code: "resolver",
    peer,
    phase: "sent",
  });
}

function notFound(name: DomainName, why: string): TransportError {
  return new TransportError(`Cannot find the name servers of "${name}": ${why}`, {
    code: "name",
    peer: name,
    phase: "unsent",
  });
}
