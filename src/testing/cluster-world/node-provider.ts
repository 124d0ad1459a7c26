import { CancelledError, EsddnsError, TransportError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Clock, Http } from "#core/ports.ts";
import type { Capabilities, Provider } from "#core/provider.ts";
import { type Reading, type RecordId, recordId, type RecordKey } from "#core/record.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import { TimeLimit } from "#kubernetes/api/time-limit.ts";
import { fencedHttp } from "#kubernetes/cluster/fenced-http.ts";
import type { Line } from "#testing/cluster-world/line.ts";
import type { NodeProcess } from "#testing/cluster-world/node-process.ts";
import { NEVER, type ScriptedProvider } from "#testing/engine-world.ts";

/** A change on its way from a node: when it was sent, and when the provider made it. */
export interface Sent {
  readonly node: string;
  readonly record: RecordId;
  readonly address: string;
  readonly at: number;
  /** When the node asked the provider last before it. */
  readonly readAt: number;
  landedAt: number | undefined;
  /** What the record held when it came. */
  heldBefore: string | undefined;
}

export interface NodeProviderOptions {
  readonly shared: ScriptedProvider;
  readonly line: Line;
  readonly process: NodeProcess;
  readonly clock: Clock;
  readonly mayWrite: () => boolean;
  /** Right before something is asked. */
  readonly onRead: (keys: readonly RecordId[]) => void;
  /** Right when a change leaves the node. @returns to be called when it arrives */
  readonly onSend: (change: Change) => () => void;
}

/** The provider that all nodes share, as one of them reaches it: a request for each change, as most have it. */
export class NodeProvider implements Provider {
  readonly #options: NodeProviderOptions;

  constructor(options: NodeProviderOptions) {
    this.#options = options;
  }

  get capabilities(): Capabilities {
    return this.#options.shared.capabilities;
  }

  async read(keys: readonly RecordKey[], signal: AbortSignal): Promise<ReadonlyMap<RecordId, Reading>> {
    const { shared, onRead } = this.#options;
    onRead(keys.map(recordId));
    try {
      return await this.#exchange(() => shared.read(keys, NEVER), READ_TIMEOUT, signal);
    } catch (error) {
      if (error instanceof CancelledError || !(error instanceof EsddnsError)) throw error;
      return new Map(keys.map((key) => [recordId(key), { kind: "unread", error }]));
    }
  }

  async apply(changes: readonly Change[], signal: AbortSignal): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const change of changes) outcomes.push(await this.#write(change, signal));
    const isNothingSent = outcomes.every(isCancelled);
    if (isNothingSent && outcomes.length > 0) throw new CancelledError();
    return outcomes;
  }

  check(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async #write(change: Change, signal: AbortSignal): Promise<Outcome> {
    const { mayWrite } = this.#options;
    if (signal.aborted) return { kind: "failed", error: new CancelledError() };
    let outcome: Outcome | undefined;
    const http: Http = {
      request: async (_request, inner) => {
        [outcome] = await this.#send(change, inner);
        return { status: 200, headers: {}, body: new Uint8Array(), server: undefined };
      },
    };
    try {
      await fencedHttp(http, mayWrite).request(PUT, signal);
      return outcome ?? { kind: "applied" };
    } catch (error) {
      if (error instanceof TransportError && error.phase === "unsent") return { kind: "failed", error };
      return { kind: "unconfirmed", error };
    }
  }

  #send(change: Change, signal: AbortSignal): Promise<readonly Outcome[]> {
    const { shared, onSend, line } = this.#options;
    line.check();
    const landed = onSend(change);
    const make = async () => {
      landed();
      return shared.apply([change], NEVER);
    };
    return this.#exchange(make, PUT.timeout, signal);
  }

  async #exchange<Value>(
    act: () => Promise<Value>,
    timeout: Milliseconds,
    signal: AbortSignal,
  ): Promise<Value> {
    const { line, process, clock } = this.#options;
    const limit = new TimeLimit(clock, timeout, signal);
    const journey = async () => {
      line.check();
      await line.cross();
      const answer = await act();
      await line.cross();
      return answer;
    };
    try {
      return await line.wait(journey(), limit.signal);
    } catch (error) {
      throw limit.isOver ? LATE : error;
    } finally {
      limit.end();
      await process.runs();
    }
  }
}

/** As of the requests to real ones (providers/_shared/exchange.ts). */
const READ_TIMEOUT = milliseconds(12_000);
const LATE = new TransportError("Cannot get an answer of the provider", {
  code: "timeout",
  peer: "provider",
  phase: "sent",
});

const PUT = {
  method: "PUT",
  url: new URL("https://dns.example.net/"),
  headers: {},
  connection: "kept",
  maxBytes: 1000,
  timeout: milliseconds(25_000),
} as const;

function isCancelled(outcome: Outcome): boolean {
  return outcome.kind === "failed" && outcome.error instanceof CancelledError;
}
