import { CancelledError, TransportError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import { parseRetryAfter } from "#core/retry-after.ts";
import { type Milliseconds, milliseconds, toMilliseconds } from "#core/units.ts";
import { VERSION } from "#core/version.ts";
import { readLines, readText } from "#kubernetes/api/answer-body.ts";
import { parse, parsed, readPage } from "#kubernetes/api/answer-json.ts";
import type { KubernetesClient, ListQuery, ObjectList, Patch, WatchQuery } from "#kubernetes/api/client.ts";
import {
  type Ask,
  malformedError,
  statusError,
  isKubernetesError,
  type Verb,
} from "#kubernetes/api/kubernetes-error.ts";
import type { KubernetesObject, Place } from "#kubernetes/api/object.ts";
import type { ApiAnswer, ApiRequest, ApiTransport } from "#kubernetes/api/ports.ts";
import { apiVersion, pathOf, type Resource } from "#kubernetes/api/resource.ts";
import { askFor, watchTarget, withQuery } from "#kubernetes/api/target.ts";
import { TimeLimit } from "#kubernetes/api/time-limit.ts";
import { readWatchEvent, type WatchEvent } from "#kubernetes/api/watch-event.ts";

/** etcd takes 1.5 MiB for an object; a page of a list or a line of a watch is bounded by the same. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Objects in one answer to a list. */
const PAGE = 500;
/** More would be a list without an end: what is asked for is one object. */
const MAX_PAGES = 100;
/** A server ends a watch by itself when its time is over; one that does not is not there any more. */
const WATCH_GRACE = 15_000;
const TIMEOUT = milliseconds(10_000);

const PATCHES = {
  apply: "application/apply-patch+yaml",
  merge: "application/merge-patch+json",
} as const;

export interface ClientOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  /** What the client is for, as it stands in the audit log; e.g. `leader-election`. */
  readonly purpose: string;
  /** From start to the end of an answer, of a watch to its head; 10 s unless given. */
  readonly timeout?: Milliseconds | undefined;
}

/** Without the headers that all have. */
type Request = Partial<ApiRequest> & Pick<ApiRequest, "method" | "target">;

export function createKubernetesClient(options: ClientOptions): KubernetesClient {
  return new ThinClient(options);
}

class ThinClient implements KubernetesClient {
  readonly #transport: ApiTransport;
  readonly #clock: Clock;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeout: Milliseconds;

  constructor({ transport, clock, purpose, timeout = TIMEOUT }: ClientOptions) {
    this.#transport = transport;
    this.#clock = clock;
    this.#timeout = timeout;
    this.#headers = { accept: "application/json", "user-agent": `esddns/${VERSION} ${purpose}` };
  }

  get<Item extends KubernetesObject>(resource: Resource<Item>, place: Place, signal: AbortSignal) {
    const target = pathOf(resource, place.namespace, place.name);
    return this.#object(askFor("get", resource, place), resource, { method: "GET", target }, signal);
  }

  async list<Item extends KubernetesObject>(
    resource: Resource<Item>,
    query: ListQuery,
    signal: AbortSignal,
  ): Promise<ObjectList<Item>> {
    try {
      return await this.#pages(resource, query, PAGE, signal);
    } catch (error) {
      // Its first page has become too old while the others were read
      if (query.resourceVersion !== undefined || !isKubernetesError(error, "expired")) throw error;
      return this.#pages(resource, query, undefined, signal);
    }
  }

  create<Item extends KubernetesObject>(
    resource: Resource<Item>,
    place: Place,
    object: Item,
    signal: AbortSignal,
  ) {
    const request = {
      method: "POST",
      target: pathOf(resource, place.namespace),
      ...json(resource, object),
    } as const;
    return this.#object(askFor("create", resource, place), resource, request, signal);
  }

  replace<Item extends KubernetesObject>(
    resource: Resource<Item>,
    place: Place,
    object: Item,
    signal: AbortSignal,
  ) {
    const target = pathOf(resource, place.namespace, place.name);
    const request = { method: "PUT", target, ...json(resource, object) } as const;
    return this.#object(askFor("update", resource, place), resource, request, signal);
  }

  patch<Item extends KubernetesObject>(
    resource: Resource<Item>,
    place: Place,
    patch: Patch,
    signal: AbortSignal,
  ) {
    const query = patch.kind === "apply" ? { fieldManager: patch.fieldManager, force: "true" } : {};
    const request = {
      method: "PATCH",
      target: withQuery(pathOf(resource, place.namespace, place.name), query),
      headers: { "content-type": PATCHES[patch.kind] },
      body: JSON.stringify(patch.kind === "apply" ? identified(resource, patch.body) : patch.body),
    } as const;
    return this.#object(askFor("patch", resource, place), resource, request, signal);
  }

