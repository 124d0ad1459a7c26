import { CancelledError, TransportError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";

const never = new AbortController().signal;

/** What becomes of what is under way on a line that is silent. */
export type Fate =
  /** It arrives when the line is whole again, whether or not anybody still waits for it. */
  "late" | "lost";

/**
 * The way from one node to a peer. It can be cut: `silent`, nothing arrives, or `refused`, nothing is sent and what was
 * open breaks off.
 */
export class Line {
  readonly #clock: Clock;
  readonly #peer: string;
  readonly #fate: Fate;
  #whole: PromiseWithResolvers<void> | undefined;
  #isRefused = false;
  #broken = new AbortController();
  /** One way, in milliseconds. */
  latency: number;

  constructor(
    clock: Clock,
    options: { readonly peer: string; readonly fate: Fate; readonly latency: number },
  ) {
    this.#clock = clock;
    this.#peer = options.peer;
    this.#fate = options.fate;
    this.latency = options.latency;
  }

  /** Ends what is open now when it breaks off. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  cut(how: "refused" | "silent"): void {
    if (how === "silent") {
      this.#whole ??= Promise.withResolvers();
      return;
    }
    this.#isRefused = true;
    this.#broken.abort();
  }

  mend(): void {
    this.#isRefused = false;
    this.#broken = new AbortController();
    this.#whole?.resolve();
    this.#whole = undefined;
  }

  /** @throws {TransportError} when nothing can be sent */
  check(): void {
    if (this.#isRefused) throw this.#error("refused", "unsent");
  }

  /** One way. */
  async cross(): Promise<void> {
    await this.#clock.sleep(milliseconds(this.latency), never);
    if (this.#whole && this.#fate === "lost") await new Promise(() => {});
    await this.#mended();
  }

  /** Until it is silent no more: what is on an open connection is sent again and again. */
  async #mended(): Promise<void> {
    while (this.#whole) await this.#whole.promise;
  }

  /** What goes on outside, for as long as somebody waits for it and nothing breaks off. */
  wait<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
    const { broken } = this;
    // Nobody may wait any more when it fails
    work.catch(() => {});
    return new Promise((resolve, reject) => {
      const cancel = () => reject(new CancelledError());
      const breakOff = () => reject(this.#error("reset", "sent"));
      if (signal.aborted) return cancel();
      signal.addEventListener("abort", cancel);
      broken.addEventListener("abort", breakOff);
      work.then(resolve, reject).finally(() => {
        signal.removeEventListener("abort", cancel);
        broken.removeEventListener("abort", breakOff);
      });
    });
  }

  #error(code: string, phase: "sent" | "unsent"): TransportError {
    return new TransportError(`Cannot reach ${this.#peer}: ${code}`, { code, peer: this.#peer, phase });
  }
}
