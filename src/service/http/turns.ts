import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { problemDocument } from "#service/http/problem.ts";

const TOO_EARLY = problemDocument({
  status: 503,
  type: "one-at-a-time",
  title: "A connection has one request at a time",
  detail: "Wait for the answer before you send the next, or open another connection",
});

/**
 * One request of a connection at a time. Whoever sends the next ones before the answer (pipelining, which no browser
 * does) would have a thousand of them worked on at once, from a single packet.
 */
export class Turns {
  readonly #underWay = new WeakSet<Socket>();

  /** @returns whether it may be worked on; else it is refused, after which the connection ends */
  take({ socket }: IncomingMessage, response: ServerResponse): boolean {
    if (this.#underWay.has(socket)) {
      const headers = { "content-type": "application/problem+json", "cache-control": "no-store" };
      response.writeHead(503, { ...headers, connection: "close" }).end(TOO_EARLY);
      return false;
    }
    this.#underWay.add(socket);
    response.once("finish", () => this.#underWay.delete(socket));
    return true;
  }
}
