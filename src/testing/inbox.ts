import { CancelledError, type TransportError } from "#core/errors.ts";

/** What arrives at one simulated socket, until it is closed. */
export class Inbox<Item> {
  readonly #onClose: () => void;
  readonly #closing = new AbortController();
  readonly #items: { readonly item: Item }[] = [];
  #failure: TransportError | undefined;
  #waiting: PromiseWithResolvers<Item> | undefined;

  constructor(signal: AbortSignal, onClose: () => void) {
    this.#onClose = onClose;
    signal.addEventListener("abort", () => this.close(), { signal: this.#closing.signal });
  }

  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  put(item: Item): void {
    if (this.#waiting) this.#waiting.resolve(item);
    else this.#items.push({ item });
    this.#waiting = undefined;
  }

  fail(error: TransportError): void {
    this.#failure = error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  /** The next item, then the failure that came after all of them. */
  async take(signal?: AbortSignal): Promise<Item> {
    if (this.closed.aborted || signal?.aborted) throw new CancelledError();
    const next = this.#items.shift();
    if (next) return next.item;
    if (this.#failure) throw this.#failure;
    const waiting = Promise.withResolvers<Item>();
    this.#waiting = waiting;
    signal?.addEventListener("abort", () => waiting.reject(new CancelledError()), { once: true });
    return waiting.promise;
  }

  close(): void {
    if (this.closed.aborted) return;
    this.#closing.abort();
    this.#waiting?.reject(new CancelledError());
    this.#onClose();
  }
}