  async watch<Item extends KubernetesObject>(
    resource: Resource<Item>,
    query: WatchQuery,
    signal: AbortSignal,
  ): Promise<AsyncIterable<WatchEvent<Item>>> {
    const ask = askFor("watch", resource, query);
    const limit = new TimeLimit(this.#clock, this.#timeout, signal);
    try {
      const answer = await this.#open({ method: "GET", target: watchTarget(resource, query) }, limit.signal);
      if (answer.status !== 200) throw await this.#refusal(ask, answer);
      limit.restart(milliseconds(toMilliseconds(query.timeout) + WATCH_GRACE));
      return readEvents(answer, (line) => readWatchEvent(line, resource, ask), limit);
    } catch (error) {
      limit.end();
      throw limit.isOver ? lateError("watch") : error;
    }
  }

  async #pages<Item extends KubernetesObject>(
    resource: Resource<Item>,
    query: ListQuery,
    limit: number | undefined,
    signal: AbortSignal,
  ): Promise<ObjectList<Item>> {
    const { namespace, fieldSelector, resourceVersion } = query;
    const ask = askFor("list", resource, query);
    const items: Item[] = [];
    let after: string | undefined;
    for (let count = 1; count <= MAX_PAGES; count += 1) {
      // Where to go on tells the version, too
      const from = after === undefined ? { resourceVersion } : { continue: after };
      const target = withQuery(pathOf(resource, namespace), { fieldSelector, limit, ...from });
      const page = readPage(await this.#exchange(ask, { method: "GET", target }, signal), resource, ask);
      items.push(...page.items);
      if (page.continue === "") return { items, resourceVersion: page.resourceVersion };
      after = page.continue;
    }
    throw malformedError(ask, `the list has more than ${MAX_PAGES} pages`);
  }

  async #object<Item extends KubernetesObject>(
    ask: Ask,
    resource: Resource<Item>,
    request: Request,
    signal: AbortSignal,
  ): Promise<Item> {
    const body = await this.#exchange(ask, request, signal);
    if (!resource.is(body)) throw malformedError(ask, `the answer is no ${resource.kind}`);
    return body;
  }

  /** @returns the JSON of the answer */
  async #exchange(ask: Ask, request: Request, signal: AbortSignal): Promise<unknown> {
    const limit = new TimeLimit(this.#clock, this.#timeout, signal);
    try {
      const answer = await this.#open(request, limit.signal);
      if (answer.status < 200 || answer.status >= 300) throw await this.#refusal(ask, answer);
      return parse(await readText(answer.body, MAX_BYTES), ask);
    } catch (error) {
      throw limit.isOver ? lateError(ask.verb) : error;
    } finally {
      limit.end();
    }
  }

  async #open({ headers, ...request }: Request, signal: AbortSignal): Promise<ApiAnswer> {
    if (signal.aborted) throw new CancelledError();
    return this.#transport.open({ ...request, headers: { ...this.#headers, ...headers } }, signal);
  }

  async #refusal(ask: Ask, { status, headers, body }: ApiAnswer): Promise<Error> {
    const text = await readText(body, MAX_BYTES);
    const retryAfter = parseRetryAfter(headers["retry-after"], this.#clock.date());
    return statusError(ask, parsed(text), { status, retryAfter });
  }
}

function json(resource: Resource<KubernetesObject>, object: object): Pick<ApiRequest, "body" | "headers"> {
  return {
    headers: { "content-type": "application/json" },
    body: JSON.stringify(identified(resource, object)),
  };
}

function identified(resource: Resource<KubernetesObject>, object: object): object {
  return { apiVersion: apiVersion(resource), kind: resource.kind, ...object };
}

async function* readEvents<Event>(
  { body }: ApiAnswer,
  read: (line: string) => Event,
  limit: TimeLimit,
): AsyncGenerator<Event> {
  try {
    for await (const line of readLines(body, MAX_BYTES)) yield read(line);
  } catch (error) {
    throw limit.isOver ? lateError("watch") : error;
  } finally {
    limit.end();
  }
}

function lateError(verb: Verb): TransportError {
  return new TransportError(`Cannot ${verb} at the API server: no answer came in time`, {
    code: "timeout",
    peer: "API server",
    phase: "sent",
  });
}
