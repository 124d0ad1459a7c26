import type { ServerResponse } from "node:http";
import type { Seconds } from "#core/units.ts";
import { seconds } from "#core/units.ts";
import type { Limits } from "#service/http/limits.ts";
import { HttpProblem, type StreamSink } from "#service/http/route.ts";

const RETRY: Seconds = seconds(10);

/** The readers of streams, counted in all and by client. */
export class Streams {
  readonly #limits: Limits;
  readonly #open = new Map<ServerResponse, string>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * @param client `undefined` for those who are counted in all alone
   * @throws {HttpProblem} 503
   */
  admit(response: ServerResponse, client: string | undefined): void {
    const own = [...this.#open.values()].filter((each) => each !== "" && each === client).length;
    if (this.#open.size >= this.#limits.streams || own >= this.#limits.streamsPerClient)
      throw new HttpProblem({
        status: 503,
        type: "too-many-streams",
        title: "Too many read along already",
        retryAfter: RETRY,
      });
    this.#open.set(response, client ?? "");
    response.once("close", () => this.#open.delete(response));
  }

  /** Writes what `start` has to say until either side ends it. The head is out. */
  run(response: ServerResponse, start: (sink: StreamSink) => () => void): void {
    const stop = start(this.#sinkTo(response));
    if (response.destroyed) stop();
    else response.once("close", stop);
  }

  endAll(): void {
    for (const response of this.#open.keys()) response.end();
  }

  #sinkTo(response: ServerResponse): StreamSink {
    return {
      write: (text) => {
        if (response.destroyed || response.writableEnded) return false;
        if (response.writableLength > this.#limits.streamBytes) {
          response.destroy();
          return false;
        }
        response.write(text);
        return true;
      },
      end: () => void response.end(),
    };
  }
}
