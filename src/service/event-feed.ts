import { describeError } from "#core/errors.ts";
import type { Clock, Log } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import type { Feed, FeedEvent } from "#service/feed.ts";

export interface EventFeed extends Feed {
  push(kind: string, value: unknown): void;
  /** Ends every subscription; what comes later is remembered and told to nobody. */
  close(): void;
}

export interface FeedOptions {
  readonly startedAt: Date;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Log;
  /** How much is remembered, in events and in characters. */
  readonly limits?: { readonly events: number; readonly characters: number } | undefined;
}

type FeedListener = Parameters<Feed["subscribe"]>[0];

const LIMITS = { events: 2000, characters: 1024 * 1024 };
/** A round says dozens of things at once: they make one chunk for each reader. */
const TOGETHER = milliseconds(20);

export function createFeed(options: FeedOptions): EventFeed {
  return new RingFeed(options);
}

class RingFeed implements EventFeed {
  readonly #options: FeedOptions;
  readonly #limits: typeof LIMITS;
  readonly #process: string;
  readonly #listeners = new Set<FeedListener>();
  readonly #closed = new AbortController();
  /** Oldest first. */
  readonly #events: FeedEvent[] = [];
  #characters = 0;
  #count = 0;
  /** Not told yet. */
  #fresh: FeedEvent[] = [];

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#limits = options.limits ?? LIMITS;
    this.#process = options.startedAt.getTime().toString(36);
  }

  get lastId(): string {
    return this.#idOf(this.#count);
  }

  push(kind: string, value: unknown): void {
    this.#count += 1;
    const id = this.lastId;
    const json = JSON.stringify(value);
    const event = { id, kind, json, sse: sseText({ id, kind, json }) };
    this.#events.push(event);
    this.#characters += event.sse.length;
    this.#forget();
    if (this.#listeners.size === 0) return;
    this.#fresh.push(event);
    if (this.#fresh.length === 1) void this.#tellSoon();
  }

  since(id: string): readonly FeedEvent[] | undefined {
    const number = this.#numberOf(id);
    if (number === undefined || number > this.#count) return undefined;
    const missed = this.#count - number;
    return missed > this.#events.length ? undefined : this.#events.slice(this.#events.length - missed);
  }

  subscribe(listener: FeedListener): () => void {
    // What came before is for `since`: nobody gets an event twice
    this.#tell();
    const own: FeedListener = (events) => listener(events);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  close(): void {
    this.#closed.abort();
    this.#listeners.clear();
  }

  async #tellSoon(): Promise<void> {
    try {
      await this.#options.clock.sleep(TOGETHER, this.#closed.signal);
    } catch {
      return;
    }
    this.#tell();
  }

  #tell(): void {
    const events = this.#fresh;
    if (events.length === 0) return;
    this.#fresh = [];
    for (const listener of this.#listeners) {
      try {
        listener(events);
      } catch (error) {
        this.#listeners.delete(listener);
        this.#options.log.error("A bug, please report it; a reader of the events was let go", {
          error: describeError(error),
        });
      }
    }
  }

  #forget(): void {
    const { events, characters } = this.#limits;
    while (this.#events.length > events || this.#characters > characters) {
      this.#characters -= this.#events.shift()?.sse.length ?? 0;
    }
  }

  #idOf(number: number): string {
    return `${this.#process}-${number}`;
  }

  #numberOf(id: string): number | undefined {
    const [, digits] = /^[0-9a-z]+-(\d{1,15})$/.exec(id) ?? [];
    const number = Number(digits);
    return digits !== undefined && this.#idOf(number) === id ? number : undefined;
  }
}

/** Its JSON has no line break, so that one `data:` line carries it. */
export function sseText({ id, kind, json }: Omit<FeedEvent, "sse">): string {
  return `id: ${id}\nevent: ${kind}\ndata: ${json}\n\n`;
}
