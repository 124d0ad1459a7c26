import type { Socket } from "node:net";
import type { Prefix } from "#core/prefix.ts";
import type { Limits } from "#service/http/limits.ts";
import { countedAs, isLoopback, isProxy, remoteAddress } from "#service/http/peer.ts";

/** The open connections, counted in all and by caller. */
export class Connections {
  readonly #limits: Limits;
  readonly #proxies: readonly (Prefix | "unix")[];
  readonly #open = new Map<Socket, string>();

  constructor(limits: Limits, proxies: readonly (Prefix | "unix")[]) {
    this.#limits = limits;
    this.#proxies = proxies;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Ends one that is too many. */
  admit(socket: Socket): void {
    const address = remoteAddress(socket.remoteAddress);
    const client = countedAs(address);
    // Many people may come through one proxy, which may sit on this host
    const isHere = !address || isLoopback(address);
    const isMany = isHere || isProxy(address, this.#proxies);
    const own = isMany ? 0 : [...this.#open.values()].filter((each) => each === client).length;
    // A probe on this host that finds no place would end the daemon
    const most = this.#limits.connections - (isHere ? 0 : this.#limits.connectionsReserved);
    if (this.#open.size >= most || own >= this.#limits.connectionsPerClient) {
      socket.destroy();
      return;
    }
    this.#open.set(socket, client);
    socket.once("close", () => this.#open.delete(socket));
  }

  endAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }
}
