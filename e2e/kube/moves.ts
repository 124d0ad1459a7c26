import { pause } from "../until.ts";
import type { Write } from "./counting-provider.ts";
import type { Outside } from "./outside.ts";

interface Move {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly address: string;
}

/** When the network had which address: a write of an old one shows. */
export class Moves {
  readonly #outside: Outside;
  readonly #moves: Move[];

  constructor(outside: Outside) {
    this.#outside = outside;
    this.#moves = [{ at: 0, address: outside.address }];
  }

  get count(): number {
    return this.#moves.length - 1;
  }

  move(): void {
    this.#moves.push({ at: Date.now(), address: this.#outside.move() });
  }

  /** Again and again, so that hardly a moment is without a change that has just been seen. */
  async keep(between: () => number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.move();
      await pause(between());
    }
  }

  /** For how many milliseconds what was written had not been the address any more. */
  staleness({ at, values }: Write): number {
    const index = this.#moves.findLastIndex(({ address, at: since }) => values[0] === address && since <= at);
    if (index < 0) return Infinity;
    return Math.max(0, at - (this.#moves[index + 1]?.at ?? at));
  }
}
