import { describeError, TransportError } from "#core/errors.ts";
import type { Clock, Log, Random } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import type { KubernetesClient } from "#kubernetes/api/client.ts";
import { EventCorrelation } from "#kubernetes/events/event-correlation.ts";
import type { Note } from "#kubernetes/events/event-note.ts";
import { isKubernetesError, KubernetesError } from "#kubernetes/api/kubernetes-error.ts";
import type { KubernetesObject } from "#kubernetes/api/object.ts";
import { pause } from "#kubernetes/api/pause.ts";
import { remember } from "#kubernetes/events/remember.ts";
import { EVENTS } from "#kubernetes/api/resource.ts";

export interface RecorderOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Who tells: the program, and the pod or node. */
  readonly source: { readonly component: string; readonly host: string };
}

/** The Event that stands for all with its key. */
interface Recorded {
  readonly name: string;
  readonly namespace: string;
  readonly count: number;
}

/** Of a note in events.k8s.io/v1, which is the same object; of a name (RFC 1123 subdomain). */
const [MAX_MESSAGE, MAX_NAME] = [1024, 253];
const [ATTEMPTS, RETRY] = [12, 10_000];
/** What waits while the API server is away; more is forgotten, the newest first. */
const MAX_WAITING = 50;
const MEMORY = 256;
/** A token is renewed, and whatever answers in the API server's place is not there for ever. */
const PASSING: ReadonlySet<string> = new Set(["malformed", "server", "too-many-requests", "unauthorized"]);

/**
 * Tells of what happens by Events (core/v1, which `kubectl describe` shows with the object), best effort: they wait
 * while the API server is away, for two minutes at most, and never hold up what they tell of. Repetitions are counted,
 * floods cut off; see {@link EventCorrelation}.
 */
export class EventRecorder {
  readonly #options: RecorderOptions;
  readonly #correlation: EventCorrelation;
  readonly #recorded = new Map<string, Recorded>();
  #isComplained = false;
  #waiting: { readonly note: Note; readonly at: Date }[] = [];
  #news = Promise.withResolvers<void>();

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#correlation = new EventCorrelation(options.clock);
  }

  /** Takes no time and throws nothing. */
  record(note: Note): void {
    if (this.#waiting.length >= MAX_WAITING) return;
    this.#waiting.push({ note, at: this.#options.clock.date() });
    this.#news.resolve();
  }

  /** Sends what is recorded until the signal ends it, and what waits then while the server takes it at once. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = () => this.#news.resolve();
    signal.addEventListener("abort", wake);
    while (!signal.aborted) {
      await this.#news.promise;
      this.#news = Promise.withResolvers();
      await this.#sendAll(signal);
    }
    signal.removeEventListener("abort", wake);
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const correlated = this.#correlation.correlate(next.note);
      if (correlated.kind === "spam") continue;
      const note = { ...next.note, message: correlated.message.slice(0, MAX_MESSAGE) };
      await this.#sendPatiently(correlated.key, note, next.at, signal);
    }
  }

  async #sendPatiently(key: string, note: Note, at: Date, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#send(key, note, at);
        this.#isComplained = false;
        return;
      } catch (error) {
        // When all is to stop, a server that does not take one is not asked to take the rest
        if (signal.aborted) this.#waiting = [];
        if (attempt === ATTEMPTS || signal.aborted || !isPassing(error)) {
          return this.#complain(note, error);
        }
      }
      await pause(clock, milliseconds(RETRY * (0.8 + 0.4 * random.fraction())), signal);
    }
  }

  /** Once, until one is taken again. */
  #complain({ reason }: Note, error: unknown): void {
    const level = this.#isComplained ? "debug" : "warn";
    this.#options.log[level]("Cannot record an Event", { reason, error: describeError(error) });
    this.#isComplained = true;
  }

  /** Counts the Event of that key up, or makes one: also when the old one is gone, as all are after an hour. */
  async #send(key: string, note: Note, at: Date): Promise<void> {
    const known = this.#recorded.get(key);
    const recorded = (known && (await this.#repeat(known, note, at))) ?? (await this.#create(note, at));
    remember(this.#recorded, key, recorded, MEMORY);
  }

  async #repeat(known: Recorded, { message }: Note, at: Date): Promise<Recorded | undefined> {
    const count = known.count + 1;
    const body = { count, message, lastTimestamp: timestamp(at) };
    try {
      await this.#options.client.patch(EVENTS, known, { kind: "merge", body }, never);
      return { ...known, count };
    } catch (error) {
      if (isKubernetesError(error, "not-found")) return undefined;
      throw error;
    }
  }

  async #create(note: Note, at: Date): Promise<Recorded> {
    const { client, random, source } = this.#options;
    const suffix = Buffer.from(random.bytes(8)).toString("hex");
    const { about, type, reason, message } = note;
    const name = `${about.name.slice(0, MAX_NAME - suffix.length - 1)}.${suffix}`;
    const place = { namespace: about.namespace, name };
    const event: KubernetesObject & Readonly<Record<string, unknown>> = {
      metadata: place,
      involvedObject: about,
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: timestamp(at),
      lastTimestamp: timestamp(at),
      source,
      reportingComponent: source.component,
      reportingInstance: source.host,
    };
    await client.create(EVENTS, place, event, never);
    return { ...place, count: 1 };
  }
}

/** The client's own limit of time ends a request: what is on its way when all is to stop may arrive. */
const never = new AbortController().signal;

/** Worth another attempt: nothing is wrong with the Event. */
function isPassing(error: unknown): boolean {
  if (error instanceof KubernetesError) return PASSING.has(error.code);
  return error instanceof TransportError;
}

/** The API's Time: whole seconds. */
function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
