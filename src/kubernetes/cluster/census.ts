import { describeError } from "#core/errors.ts";
import type { Clock, Log } from "#core/ports.ts";
import { elapsed, type Instant, type Milliseconds, milliseconds } from "#core/units.ts";
import { pause } from "#kubernetes/api/pause.ts";
import type { Agents } from "#kubernetes/cluster/agents.ts";
import type { AgentState } from "#state/cluster.ts";

export interface CensusOptions {
  readonly agents: Pick<Agents, "forget" | "read">;
  readonly node: string;
  readonly clock: Clock;
  readonly log: Log;
  /** They are others, or say something else. */
  onChange(): void;
}

/** Who looks at the page may look often. */
const FRESH = milliseconds(10_000);
/** A leader that begins, perhaps together with all others, looks again so soon, and then more and more seldom. */
const FIRST_BEAT = 10_000;

/** Which agents there are, as far as was read. */
export class Census {
  readonly #options: CensusOptions;
  #agents: readonly AgentState[] = [];
  #readAt: Instant | undefined;
  #isReading = false;
  #isRead = false;

  constructor(options: CensusOptions) {
    this.#options = options;
  }

  /** Nodes to count on, this one among them; `undefined`: not known yet. */
  get members(): readonly string[] | undefined {
    if (!this.#isRead) return undefined;
    const nodes = this.#agents.filter(({ isStale }) => !isStale).map(({ node }) => node);
    return [...new Set([...nodes, this.#options.node])].toSorted();
  }

  /** As read last. */
  get agents(): readonly AgentState[] {
    return this.#agents;
  }

  /** Somebody looks at them: what is older than ten seconds is read again. */
  refresh(signal: AbortSignal): void {
    const { clock } = this.#options;
    const isOld = this.#readAt === undefined || elapsed(this.#readAt, clock.now()) > FRESH;
    if (isOld && !this.#isReading && !signal.aborted) void this.read(signal);
  }

  /** Never rejects. */
  async read(signal: AbortSignal): Promise<void> {
    const { agents, clock, log } = this.#options;
    this.#isReading = true;
    try {
      const read = await agents.read(signal);
      const isNews = JSON.stringify(read) !== JSON.stringify(this.#agents);
      this.#agents = read;
      this.#isRead = true;
      if (isNews) this.#options.onChange();
    } catch (error) {
      if (!signal.aborted) log.debug("The agents cannot be counted", { error: describeError(error) });
    } finally {
      this.#readAt = clock.now();
      this.#isReading = false;
    }
  }

  /**
   * A leader's: reads at every beat, and forgets who is gone.
   *
   * @param onRead called after each time
   */
  async keep(beat: Milliseconds, onRead: () => void, signal: AbortSignal): Promise<void> {
    const { agents, clock } = this.#options;
    for (let next = FIRST_BEAT; !signal.aborted; next *= 2) {
      await this.read(signal);
      onRead();
      await agents.forget(signal).catch(() => {});
      await pause(clock, milliseconds(Math.min(next, beat)), signal);
    }
  }
}
