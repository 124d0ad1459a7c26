import type { Clock } from "#core/ports.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import type { EngineEvent } from "#engine/events.ts";
import { pause } from "#kubernetes/api/pause.ts";

/** A leader whose witnesses are silent for so long lets another node try: its own line may be down. */
const FIRST = milliseconds(60_000);
/** Twice as long each time that none answered in between: it is not this node's line, and nodes take turns for nothing. */
const LONGEST = milliseconds(960_000);

/** Whether a leader hears the world outside; it outlives a reign. */
export class Hearing {
  readonly #clock: Clock;
  #heardAt = 0;
  #limit: Milliseconds = FIRST;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly learn = (event: EngineEvent): void => {
    const isHeard =
      (event.kind === "decided" && event.verdict.kind !== "unavailable") ||
      (event.kind === "probed" && event.result !== "silent");
    if (!isHeard) return;
    this.#heardAt = this.#clock.now();
    this.#limit = FIRST;
  };

  /**
   * Waits, from the beginning of a reign, for a silence after which another node is to try.
   *
   * @returns how long it was; `undefined`: the signal ended it
   */
  async silence(hasOthers: () => boolean, signal: AbortSignal): Promise<Milliseconds | undefined> {
    this.#heardAt = this.#clock.now();
    while (!signal.aborted) {
      const silent = milliseconds(this.#clock.now() - this.#heardAt);
      if (silent >= this.#limit && hasOthers()) {
        this.#limit = milliseconds(Math.min(2 * this.#limit, LONGEST));
        return silent;
      }
      await pause(this.#clock, milliseconds(Math.max(1000, this.#limit - silent)), signal);
    }
    return undefined;
  }
}
