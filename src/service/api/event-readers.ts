import type { Feed, FeedEvent } from "#service/feed.ts";
import { sseText } from "#service/event-feed.ts";
import type { StreamSink } from "#service/http/route.ts";

export interface Reading {
  /** The last event that the reader has; absent: it is new. */
  readonly from?: string | undefined;
  /** Absent: all. */
  readonly kinds?: readonly string[] | undefined;
  /** Whether a new one begins with the state. */
  readonly wantsState: boolean;
}

export interface EventReadersOptions {
  readonly feed: Feed;
  /** Everything that is known now, as JSON text. */
  readonly stateText: () => string;
}

/** How long a browser waits before it comes back. */
const RETRY = 2000;
/** Proxies close what is silent for a minute (nginx, proxy_read_timeout). */
const HEARTBEAT = 15_000;

/** Those who read along. What they get is made once for all of them. */
export class EventReaders {
  readonly #options: EventReadersOptions;
  readonly #sinks = new Map<StreamSink, () => void>();
  #heartbeat: NodeJS.Timeout | undefined;
  /** Every reader has everything up to here, or did not want it. */
  #told = "";
  #batch: { readonly events: readonly FeedEvent[]; readonly texts: Map<string, string> } | undefined;

  constructor(options: EventReadersOptions) {
    this.#options = options;
  }

  /** @returns ends it, when the reader is gone */
  start(sink: StreamSink, reading: Reading): () => void {
    const { feed } = this.#options;
    const leave = feed.subscribe((events) => this.#write(sink, this.#textOf(events, reading.kinds)));
    const stop = () => {
      leave();
      this.#sinks.delete(sink);
      this.#settleHeartbeat();
    };
    this.#sinks.set(sink, stop);
    this.#settleHeartbeat();
    this.#told = feed.lastId;
    this.#write(sink, `retry: ${RETRY}\n\n${this.#beginning(reading)}`);
    return stop;
  }

  get size(): number {
    return this.#sinks.size;
  }

  /** What was missed, or where to begin. */
  #beginning({ from, kinds, wantsState }: Reading): string {
    const { feed, stateText } = this.#options;
    const missed = from === undefined ? undefined : feed.since(from);
    if (missed) return textsOf(missed, kinds);
    if (from === undefined && !wantsState) return "";
    return sseText({ id: feed.lastId, kind: "state", json: stateText() });
  }

  /** Made once for all who want the same of a batch. */
  #textOf(events: readonly FeedEvent[], kinds: readonly string[] | undefined): string {
    if (this.#batch?.events !== events) {
      this.#batch = { events, texts: new Map() };
      this.#told = events.at(-1)?.id ?? this.#told;
    }
    const key = kinds?.join() ?? "";
    const text = this.#batch.texts.get(key) ?? textsOf(events, kinds);
    this.#batch.texts.set(key, text);
    return text;
  }

  #write(sink: StreamSink, text: string): void {
    if (text !== "" && !sink.write(text)) this.#sinks.get(sink)?.();
  }

  /** One timer for all of them. The id moves on for those who filter: what they come back with is never too old. */
  #settleHeartbeat(): void {
    if (this.#sinks.size === 0) {
      clearInterval(this.#heartbeat);
      this.#heartbeat = undefined;
      return;
    }
    this.#heartbeat ??= setInterval(() => {
      const text = `: still here\nid: ${this.#told}\n\n`;
      for (const sink of this.#sinks.keys()) this.#write(sink, text);
    }, HEARTBEAT).unref();
  }
}

function textsOf(events: readonly FeedEvent[], kinds: readonly string[] | undefined): string {
  const wanted = kinds ? events.filter(({ kind }) => kinds.includes(kind)) : events;
  return wanted.map(({ sse }) => sse).join("");
}
