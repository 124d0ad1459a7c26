/** One event as readers get it: its id orders it; `json` and `sse` are made once for all of them. */
export interface FeedEvent {
  /** `<start of the process>-<number>`: a reader gives it back as `Last-Event-ID`. */
  readonly id: string;
  readonly kind: string;
  readonly json: string;
  /** As it goes over the line (WHATWG HTML, server-sent events), with its empty line. */
  readonly sse: string;
}

/** What happened lately, for those who read along. */
export interface Feed {
  /** Those after this one; `undefined`: it is too old or of another process, begin with the state anew. */
  since(id: string): readonly FeedEvent[] | undefined;
  readonly lastId: string;
  /** Told in batches, as they come together. @returns ends the subscription */
  subscribe(listener: (events: readonly FeedEvent[]) => void): () => void;
}
