import type { Clock } from "#core/ports.ts";
import { elapsed, type Instant } from "#core/units.ts";
import type { Note } from "#kubernetes/events/event-note.ts";
import { remember } from "#kubernetes/events/remember.ts";

/** As client-go has them (`tools/record/events_cache.go`). */
const SPAM = { burst: 25, refill: 300_000 } as const;
const SIMILAR = { most: 10, within: 600_000 } as const;
/** Objects, groups and events that are remembered; client-go: 4096, which is far more than we have. */
const MEMORY = 256;

export type Correlated =
  /** Enough was said about that object. */
  | { readonly kind: "spam" }
  /**
   * To be counted up under that key, with that message: one event for all that differ by their message alone, once
   * there are too many of them.
   */
  | { readonly kind: "event"; readonly key: string; readonly message: string };

interface Bucket {
  readonly tokens: number;
  readonly at: Instant;
}

interface Similar {
  readonly messages: ReadonlySet<string>;
  readonly at: Instant;
}

/**
 * Keeps Events from flooding the API server, as client-go's correlator does: first the filter for spam, 25 Events
 * about one object at once and one more every five minutes; then those are put together that differ by their message
 * alone, from the tenth within ten minutes on.
 */
export class EventCorrelation {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();
  readonly #similar = new Map<string, Similar>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  correlate(note: Note): Correlated {
    if (!this.#admits(objectKey(note))) return { kind: "spam" };
    const group = JSON.stringify([objectKey(note), note.type, note.reason]);
    if (this.#isOneOfMany(group, note.message)) {
      return { kind: "event", key: group, message: `(combined from similar events): ${note.message}` };
    }
    return { kind: "event", key: JSON.stringify([group, note.message]), message: note.message };
  }

  #admits(object: string): boolean {
    const now = this.#clock.now();
    const { tokens, at } = this.#buckets.get(object) ?? { tokens: SPAM.burst, at: now };
    const filled = Math.min(SPAM.burst, tokens + elapsed(at, now) / SPAM.refill);
    const isAdmitted = filled >= 1;
    remember(this.#buckets, object, { tokens: isAdmitted ? filled - 1 : filled, at: now }, MEMORY);
    return isAdmitted;
  }

  #isOneOfMany(group: string, message: string): boolean {
    const now = this.#clock.now();
    const known = this.#similar.get(group);
    const isOld = known === undefined || elapsed(known.at, now) > SIMILAR.within;
    const messages = new Set(isOld ? [] : known.messages).add(message);
    const isMany = messages.size >= SIMILAR.most;
    // One less, so that the next one that is new makes them many again
    if (isMany) messages.delete([...messages][0] ?? message);
    remember(this.#similar, group, { messages, at: now }, MEMORY);
    return isMany;
  }
}

function objectKey({ about }: Note): string {
  return JSON.stringify([about.kind, about.namespace, about.name, about.uid]);
}
