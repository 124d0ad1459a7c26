import { CancelledError, TransportError } from "#core/errors.ts";

/** The body of a watch: lines that come when they come. */
export class LineStream {
  readonly #lines: string[];
  readonly #end = new AbortController();
  #wake = Promise.withResolvers<void>();
  #how: "clean" | "cut" | undefined;

  constructor(lines: readonly string[], how: "clean" | undefined) {
    this.#lines = [...lines];
    this.#how = how;
  }

  get ended(): AbortSignal {
    return this.#end.signal;
  }

  push(line: string): void {
    this.#lines.push(line);
    this.#wake.resolve();
  }

  end(how: "clean" | "cut"): void {
    this.#how ??= how;
    this.#end.abort();
    this.#wake.resolve();
  }

  async *read(
    signal: AbortSignal,
    thawed: () => Promise<void>,
    close: () => void,
  ): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (signal.aborted) throw new CancelledError();
        const line = this.#lines.shift();
        if (line !== undefined) {
          await thawed();
          yield Buffer.from(`${line}\n`);
        } else if (this.#how === "cut") {
          throw new TransportError("Cannot read the fake: cut", {
            code: "truncated",
            peer: "fake",
            phase: "sent",
          });
        } else if (this.#how === "clean") {
          return;
        } else {
          this.#wake = Promise.withResolvers();
          await orCancelled(this.#wake.promise, signal);
        }
      }
    } finally {
      close();
    }
  }
}

export function orCancelled(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new CancelledError());
    if (signal.aborted) return cancel();
    signal.addEventListener("abort", cancel, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", cancel));
  });
}
