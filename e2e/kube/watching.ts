import { createClock } from "#platform/clock.ts";
import { createRandom } from "#platform/random.ts";
import { Reflector, type Sight } from "#kubernetes/api/reflector.ts";
import type { Place } from "#kubernetes/api/object.ts";
import type { ApiTransport } from "#kubernetes/api/ports.ts";
import { type ConfigMap, CONFIG_MAPS } from "#kubernetes/api/resource.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { MemoryLog } from "#testing/memory-log.ts";
import { until } from "../until.ts";
import { type OpenedApi, openApi } from "./api-client.ts";

/** A reflector on one ConfigMap of a real API server, with real time. */
export class Watching implements AsyncDisposable {
  readonly log = new MemoryLog();
  readonly sights: Sight<ConfigMap>[] = [];
  isWatching = false;
  readonly #api: OpenedApi;
  readonly #stop = new AbortController();
  readonly #way = new AbortableWay();
  readonly #ended: Promise<void>;

  private constructor(api: OpenedApi, place: Place) {
    this.#api = api;
    const [clock, random] = [createClock(), createRandom()];
    const transport = this.#way.over(api.transport);
    const reflector = new Reflector({
      client: createKubernetesClient({ transport, clock, purpose: "watch" }),
      resource: CONFIG_MAPS,
      place,
      clock,
      random,
      log: this.log,
      onSight: (sight) => this.sights.push(sight),
      onWatching: (isWatching) => (this.isWatching = isWatching),
    });
    this.#ended = reflector.run(this.#stop.signal);
  }

  /** As whom the kubeconfig names. */
  static async start(kubeconfig: string, place: Place): Promise<Watching> {
    return new Watching(await openApi(kubeconfig), place);
  }

  /** All failures so far, in words. */
  get failures(): readonly string[] {
    return this.log.entries.map(({ fields }) => String(fields["error"]));
  }

  /** What `word` is in the object now; `undefined`: there is no object, or it is not known. */
  get word(): string | undefined {
    const last = this.sights.at(-1);
    return last?.kind === "present" ? last.object.data?.["word"] : undefined;
  }

  /** @returns after how many milliseconds */
  async sees(word: string | undefined, within?: number): Promise<number> {
    const start = performance.now();
    const isSeen = () => this.sights.length > 0 && this.word === word;
    await until(`the reflector to see ${word} and not ${this.word}`, isSeen, within);
    return Math.round(performance.now() - start);
  }

  /** Waits for a failure. @returns all of its words */
  fails(words: string, within?: number): Promise<string> {
    return until(`a failure with "${words}"`, () => this.failures.find((one) => one.includes(words)), within);
  }

  /** Connections break, and no new one comes about. */
  cut(): void {
    this.#way.cut();
  }

  mend(): void {
    this.#way.mend();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    this.#api[Symbol.dispose]();
  }
}

/** What is between us and the server. */
class AbortableWay {
  #cut = new AbortController();

  over(transport: ApiTransport): ApiTransport {
    return {
      open: async (request, signal) => {
        const cut = this.#cut.signal;
        if (cut.aborted) throw new Error("cut off");
        const answer = await transport.open(request, AbortSignal.any([signal, cut]));
        return { ...answer, body: throwingWhen(cut, answer.body) };
      },
    };
  }

  cut(): void {
    this.#cut.abort();
  }

  mend(): void {
    this.#cut = new AbortController();
  }
}

async function* throwingWhen(cut: AbortSignal, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw cut.aborted ? new Error("cut off") : error;
  }
}
