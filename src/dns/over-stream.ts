import { TransportError, type TransportPhase } from "#core/errors.ts";
import type { ByteStream, Clock } from "#core/ports.ts";
import type { Milliseconds } from "#core/units.ts";
import { withDeadline } from "#dns/deadline.ts";
import { afterSending, foreignAnswer, noAnswer } from "#dns/failure.ts";
import type { Reply, Request } from "#dns/request.ts";
import { FrameReader, frameMessage } from "#wire/dns/tcp-frame.ts";

/** Asks over TCP or TLS: one connection, one question, one answer. */
export async function exchangeOverStream(
  clock: Clock,
  peer: string,
  connect: (signal: AbortSignal) => Promise<ByteStream>,
  request: Request,
  timeout: Milliseconds,
  signal: AbortSignal,
): Promise<Reply> {
  let phase: TransportPhase = "unsent";
  const late = () => noAnswer(peer, timeout, phase);
  return withDeadline(clock, timeout, signal, late, async (inner) => {
    const stream = await connect(inner);
    try {
      phase = "sent";
      await stream.write(frameMessage(request.bytes));
      return await readReply(stream, peer, request);
    } catch (error) {
      throw afterSending(error);
    } finally {
      stream.close();
    }
  });
}

async function readReply(stream: ByteStream, peer: string, request: Request): Promise<Reply> {
  const frames = new FrameReader();
  for (;;) {
    const piece = await stream.read();
    if (!piece) throw endedEarly(peer);
    frames.push(piece);
    const message = frames.next();
    if (!message) continue;
    const acceptance = request.accept(message);
    if (acceptance.kind === "reply") return acceptance.reply;
    throw foreignAnswer(peer, acceptance);
  }
}

function endedEarly(peer: string): TransportError {
  return new TransportError(`Cannot get an answer from ${peer}: it closed the connection before one`, {
    code: "closed",
    peer,
    phase: "sent",
  });
}
