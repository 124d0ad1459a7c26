import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";

/** What a program on the Internet side tells: each with the time of the clock that all processes share. */
const event = z.looseObject({ event: z.string(), at: z.number() });
export type InternetEvent = z.output<typeof event>;

/** A running program on the Internet side. */
export class Internet implements AsyncDisposable {
  readonly events: InternetEvent[] = [];
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #wake: () => void = () => {};
  #stderr = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on("data", (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.#ended = new Promise((resolve) => child.once("close", resolve));
    if (child.stdout) {
      createInterface(child.stdout).on("line", (line) => {
        this.events.push(event.parse(JSON.parse(line)));
        this.#wake();
      });
    }
    this.ready = this.next("ready", () => true).then(() => {});
  }

  /** The next event of a kind that suits, from those that have not been forgotten. */
  async next(
    kind: string,
    suits: (event: InternetEvent) => boolean,
    within = 30_000,
  ): Promise<InternetEvent> {
    const deadline = performance.now() + within;
    for (;;) {
      const found = this.events.find((event) => event.event === kind && suits(event));
      if (found) return found;
      const left = deadline - performance.now();
      if (left <= 0 || this.#child.exitCode !== null) {
        throw new Error(`Waited in vain for "${kind}" on the Internet side: ${this.#stderr}`);
      }
      await this.#change(Math.min(left, 200));
    }
  }

  /** From here on only what comes later counts. */
  forget(): void {
    this.events.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#ended;
  }

  #change(within: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, within);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
