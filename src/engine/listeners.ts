import type { Log } from "#core/ports.ts";
import type { EngineEvent, Listener } from "#engine/events.ts";

/** Who listens to the engine. One that throws is told about like any other bug, to the others, and goes on. */
export class Listeners {
  readonly #listeners = new Set<Listener>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** @returns ends the subscription */
  subscribe(listener: Listener): () => void {
    // Every subscription is one of its own, even of the same function
    const own: Listener = (event) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  emit(event: EngineEvent): void {
    if (event.kind === "crashed")
      this.#log.error("A bug, please report it; what it touched stays as it is, and esddns goes on", {
        error: event.error,
      });
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // A listener that fails at every event must not report that for ever
        this.#listeners.delete(listener);
        this.emit({ kind: "crashed", error });
      }
    }
  }
}
