import type { Address } from "#core/address.ts";
import { TransportError } from "#core/errors.ts";
import type { Random } from "#core/ports.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import { exchangeOverHttps } from "#dns/over-https.ts";
import { exchangeOverStream } from "#dns/over-stream.ts";
import { exchangeOverUdp } from "#dns/over-udp.ts";
import type { Reply, Request } from "#dns/request.ts";
import { type DnsPorts, formatRoute, type Route } from "#dns/route.ts";
import { PLAIN_UDP_SIZE } from "#wire/dns/edns.ts";

/** For one question, its repetitions and a second attempt over TCP each. */
export const DEFAULT_TIMEOUT = milliseconds(5000);

/** A reply, and which address gave it where that is known. */
export interface Answer extends Reply {
  readonly server: Address | undefined;
}

/**
 * One question, one answer.
 *
 * @throws {TransportError} (rejects) `timeout`; `wrong-answer`, `unsigned-answer`, `forged-answer` where a peer
 *   on a stream says something else than the answer; `truncated` when it does not fit into UDP and may not go by
 *   TCP; and whatever the ports throw
 * @throws {CancelledError} (rejects)
 */
export async function exchange(
  ports: DnsPorts,
  route: Route,
  request: Request,
  signal: AbortSignal,
  timeout: Milliseconds = DEFAULT_TIMEOUT,
): Promise<Answer> {
  const peer = formatRoute(route);
  const overStream = (connect: Parameters<typeof exchangeOverStream>[2]) =>
    exchangeOverStream(ports.clock, peer, connect, request, timeout, signal);
  switch (route.kind) {
    case "auto": {
      const { server } = route;
      if (request.bytes.length <= PLAIN_UDP_SIZE) {
        const reply = await exchangeOverUdp(ports, server, request, timeout, signal);
        if (!reply.message.header.tc) return { ...reply, server: server.address };
      }
      return exchange(ports, { kind: "tcp", server }, request, signal, timeout);
    }
    case "udp": {
      const reply = await exchangeOverUdp(ports, route.server, request, timeout, signal);
      if (reply.message.header.tc) throw truncated(peer);
      return { ...reply, server: route.server.address };
    }
    case "tcp": {
      const reply = await overStream((inner) => ports.tcp.connect(route.server, inner));
      return { ...reply, server: route.server.address };
    }
    case "tls": {
      const options = { serverName: route.serverName, alpn: ["dot"] };
      const reply = await overStream((inner) => ports.tls.connect(route.server, options, inner));
      return { ...reply, server: route.server.address };
    }
    case "https":
      return exchangeOverHttps(ports.http, route, request, timeout, signal);
  }
}

/** A message id that nobody can guess. */
export function randomId(random: Random): number {
  const [high = 0, low = 0] = random.bytes(2);
  return high * 256 + low;
}

function truncated(peer: string): TransportError {
  return new TransportError(`Cannot use the answer of ${peer}: it is truncated, and TCP is switched off`, {
    code: "truncated",
    peer,
    phase: "sent",
  });
}
