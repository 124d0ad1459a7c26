import type { Clock, Random } from "#core/ports.ts";
import { type Instant, instant, type Milliseconds } from "#core/units.ts";

const FIRST = 2000;
const LONGEST = 5 * 60_000;
/** Added at random, so that many clients of one provider do not come back together. */
const JITTER = 0.25;
/** What a provider asks for is kept to the letter; a little more spreads those that were told the same. */
const JITTER_ON_REQUEST = 0.02;

/** Who is left alone for a while: a provider's name, or a record's id. */
export class Pauses {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #pauses = new Map<string, { readonly failures: number; readonly until: Instant }>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** 2 s, doubling to 5 min while it goes on failing; never less than was asked for. */
  extend(who: string, asked?: Milliseconds): void {
    const before = this.#pauses.get(who);
    const failures = (before?.failures ?? 0) + 1;
    const own = Math.min(FIRST * 2 ** (failures - 1), LONGEST);
    const lot = this.#random.fraction();
    const span = asked === undefined ? own * (1 + JITTER * lot) : asked * (1 + JITTER_ON_REQUEST * lot);
    const until = instant(Math.max(this.#clock.now() + span, before?.until ?? 0));
    this.#pauses.set(who, { failures, until });
  }

  clear(who: string): void {
    this.#pauses.delete(who);
  }

  /** The latest end of their pauses; `undefined` when none of them pauses. */
  until(...who: readonly string[]): Instant | undefined {
    const ends = who.flatMap((name) => this.#pauses.get(name)?.until ?? []);
    const latest = instant(Math.max(0, ...ends));
    return latest > this.#clock.now() ? latest : undefined;
  }
}
