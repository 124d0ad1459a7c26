import type { Socket } from "node:net";
import { CancelledError, type TransportPhase } from "#core/errors.ts";
import type { ByteStream } from "#core/ports.ts";
import { transportFailure } from "#platform/transport-failure.ts";

/**
 * A socket as a {@link ByteStream}.
 *
 * @param socket connecting, with no listener of others
 * @param ready the event after which bytes may be sent
 * @param peer for messages
 * @throws {TransportError} (rejects) phase `unsent`, the socket destroyed
 * @throws {CancelledError} (rejects), the socket destroyed
 */
export async function openStream(
  socket: Socket,
  ready: "connect" | "secureConnect",
  peer: string,
  signal: AbortSignal,
): Promise<ByteStream> {
  const stream = new SocketStream(socket, peer, signal);
  await stream.opened(ready);
  return stream;
}

class SocketStream implements ByteStream {
  readonly #socket: Socket;
  readonly #peer: string;
  readonly #signal: AbortSignal;
  #failure: Error | undefined;
  #phase: TransportPhase = "unsent";
  #isClosed = false;
  #wake = () => {};

  constructor(socket: Socket, peer: string, signal: AbortSignal) {
    this.#socket = socket;
    this.#peer = peer;
    this.#signal = signal;
    const abort = () => socket.destroy();
    signal.addEventListener("abort", abort);
    socket.on("error", (error) => (this.#failure = error));
    for (const event of ["readable", "end", "close"]) socket.on(event, () => this.#wake());
    socket.on("close", () => signal.removeEventListener("abort", abort));
    if (signal.aborted) abort();
  }

  async opened(ready: "connect" | "secureConnect"): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once(ready, resolve);
    this.#socket.once("close", resolve);
    await promise;
    if (this.#socket.destroyed) throw this.#broken("connect to");
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#socket.destroyed) throw this.#broken("write to");
    this.#phase = "sent";
    await new Promise<void>((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        if (!error) return resolve();
        this.#failure ??= error;
        reject(this.#broken("write to"));
      });
    });
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk: unknown = this.#socket.read();
      if (chunk instanceof Uint8Array) return chunk;
      if (this.#socket.readableEnded && !this.#isClosed) return undefined;
      if (this.#socket.destroyed) throw this.#broken("read from");
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  /** Why the socket is no more. */
  #broken(action: string): Error {
    if (this.#signal.aborted) return new CancelledError();
    if (this.#isClosed) return new CancelledError("Cancelled: the connection was closed");
    const attempt = { action, peer: this.#peer, phase: this.#phase };
    return transportFailure(this.#failure ?? new ConnectionLost(), attempt);
  }
}

/** The socket went away without an error. */
class ConnectionLost extends Error {
  readonly code = "ECONNRESET";

  constructor() {
    super("the connection was closed");
  }
}
