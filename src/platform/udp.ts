import { formatEndpoint } from "#core/endpoint.ts";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { parseAddress } from "#core/address.ts";
import { CancelledError, type EsddnsError } from "#core/errors.ts";
import type { Endpoint, Udp, UdpSocket } from "#core/ports.ts";
import { transportFailure } from "#platform/transport-failure.ts";

/** Datagrams beyond it are dropped, as the kernel does when its own buffer is full. */
const MAX_WAITING = 64;

type Arrival = Uint8Array | EsddnsError;
type Receiver = (arrival: Arrival) => void;

/** UDP by `node:dgram`. */
export function createUdp(): Udp {
  return { connect: (peer, signal) => new ConnectedSocket(peer, signal) };
}

class ConnectedSocket implements UdpSocket {
  readonly #socket: Socket;
  readonly #peer: Endpoint;
  readonly #signal: AbortSignal;
  readonly #connected = Promise.withResolvers<void>();
  readonly #waiting: Arrival[] = [];
  readonly #receivers = new Set<Receiver>();
  readonly #abort = () => this.#end(new CancelledError());
  #isConnected = false;
  #ended: EsddnsError | undefined;

  constructor(peer: Endpoint, signal: AbortSignal) {
    this.#peer = peer;
    this.#signal = signal;
    const { family, text } = peer.address;
    // addresses only: without a lookup of its own, dgram would load and ask the system's resolver
    this.#socket = createSocket({
      type: `udp${family}`,
      lookup: (host, _, done) => done(null, host, family),
    });
    this.#connected.promise.catch(() => {});
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("message", (datagram, sender) => this.#accept(datagram, sender));
    this.#socket.once("connect", () => {
      this.#isConnected = true;
      this.#connected.resolve();
    });
    signal.addEventListener("abort", this.#abort);
    if (signal.aborted) this.#abort();
    else this.#socket.connect(peer.port, text);
  }

  async send(datagram: Uint8Array): Promise<void> {
    await this.#connected.promise;
    if (this.#ended) throw this.#ended;
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(datagram, (error) => {
        if (!error) resolve();
        else reject(this.#ended ?? this.#failure(error));
      });
    });
  }

  receive(signal?: AbortSignal): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const settle = (arrival: Arrival) => {
        this.#receivers.delete(settle);
        signal?.removeEventListener("abort", cancel);
        if (arrival instanceof Uint8Array) resolve(arrival);
        else reject(arrival);
      };
      const cancel = () => settle(new CancelledError());
      if (signal?.aborted) return cancel();
      const next = this.#ended ?? this.#waiting.shift();
      if (next) return settle(next);
      signal?.addEventListener("abort", cancel);
      this.#receivers.add(settle);
    });
  }

  close(): void {
    this.#end(new CancelledError("Cancelled: the socket was closed"));
  }

  #accept(datagram: Uint8Array, sender: RemoteInfo): void {
    // between bind and connect the kernel does not filter yet
    const address = parseAddress(sender.address.split("%", 1).join(""));
    if (sender.port !== this.#peer.port || address?.text !== this.#peer.address.text) return;
    this.#deliver(Uint8Array.from(datagram));
  }

  #fail(error: Error): void {
    const failure = this.#failure(error);
    // an ICMP error ends nothing: it can be forged or pass; without a connection there is nothing to go on with
    if (this.#isConnected) this.#deliver(failure);
    else this.#end(failure);
  }

  #failure(error: Error): EsddnsError {
    const peer = formatEndpoint(this.#peer);
    return transportFailure(error, { action: "reach", peer, phase: this.#isConnected ? "sent" : "unsent" });
  }

  #deliver(arrival: Arrival): void {
    const [receiver] = this.#receivers;
    if (receiver) receiver(arrival);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(arrival);
  }

  #end(reason: EsddnsError): void {
    if (this.#ended) return;
    this.#ended = reason;
    this.#signal.removeEventListener("abort", this.#abort);
    this.#waiting.length = 0;
    this.#connected.reject(reason);
    for (const receiver of this.#receivers) receiver(reason);
    this.#socket.close();
  }
}
