import type { Clock } from "#core/ports.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";

/** Failures of one caller, or of all, and when the next attempt may be. */
interface Failures {
  readonly failures: number;
  readonly notBefore: number;
  readonly last: number;
}

interface Rule {
  /** So many are nobody's fault. */
  readonly free: number;
  /** After the first that is; doubles with each. */
  readonly first: number;
  readonly most: number;
  /** Forgotten after so long without another. */
  readonly forget: number;
}

const ONE: Rule = { free: 3, first: 1000, most: 900_000, forget: 3_600_000 };
/** Its delay stays short: strangers must not be able to keep the owner out. */
const ALL: Rule = { free: 20, first: 250, most: 10_000, forget: 900_000 };

const MAX_CLIENTS = 4096;
const MAX_KNOWN = 256;
const NOTHING: Failures = { failures: 0, notBefore: 0, last: 0 };

/** Slows down those who guess. Every attempt counts as a failure until it is none, however many run at once. */
export class Throttle {
  readonly #clock: Clock;
  readonly #clients = new Map<string, Failures>();
  /** Who has signed in lately waits for no stranger's failures. */
  readonly #known = new Set<string>();
  #all = NOTHING;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long this caller has to wait; 0: not at all. */
  wait(client: string): Milliseconds {
    const now = this.#clock.now();
    const all = this.#known.has(client) ? NOTHING : this.#all;
    const until = Math.max(this.#of(client, now).notBefore, all.notBefore);
    return milliseconds(Math.max(0, until - now));
  }

  begin(client: string): void {
    const now = this.#clock.now();
    const record = failed(this.#of(client, now), ONE, now);
    remember(this.#clients, client, record);
    if (this.#clients.size > MAX_CLIENTS) this.#clients.delete(first(this.#clients));
    this.#all = failed(forgotten(this.#all, ALL, now), ALL, now);
  }

  /** That was the right password. */
  succeed(client: string): void {
    this.#clients.delete(client);
    this.#known.delete(client);
    this.#known.add(client);
    if (this.#known.size > MAX_KNOWN) this.#known.delete(first(this.#known));
  }

  #of(client: string, now: number): Failures {
    return forgotten(this.#clients.get(client) ?? NOTHING, ONE, now);
  }
}

function failed({ failures }: Failures, { free, first, most }: Rule, now: number): Failures {
  const delay = failures < free ? 0 : Math.min(first * 2 ** (failures - free), most);
  return { failures: failures + 1, notBefore: now + delay, last: now };
}

function forgotten(record: Failures, { forget }: Rule, now: number): Failures {
  return now - record.last > forget ? NOTHING : record;
}

/** As the newest. */
function remember(map: Map<string, Failures>, key: string, value: Failures): void {
  map.delete(key);
  map.set(key, value);
}

function first(keyed: { keys(): MapIterator<string> | SetIterator<string> }): string {
  const [key = ""] = keyed.keys();
  return key;
}
