import type { ServerResponse } from "node:http";
import type { Limits } from "#service/http/limits.ts";

/** Less is of no account: as many as there may be connections. */
const SMALL = 64 * 1024;

/** Answers that wait for readers who take their time, in bytes; each of them stays in the memory until then. */
export class Backlog {
  readonly #limits: Pick<Limits, "backlogBytes">;
  #bytes = 0;

  constructor(limits: Pick<Limits, "backlogBytes">) {
    this.#limits = limits;
  }

  /** @returns whether there is room for it */
  admit(response: ServerResponse, bytes: number): boolean {
    if (bytes <= SMALL) return true;
    if (this.#bytes > 0 && this.#bytes + bytes > this.#limits.backlogBytes) return false;
    this.#bytes += bytes;
    response.once("close", () => (this.#bytes -= bytes));
    return true;
  }
}
