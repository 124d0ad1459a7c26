import type { Address, Family } from "#core/address.ts";
import { CancelledError, EsddnsError, TransportError, WitnessError } from "#core/errors.ts";
import type { Ports } from "#core/ports.ts";
import type { Milliseconds } from "#core/units.ts";
import type { Testimony, WitnessPort } from "#core/witness.ts";
import { exchange, randomId } from "#dns/exchange.ts";
import { plainRequest } from "#dns/request.ts";
import type { DnsPorts, Route } from "#dns/route.ts";
import { familiesOf, type WhoamiService } from "#sources/whoami/service.ts";
import { readTestimony } from "#sources/whoami/testimony.ts";
import { optRecord } from "#wire/dns/edns.ts";
import { queryMessage } from "#wire/dns/message.ts";
import type { Question } from "#wire/dns/question.ts";
import { CLASS, TYPE } from "#wire/dns/types.ts";

export type WitnessPorts = DnsPorts & Pick<Ports, "names">;

/** A service as a witness: every question has a connection, a port and an id of its own. */
export function createWitness(
  service: WhoamiService,
  id: string,
  ports: WitnessPorts,
  timeout: Milliseconds,
): WitnessPort {
  const { access, operator } = service;
  const families = familiesOf(service);
  const isPlain = access.transport === "udp";

  async function ask(family: Family, signal: AbortSignal): Promise<Testimony> {
    if (signal.aborted) throw new CancelledError();
    if (!families.includes(family)) throw wrongFamily(id, family);
    const question = questionFor(service, family);
    // RFC 8484 section 4.1 asks for id 0, so that caches see the same question
    const messageId = access.transport === "https" ? 0 : randomId(ports.random);
    const options = { id: messageId, rd: !service.authoritative, additionals: [optRecord()] };
    try {
      const route = await routeTo(family, signal);
      const request = plainRequest(queryMessage(question, options));
      const answer = await exchange(ports, route, request, signal, timeout);
      return readTestimony(id, question, service.authoritative, answer);
    } catch (error) {
      throw inNameOf(id, error);
    }
  }

  async function routeTo(family: Family, signal: AbortSignal): Promise<Route> {
    if (access.transport === "https") return { kind: "https", url: access.url, family };
    const { hosts, port } = access;
    const server = { address: await resolveAny(hosts, family, ports, signal), port };
    if (access.transport === "tls") return { kind: "tls", server, serverName: access.serverName };
    return { kind: "udp", server };
  }

  return {
    id,
    source: "whoami",
    operator,
    authenticated: !isPlain,
    roundTrips: isPlain ? 1 : 3,
    families,
    decisive: !isPlain,
    fallback: false,
    ask,
  };
}

function questionFor(service: WhoamiService, family: Family): Question {
  const type = service.type === "address" ? (family === 4 ? "A" : "AAAA") : service.type;
  return { name: service.name, type: TYPE[type], class: CLASS[service.class] };
}

/** Any address of any host: one that is dead shall not silence the service for good. */
async function resolveAny(
  hosts: readonly string[],
  family: Family,
  { names, random }: WitnessPorts,
  signal: AbortSignal,
): Promise<Address> {
  const found = await Promise.allSettled(hosts.map((host) => names.resolve(host, family, signal)));
  if (signal.aborted) throw new CancelledError();
  const addresses = found.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  const address = addresses[Math.floor(random.fraction() * addresses.length)];
  if (address) return address;
  const message = `Cannot reach "${hosts.join(", ")}": there is no IPv${family} address`;
  throw new TransportError(message, { code: "name", peer: hosts.join(","), phase: "unsent" });
}

function wrongFamily(id: string, family: Family): WitnessError {
  const message = `Cannot ask "${id}" for an IPv${family} address: it answers over the other family`;
  return new WitnessError(message, { code: "wrong-family", retry: "never" });
}

/** The same failure, told of the witness instead of a socket. */
function inNameOf(id: string, error: unknown): unknown {
  if (!(error instanceof EsddnsError) || error instanceof CancelledError || error instanceof WitnessError)
    return error;
  const { code, hint, retry } = error;
  const detail = { code, hint, retry, cause: error };
  const message = `Cannot ask "${id}": ${error.message}`;
  if (!(error instanceof TransportError)) return new WitnessError(message, detail);
  return new TransportError(message, { ...detail, peer: error.peer, phase: error.phase });
}
