import { describeError, EsddnsError, TransportError } from "#core/errors.ts";
import type { Clock, Log, Random } from "#core/ports.ts";
import { elapsed, type Instant, milliseconds, seconds } from "#core/units.ts";
import { BackOff } from "#kubernetes/api/back-off.ts";
import type { KubernetesClient, ListQuery } from "#kubernetes/api/client.ts";
import { isKubernetesError, KubernetesError } from "#kubernetes/api/kubernetes-error.ts";
import type { KubernetesObject, Place } from "#kubernetes/api/object.ts";
import { pause } from "#kubernetes/api/pause.ts";
import type { Resource } from "#kubernetes/api/resource.ts";
import type { WatchEvent } from "#kubernetes/api/watch-event.ts";

/** How long a watch is to last; by chance, so that those of many pods do not end together. In seconds. */
const [SHORTEST_WATCH, LONGEST_WATCH] = [300, 600];
/** A list that is older than that is made anew when a watch ends: with it, what a watch left out shows within 10 min. */
const LIST_AGE = 300_000;
/** A watch that ends so soon and without a word is a failure. */
const SHORT = 1000;
/** A version that was listed so lately cannot be too old: something is wrong with the server. */
const LATELY = 10_000;
/** A watch that was open for so long has ended what failed before. */
const STEADY = milliseconds(10_000);

/** What is known of the object. */
export type Sight<Item> =
  | { readonly kind: "present"; readonly object: Item }
  /** The API server says that there is none. */
  | { readonly kind: "absent" };

export interface ReflectorOptions<Item extends KubernetesObject> {
  readonly client: KubernetesClient;
  readonly resource: Resource<Item>;
  readonly place: Place;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** What is seen first, and then whenever it is something else; in order, one after the other. */
  onSight(sight: Sight<Item>): void;
  /** Whether a watch is open; while it is not, what was seen may be old. */
  onWatching?(isWatching: boolean): void;
}

/**
 * Keeps up with one object: lists it, watches it from there, and comes back from every failure by itself. The rules are
 * those of client-go's reflector (`tools/cache/reflector.go`), except that it makes a list anew from time to time.
 */
export class Reflector<Item extends KubernetesObject> {
  readonly #options: ReflectorOptions<Item>;
  readonly #query: ListQuery;
  readonly #backOff: BackOff;
  /** The version to go on from; `undefined`: to be listed. */
  #position: string | undefined;
  /** The version to list from at least; `undefined`: the newest, which is asked of etcd. */
  #floor: string | undefined;
  #listedAt: Instant | undefined;
  /** Of the object as it was last told; `undefined`: none was. */
  #told: string | undefined;
  #hasTold = false;
  /** What it fails by, said once for as long as it does. */
  #failure: string | undefined;

  constructor(options: ReflectorOptions<Item>) {
    this.#options = options;
    const { namespace, name } = options.place;
    this.#query = { namespace, fieldSelector: `metadata.name=${name}` };
    this.#backOff = new BackOff(options);
  }

  /** Until the signal ends it; does not reject. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error, signal);
      }
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    if (this.#position === undefined || this.#isListOld()) await this.#list(signal);
    if (this.#position !== undefined) await this.#watch(this.#position, signal);
  }

  #isListOld(): boolean {
    return this.#listedAt === undefined || elapsed(this.#listedAt, this.#options.clock.now()) >= LIST_AGE;
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, resource, place, clock } = this.#options;
    const list = await client.list(resource, { ...this.#query, resourceVersion: this.#floor }, signal);
    const found = list.items.find(({ metadata }) => metadata.name === place.name);
    this.#listedAt = clock.now();
    this.#position = list.resourceVersion;
    this.#floor = undefined;
    this.#tell(found);
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, resource, clock, random } = this.#options;
    const timeout = seconds(
      Math.round(SHORTEST_WATCH + (LONGEST_WATCH - SHORTEST_WATCH) * random.fraction()),
    );
    const start = clock.now();
    const query = { ...this.#query, resourceVersion, timeout };
    const events = await client.watch(resource, query, signal);
    let count = 0;
    const end = new AbortController();
    const steady = this.#steady(AbortSignal.any([signal, end.signal]));
    try {
      this.#options.onWatching?.(true);
      for await (const event of events) {
        count += 1;
        this.#take(event);
      }
    } finally {
      this.#options.onWatching?.(false);
      end.abort();
      await steady;
    }
    if (count === 0 && elapsed(start, clock.now()) < SHORT && !signal.aborted) throw shortError();
  }

  #take(event: WatchEvent<Item>): void {
    if (event.kind === "bookmark") {
      this.#position = event.resourceVersion;
      return;
    }
    this.#position = event.object.metadata.resourceVersion;
    this.#tell(event.kind === "deleted" ? undefined : event.object);
  }

  /** Only what is news: a list repeats, and so does a watch after a bookmark was missed. */
  #tell(object: Item | undefined): void {
    const version = object?.metadata.resourceVersion;
    if (this.#hasTold && this.#told === version) return;
    this.#told = version;
    this.#hasTold = true;
    this.#options.onSight(object ? { kind: "present", object } : { kind: "absent" });
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, log, place, resource } = this.#options;
    const isLeftBehind = this.#isLeftBehind(error);
    this.#reposition(error);
    const fields = { resource: resource.plural, name: place.name, error: describeError(error) };
    if (isLeftBehind) return log.debug("A watch of the API server begins anew", fields);
    const wait = this.#backOff.next(error instanceof KubernetesError ? error.retryAfter : undefined);
    const failure = error instanceof EsddnsError ? error.code : "unknown";
    log[failure === this.#failure ? "debug" : "warn"]("A watch of the API server broke off", {
      ...fields,
      wait,
    });
    this.#failure = failure;
    await pause(clock, wait, signal);
  }

  /** What failed before is over once a watch has been open for a while. */
  async #steady(end: AbortSignal): Promise<void> {
    const { clock, log, place, resource } = this.#options;
    await pause(clock, STEADY, end);
    if (end.aborted) return;
    this.#backOff.reset();
    if (this.#failure !== undefined)
      log.info("A watch of the API server goes on", { resource: resource.plural, name: place.name });
    this.#failure = undefined;
  }

  /**
   * A watch was away for longer than the server remembers, e.g. because that was restarted. It answers, so there is no
   * reason to wait as after a failure, and perhaps for as long as after the many failures of before.
   */
  #isLeftBehind(error: unknown): boolean {
    if (!isKubernetesError(error, "expired") || this.#position === undefined) return false;
    return this.#listedAt === undefined || elapsed(this.#listedAt, this.#options.clock.now()) > LATELY;
  }

  /** Where to go on after a failure: where it was, unless that version is gone or not there yet. */
  #reposition(error: unknown): void {
    if (isKubernetesError(error, "future-version")) {
      this.#position = undefined;
      this.#floor = undefined;
    } else if (isKubernetesError(error, "expired")) {
      // The newest is asked of etcd, which all pods at once would do after a restart: first what the cache has
      this.#floor = this.#position;
      this.#position = undefined;
    }
  }
}

function shortError(): EsddnsError {
  return new TransportError("Cannot watch at the API server: it ends the watch at once", {
    code: "short-watch",
    peer: "API server",
    phase: "sent",
  });
}
