import { TransportError } from "#core/errors.ts";
import type { ByteStream, Clock } from "#core/ports.ts";
import type { Milliseconds } from "#core/units.ts";
import type { Exchange } from "#sources/stun/udp-exchange.ts";
import { MessageFramer } from "#wire/stun/message-framer.ts";

/** How to reach the peer; the signal destroys the stream. */
export type Connect = (signal: AbortSignal) => Promise<ByteStream>;

/**
 * Over a connection of its own, TCP or TLS, which is closed when the promise settles. Nothing is retransmitted
 * (RFC 8489 section 6.2.2).
 *
 * @param timeout counted from the start of the connection, as in RFC 5389: stricter than RFC 8489, which counts from
 *   the request
 * @throws {TransportError} codes `timeout`, `truncated`, or what the connection reports
 * @throws {WireError} when what comes is not STUN: from there no message can be found
 * @throws {CancelledError} when the signal ends it
 */
export async function exchangeOverStream<Answer>(
  { connect, clock }: { readonly connect: Connect; readonly clock: Clock },
  exchange: Exchange<Answer>,
  timeout: Milliseconds,
  signal: AbortSignal,
): Promise<Answer> {
  const ending = new AbortController();
  const scope = AbortSignal.any([signal, ending.signal]);
  try {
    return await Promise.race([converse(connect, exchange, scope), expire(exchange, timeout, clock, scope)]);
  } finally {
    ending.abort();
  }
}

async function converse<Answer>(
  connect: Connect,
  exchange: Exchange<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  const stream = await connect(signal);
  await stream.write(exchange.request);
  return receive(stream, exchange);
}

async function receive<Answer>(stream: ByteStream, { name, accept }: Exchange<Answer>): Promise<Answer> {
  const framer = new MessageFramer();
  for (;;) {
    const piece = await stream.read();
    if (!piece) {
      const is = framer.isPartial ? "the answer broke off" : "the connection was closed before an answer";
      throw new TransportError(`Cannot read from "${name}": ${is}`, {
        code: "truncated",
        peer: name,
        phase: "sent",
      });
    }
    for (const message of framer.push(piece)) {
      const answer = accept(message);
      if (answer !== undefined) return answer;
    }
  }
}

async function expire(
  { name }: Pick<Exchange<unknown>, "name">,
  timeout: Milliseconds,
  clock: Clock,
  signal: AbortSignal,
): Promise<never> {
  await clock.sleep(timeout, signal);
  throw new TransportError(`Cannot reach "${name}": no answer came within ${timeout} ms`, {
    code: "timeout",
    peer: name,
    phase: "sent",
  });
}
