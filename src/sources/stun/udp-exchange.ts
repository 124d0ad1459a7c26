import { TransportError } from "#core/errors.ts";
import type { Clock, Endpoint, Udp, UdpSocket } from "#core/ports.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";

/** RFC 8489 section 6.2.1. */
export interface Retransmission {
  /** RTO: the wait before the first retransmission; each further wait is twice as long. */
  readonly rto: Milliseconds;
  /** Rc. */
  readonly maxRequests: number;
  /** Rm: the wait after the last request, as a multiple of `rto`. */
  readonly lastWait: number;
}

/** A question to one peer: bytes out, and the first answer that is accepted back. */
export interface Exchange<Answer> {
  readonly peer: Endpoint;
  /** For messages. */
  readonly name: string;
  readonly request: Uint8Array;
  /** `undefined` for what is not the answer: it is dropped and the wait goes on. */
  readonly accept: (bytes: Uint8Array) => Answer | undefined;
}

/**
 * Over a fresh, connected socket, which is closed when the promise settles. With RTO 500 ms, requests leave at
 * 0, 500, 1500, 3500, 7500, 15500 and 31500 ms, and the exchange fails at 39500 ms.
 *
 * @throws {TransportError} code `timeout`, or at once what the socket reports, such as ICMP errors
 * @throws {CancelledError} when the signal ends it
 */
export async function exchangeOverUdp<Answer>(
  { udp, clock }: { readonly udp: Udp; readonly clock: Clock },
  exchange: Exchange<Answer>,
  retransmission: Retransmission,
  signal: AbortSignal,
): Promise<Answer> {
  const ending = new AbortController();
  const scope = AbortSignal.any([signal, ending.signal]);
  const socket = udp.connect(exchange.peer, scope);
  try {
    return await Promise.race([
      receive(socket, exchange),
      transmit(socket, exchange, retransmission, clock, scope),
    ]);
  } finally {
    ending.abort();
    socket.close();
  }
}

async function receive<Answer>(socket: UdpSocket, { accept }: Exchange<Answer>): Promise<Answer> {
  for (;;) {
    const answer = accept(await socket.receive());
    if (answer !== undefined) return answer;
  }
}

async function transmit(
  socket: UdpSocket,
  { name, request }: Pick<Exchange<unknown>, "name" | "request">,
  { rto, maxRequests, lastWait }: Retransmission,
  clock: Clock,
  signal: AbortSignal,
): Promise<never> {
  for (let sent = 1; sent <= maxRequests; sent += 1) {
    await socket.send(request);
    const factor = sent === maxRequests ? lastWait : 2 ** (sent - 1);
    await clock.sleep(milliseconds(rto * factor), signal);
  }
  throw new TransportError(`Cannot reach "${name}": ${maxRequests} requests stayed without an answer`, {
    code: "timeout",
    peer: name,
    phase: "sent",
  });
}
