import type { Clock, Endpoint, Udp, UdpSocket } from "#core/ports.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import { withDeadline } from "#dns/deadline.ts";
import { afterSending, type Discarded, noAnswer } from "#dns/failure.ts";
import type { Reply, Request } from "#dns/request.ts";
import { formatEndpoint } from "#dns/route.ts";

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
  const discarded: Discarded[] = [];
  const late = () => noAnswer(formatEndpoint(server), timeout, "sent", discarded);
  return withDeadline(ports.clock, timeout, signal, late, async (inner) => {
    const socket = ports.udp.connect(server, inner);
    try {
      await socket.send(request.bytes);
      const resending = new Promise<never>((_, reject) => {
        resend(socket, request, ports.clock, inner).catch(reject);
      });
      return await Promise.race([receiveReply(socket, request, discarded, inner), resending]);
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
  discarded: Discarded[],
  signal: AbortSignal,
): Promise<Reply> {
  for (;;) {
    const acceptance = request.accept(await socket.receive(signal));
    if (acceptance.kind === "reply") return acceptance.reply;
    // A flood must not become a long message
    if (discarded.length < 10) discarded.push(acceptance);
  }
}
