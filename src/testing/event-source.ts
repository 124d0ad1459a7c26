/** One event as a browser would dispatch it. */
export interface ReceivedEvent {
  readonly id: string;
  readonly kind: string;
  readonly data: unknown;
}

/** A reader of server-sent events (WHATWG HTML, section 9.2.6), for tests. */
export class TestEventSource {
  readonly events: ReceivedEvent[] = [];
  /** What a browser would come back with. */
  lastEventId = "";
  /** Milliseconds until it would. */
  retry: number | undefined;
  comments = 0;
  readonly #abort = new AbortController();
  readonly #wakes = new Set<() => void>();
  #ended = false;

  private constructor() {}

  static async open(url: string, headers: Record<string, string> = {}): Promise<TestEventSource> {
    const source = new TestEventSource();
    const response = await fetch(url, { headers, signal: source.#abort.signal });
    if (!response.ok || !response.body) throw new Error(`${response.status}: ${await response.text()}`);
    void source.#read(response.body);
    return source;
  }

  /** Resolves as soon as the events are as wished. */
  async until(isThere: (events: readonly ReceivedEvent[]) => boolean, within = 5000): Promise<void> {
    const end = performance.now() + within;
    while (!isThere(this.events)) {
      if (this.#ended) throw new Error("the stream ended");
      if (performance.now() > end) throw new Error(`not within ${within} ms: ${this.kinds.join()}`);
      await Promise.race([
        new Promise<void>((resolve) => this.#wakes.add(resolve)),
        new Promise((resolve) => setTimeout(resolve, 50)),
      ]);
    }
  }

  get kinds(): readonly string[] {
    return this.events.map(({ kind }) => kind);
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of body) {
        const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) this.#dispatch(block);
        for (const wake of this.#wakes) wake();
        this.#wakes.clear();
      }
    } catch {
      // Closed, from either side
    }
    this.#ended = true;
    for (const wake of this.#wakes) wake();
  }

  #dispatch(block: string): void {
    let [kind, data] = ["message", ""];
    for (const line of block.split("\n")) {
      const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (field === "") this.comments += 1;
      if (field === "id") this.lastEventId = value;
      if (field === "event") kind = value;
      if (field === "retry") this.retry = Number(value);
      if (field === "data") data += value;
    }
    if (data !== "") this.events.push({ id: this.lastEventId, kind, data: JSON.parse(data) });
  }
}
