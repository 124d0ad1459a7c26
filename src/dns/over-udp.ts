import { formatEndpoint } from "#core/endpoint.ts";
import type { Clock, Endpoint, Udp, UdpSocket } from "#core/ports.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import { withDeadline } from "#dns/deadline.ts";
import { afterSending, noAnswer } from "#dns/failure.ts";
import type { Foreign, Reply, Request } from "#dns/request.ts";

/**
 * After an unsigned answer to a signed request: a server that knows the key signs within this time, and one that
 * does not never will (Knot leaves out the signature for zones that it does not hold).
 */
const SIGNATURE_PATIENCE = milliseconds(1000);

const MAX_REASONS = 10;

/** How long each datagram is waited for before the same one is sent again. */
const PATIENCE = [milliseconds(1000), milliseconds(2000)];

/**
 * Asks over UDP on a socket of its own. Packets that are not the answer are discarded, and waiting goes on:
 * who guesses wrong must not be able to end the question.
 */
export async function exchangeOverUdp(
  ports: { readonly udp: Udp; readonly clock: Clock },
  server: Endpoint,
  request: Request,
  timeout: Milliseconds,
  signal: AbortSignal,
): Promise<Reply> {
  const peer = formatEndpoint(server);
  const discarded: Foreign[] = [];
  const late = () => noAnswer(peer, timeout, "sent", discarded);
  return withDeadline(ports.clock, timeout, signal, late, async (inner) => {
    const socket = ports.udp.connect(server, inner);
    const givenUp = Promise.withResolvers<never>();
    const discard = (packet: Foreign) => {
      // A flood must not become a long message
      if (discarded.length < MAX_REASONS) discarded.push(packet);
      if (packet.code !== "unsigned-answer") return;
      ports.clock.sleep(SIGNATURE_PATIENCE, inner).then(
        () => givenUp.reject(noAnswer(peer, SIGNATURE_PATIENCE, "sent", discarded)),
        () => {},
      );
    };
    try {
      await socket.send(request.bytes);
      resend(socket, request, ports.clock, inner).catch(givenUp.reject);
      return await Promise.race([receiveReply(socket, request, discard, inner), givenUp.promise]);
    } finally {
      socket.close();
    }
  });
}

async function resend(socket: UdpSocket, request: Request, clock: Clock, signal: AbortSignal): Promise<void> {
  for (const span of PATIENCE) {
    await clock.sleep(span, signal);
    await socket.send(request.bytes).catch((error: unknown) => {
      throw afterSending(error);
    });
  }
}

async function receiveReply(
  socket: UdpSocket,
  request: Request,
  discard: (packet: Foreign) => void,
  signal: AbortSignal,
): Promise<Reply> {
  for (;;) {
    const acceptance = request.accept(await socket.receive(signal));
    if (acceptance.kind === "reply") return acceptance.reply;
    discard(acceptance);
  }
}
