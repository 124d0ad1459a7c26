import type { Address, Family } from "#core/address.ts";
import { CancelledError, EsddnsError, TransportError, WitnessError } from "#core/errors.ts";
import type { Ports } from "#core/ports.ts";
import type { Milliseconds } from "#core/units.ts";
import type { Testimony, WitnessPort } from "#core/witness.ts";
import { familiesOf, formatHostPort, serverId, type StunServer } from "#sources/stun/server.ts";
import { exchangeOverStream } from "#sources/stun/stream-exchange.ts";
import {
  type Answer,
  lacksXorMappedAddress,
  testimonyOf,
  type TestimonyOptions,
} from "#sources/stun/testimony.ts";
import { type Exchange, exchangeOverUdp, type Retransmission } from "#sources/stun/udp-exchange.ts";
import { TRANSACTION_ID_SIZE } from "#wire/stun/header.ts";
import { encodeBindingRequest } from "#wire/stun/message.ts";
import { interpretBindingResponse } from "#wire/stun/response.ts";

export type WitnessPorts = Pick<Ports, "clock" | "log" | "names" | "random" | "tcp" | "tls" | "udp">;

export interface WitnessOptions extends Retransmission, TestimonyOptions {
  readonly streamTimeout: Milliseconds;
  /** Tell every success at info, as the original did, instead of debug. */
  readonly announce: boolean;
}

/** RFC 7443: this is plain STUN, not TURN. */
const ALPN = ["stun.nat-discovery"];

/** TLS 1.3; servers that speak TLS 1.2 alone take four. */
const ROUND_TRIPS = { udp: 1, tcp: 2, tls: 3 } as const;

/** A server as a witness: every question has a transaction, a socket and a port of its own. */
export function createWitness(server: StunServer, ports: WitnessPorts, options: WitnessOptions): WitnessPort {
  const { transport, operator, probation } = server;
  const id = serverId(server);
  const families = familiesOf(server);
  const name = formatHostPort(server);
  const label = transport.toUpperCase();

  async function ask(family: Family, signal: AbortSignal): Promise<Testimony> {
    if (signal.aborted) throw new CancelledError();
    if (!families.includes(family)) throw wrongFamily(id, family);
    try {
      const address = pick(await ports.names.resolve(server.host, family, signal), ports.random.fraction());
      ports.log.debug(`Starting new STUN ${label} query: ${name}`);
      const answer = await exchange(address, signal);
      if (lacksXorMappedAddress(answer)) {
        ports.log.warn(`[${label}] ${name} → XOR-MAPPED-ADDRESS not found in response.`);
      }
      return announced(testimonyOf(answer, { id, server: address }, options));
    } catch (error: unknown) {
      throw inNameOf(id, error);
    }
  }

  function exchange(address: Address, signal: AbortSignal): Promise<Answer> {
    const transactionId = ports.random.bytes(TRANSACTION_ID_SIZE);
    const peer = { address, port: server.port };
    const question: Exchange<Answer> = {
      peer,
      name,
      request: encodeBindingRequest(transactionId),
      accept: (bytes) => {
        const response = interpretBindingResponse(bytes, transactionId);
        if (response.kind !== "discard") return response;
        ports.log.debug("A packet that is not the answer was dropped", {
          witness: id,
          error: response.error,
        });
        return undefined;
      },
    };
    if (transport === "udp") return exchangeOverUdp(ports, question, options, signal);
    const connect = (scope: AbortSignal) =>
      transport === "tcp"
        ? ports.tcp.connect(peer, scope)
        : ports.tls.connect(peer, { serverName: server.host, alpn: ALPN }, scope);
    return exchangeOverStream({ connect, clock: ports.clock }, question, options.streamTimeout, signal);
  }

  function announced(testimony: Testimony): Testimony {
    const { address, port } = testimony;
    const success = `[${label}] ${name} → Public IP: ${address.text}, Port: ${port}`;
    ports.log[options.announce ? "info" : "debug"](success);
    return testimony;
  }

  return {
    id,
    source: "stun",
    operator,
    authenticated: transport === "tls",
    families,
    roundTrips: ROUND_TRIPS[transport],
    decisive: true,
    fallback: false,
    probation,
    ask,
  };
}

/** Any of them: one dead address of a server shall not silence it for good. */
function pick(addresses: readonly Address[], fraction: number): Address {
  const address = addresses[Math.floor(fraction * addresses.length)];
  if (!address) throw new RangeError("Cannot pick one of no addresses");
  return address;
}

function wrongFamily(id: string, family: Family): WitnessError {
  const message = `Cannot ask "${id}" for an IPv${family} address: it has an address of the other family`;
  return new WitnessError(message, { code: "wrong-family", retry: "never" });
}

/** The same failure, told of the witness instead of a socket or a byte. */
function inNameOf(id: string, error: unknown): unknown {
  if (!(error instanceof EsddnsError) || error instanceof CancelledError || error.message.includes(id))
    return error;
  const { code, hint, retry } = error;
  const detail = { code, hint, retry, cause: error };
  const message = `Cannot ask "${id}": ${error.message}`;
  if (error instanceof TransportError) {
    return new TransportError(message, { ...detail, peer: error.peer, phase: error.phase });
  }
  return new WitnessError(message, detail);
}
