import { createServer, type Server, type Socket } from "node:net";

/** What a line does with what goes over it. */
export interface LineState {
  readonly isOnline: boolean;
  readonly isUdpBlocked: boolean;
  /** Per cent of datagrams lost, each way. */
  readonly loss: number;
  /** A round trip, in milliseconds. */
  readonly delay: number;
  /** When it comes up by itself. */
  readonly onlineAgainAt: Date | undefined;
}

const PERFECT: LineState = {
  isOnline: true,
  onlineAgainAt: undefined,
  isUdpBlocked: false,
  loss: 0,
  delay: 0,
};

/** Between servers and whoever asks them. Perfect until it is told otherwise; changes hold from the next packet on. */
export class Line {
  readonly #random: () => number;
  readonly #connections = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #listeners = new Set<() => void>();
  #state = PERFECT;
  #outage: NodeJS.Timeout | undefined;

  /** @param seed of the loss: the same seed loses the same datagrams */
  constructor(seed = 1) {
    this.#random = seededRandom(seed);
  }

  get state(): LineState {
    return this.#state;
  }

  /** Up or down by hand, it stays so. */
  change(change: Partial<Omit<LineState, "onlineAgainAt">>): void {
    if (change.isOnline === undefined) return this.#become({ ...this.#state, ...change });
    clearTimeout(this.#outage);
    this.#become({ ...this.#state, ...change, onlineAgainAt: undefined });
  }

  /** Down now, up again by itself. */
  goOffline(milliseconds: number): void {
    clearTimeout(this.#outage);
    this.#outage = setTimeout(() => this.change({ isOnline: true }), milliseconds);
    const onlineAgainAt = new Date(Date.now() + milliseconds);
    this.#become({ ...this.#state, isOnline: false, onlineAgainAt });
  }

  /** Told after every change of {@link Line.state}. @returns ends it */
  subscribe(listener: () => void): () => void {
    // The same function may listen twice
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  repair(): void {
    this.change(PERFECT);
  }

  /** Whether this datagram gets through. */
  carriesDatagram(): boolean {
    const { isOnline, isUdpBlocked, loss } = this.#state;
    return isOnline && !isUdpBlocked && this.#random() * 100 >= loss;
  }

  /** An answer over UDP. */
  deliver(send: () => void): void {
    this.#afterDelay(1, () => {
      if (this.carriesDatagram()) send();
    });
  }

  /** An answer on a connection; not sent when that has ended meanwhile. */
  reply(socket: Socket, send: () => void): void {
    this.#afterDelay(1, () => {
      if (!socket.destroyed) send();
    });
  }

  /**
   * Listens in place of a server, which gets connections when they have come through.
   *
   * A connection while the line is down succeeds and hangs: the kernel accepts before any program is asked.
   *
   * @param roundTrips before the first request: one for TCP, two with TLS 1.3
   */
  doorOf(server: Server, roundTrips: number): Server {
    return createServer({ noDelay: true }, (socket) => {
      this.#connections.add(socket);
      socket.on("close", () => this.#connections.delete(socket));
      // Who waits here may vanish before any server listens to its socket
      socket.on("error", () => socket.destroy());
      if (!this.#state.isOnline) return;
      this.#afterDelay(roundTrips, () => {
        if (!socket.destroyed) server.emit("connection", socket);
      });
    });
  }

  /** Down for good: ends every connection, and what is still on its way is lost. */
  close(): void {
    this.#listeners.clear();
    this.change({ isOnline: false });
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#cut();
  }

  #become(state: LineState): void {
    const isTurn = state.isOnline !== this.#state.isOnline;
    this.#state = state;
    if (isTurn) this.#cut();
    for (const listener of this.#listeners) listener();
  }

  /** What hung while the line was down is cut as well when it comes back: its askers gave up long ago. */
  #cut(): void {
    for (const socket of this.#connections) socket.resetAndDestroy();
  }

  #afterDelay(roundTrips: number, act: () => void): void {
    const delay = this.#state.delay * roundTrips;
    if (delay === 0) return act();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, delay);
    this.#timers.add(timer);
  }
}

/** Numbers from 0 to 1, the same for the same seed: a linear congruential generator modulo 2^32. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
