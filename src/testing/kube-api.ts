import { CancelledError, TransportError } from "#core/errors.ts";
import type { Clock } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import { type Fields, isFields } from "#kubernetes/api/object.ts";
import type { ApiAnswer, ApiRequest, ApiTransport } from "#kubernetes/api/ports.ts";
import { eventLine, jsonAnswer, type StatusDetail, statusAnswer, statusBody } from "#testing/kube-answers.ts";
import { LineStream, orCancelled } from "#testing/kube-line-stream.ts";
import { type HistoryEntry, KubeObjects, mergePatch, type StoredObject } from "#testing/kube-objects.ts";

/** An answer that is not what the request deserves. */
export interface Fault extends StatusDetail {
  readonly status: number;
  readonly says?: string;
  /** The connection breaks instead. */
  readonly broken?: boolean;
  /** Which requests; all unless given. */
  readonly when?: (request: SeenRequest) => boolean;
  /** How often; once unless given. */
  readonly times?: number;
}

export interface SeenRequest {
  readonly verb: "create" | "get" | "list" | "patch" | "update" | "watch";
  readonly plural: string;
  readonly name: string | undefined;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** On the clock of the fake. */
  readonly at: number;
}

/** What happens to one client's requests on their way. Either may wait, or throw what a socket would. */
export interface Way {
  before?(request: ApiRequest, signal: AbortSignal): Promise<void>;
  after?(request: ApiRequest, signal: AbortSignal): Promise<void>;
}

interface Parsed extends SeenRequest {
  readonly collection: string;
  readonly namespace: string;
  readonly kind: string;
  readonly apiVersion: string;
}

interface Watcher {
  readonly push: (line: string) => void;
  readonly end: (how: "clean" | "cut") => void;
  readonly hasBookmarks: boolean;
  readonly kind: string;
  readonly apiVersion: string;
}

const KINDS: Readonly<Record<string, string>> = {
  configmaps: "ConfigMap",
  events: "Event",
  leases: "Lease",
  services: "Service",
};
/**
 * A FAKE of the Kubernetes API server for tests, in this process. It stands for these rules and no others; the
 * suite of kube-api-contract.ts holds it to them, and a real server, too (e2e/kube/api-contract.test.ts):
 *
 * - Every write counts one version up, which all objects share; an update that changes nothing makes no new version
 *   (API concepts, "Resource versions").
 * - A PUT of an older `resourceVersion` is 409 Conflict (API conventions, "Concurrency control and consistency"); of
 *   none is 422 for a Lease, whose registry forbids unconditional updates, and taken for others; of another `uid` is
 *   409. One of a Lease that is not there makes it, unless it has a `uid`; of others it is 404.
 * - POST of a name that exists is 409 AlreadyExists; GET, PATCH of one that does not, 404 (API conventions,
 *   "Response status kind").
 * - Lists come in pages by `limit` and `continue` (API concepts, "Retrieving large results sets in chunks").
 * - A watch sends what came after its version, ends at `timeoutSeconds`, sends bookmarks to who asked for them (API
 *   concepts, "Watch bookmarks") and answers a version that is compacted away with 410, here within the stream, as the
 *   server's watch cache does ("410 Gone responses").
 * - Merge patch (RFC 7386), apply as a merge that creates.
 * - 429 and 503 carry Retry-After (API conventions, "Response status kind", StatusReasonTooManyRequests).
 *
 * Left out: admission, validation, defaulting, managed fields (so an apply takes nothing away that its manager applied
 * before), RBAC other than {@link KubeApi.forbid}.
 */
export class KubeApi {
  readonly objects = new KubeObjects();
  /** Every request that arrived. */
  readonly requests: SeenRequest[] = [];
  /** Bearer tokens that are accepted; `undefined`: whoever comes. */
  tokens: ReadonlySet<string> | undefined;
  /** A defect: watches stay open and leave out what happens. */
  isForgetful = false;
  readonly #clock: Clock;
  readonly #watchers = new Set<Watcher>();
  readonly #forbidden = new Set<string>();
  #faults: { readonly fault: Fault; left: number }[] = [];
  #frozen: PromiseWithResolvers<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How a client reaches it. */
  transport(way: Way = {}): ApiTransport {
    return {
      open: async (request, signal) => {
        await way.before?.(request, signal);
        const answer = await this.open(request, signal);
        await way.after?.(request, signal);
        return answer;
      },
    };
  }

  fail(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  heal(): void {
    this.#faults = [];
  }

  /** Takes a verb on a resource away from everybody, e.g. `get leases`. */
  forbid(verb: SeenRequest["verb"], plural: string): void {
    this.#forbidden.add(`${verb} ${plural}`);
  }

  /** SIGSTOP: connections stay open, nothing is answered, watches are silent. */
  freeze(): void {
    this.#frozen ??= Promise.withResolvers();
  }

  thaw(): void {
    this.#frozen?.resolve();
    this.#frozen = undefined;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** To every watch that asked for bookmarks. */
  sendBookmarks(): void {
    for (const { hasBookmarks, push, kind, apiVersion } of this.#watchers) {
      const object = { kind, apiVersion, metadata: { resourceVersion: this.objects.version } };
      if (hasBookmarks) push(eventLine("BOOKMARK", object));
    }
  }

  /** Puts a line into every watch: an ERROR event, or what no server says. */
  sendLine(line: string): void {
    for (const { push } of this.#watchers) push(line);
  }

  /** As a server does that is stopped: in order, or in the middle of it. */
  endWatches(how: "clean" | "cut"): void {
    for (const watcher of this.#watchers) watcher.end(how);
  }

  async open(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    await this.#thawed(signal);
    const seen = this.#parse(request);
    if (!seen) return statusAnswer(404, "no such path");
    this.requests.push(seen);
    const fault = this.#nextFault(seen);
    if (fault?.broken) {
      throw new TransportError("Cannot reach the fake: it broke off", {
        code: "reset",
        peer: "fake",
        phase: "sent",
      });
    }
    if (fault) return statusAnswer(fault.status, fault.says ?? "as the test wants it", fault);
    if (!this.#knows(seen)) return statusAnswer(401, "Unauthorized");
    if (this.#forbidden.has(`${seen.verb} ${seen.plural}`))
      return statusAnswer(403, `User "it" cannot ${seen.verb} resource "${seen.plural}"`);
    return this.#serve(seen, signal);
  }

  #serve(request: Parsed, signal: AbortSignal): ApiAnswer {
    switch (request.verb) {
      case "get":
        return this.#read(request);
      case "list":
        return this.#list(request);
      case "watch":
        return this.#watch(request, signal);
      case "create":
        return this.#create(request);
      case "update":
        return this.#update(request);
      case "patch":
        return this.#patch(request);
    }
  }

  #read({ collection, name = "" }: Parsed): ApiAnswer {
    const object = this.objects.get(collection, name);
    return object ? jsonAnswer(200, object) : statusAnswer(404, `"${name}" not found`);
  }

  #list({ collection, query, kind, apiVersion }: Parsed): ApiAnswer {
    const all = this.objects.list(collection).filter(isSelected(query));
    const [from, limit] = [Number(query.get("continue") ?? 0), Number(query.get("limit") ?? all.length)];
    const rest = from + limit < all.length ? { continue: String(from + limit) } : {};
    return jsonAnswer(200, {
      kind: `${kind}List`,
      apiVersion,
      metadata: { resourceVersion: this.objects.version, ...rest },
      items: all.slice(from, from + limit),
    });
  }

  #create({ collection, namespace, body }: Parsed): ApiAnswer {
    const object = fields(body);
    const name = isFields(object["metadata"]) ? object["metadata"]["name"] : undefined;
    if (typeof name !== "string") return statusAnswer(422, "name or generateName is required");
    if (this.objects.get(collection, name)) return statusAnswer(409, "exists", { reason: "AlreadyExists" });
    return jsonAnswer(201, this.objects.put(collection, namespace, name, object));
  }

  #update({ collection, namespace, name = "", plural, body }: Parsed): ApiAnswer {
    const object = fields(body);
    const { resourceVersion, uid } = isFields(object["metadata"]) ? object["metadata"] : {};
    const current = this.objects.get(collection, name);
    // Leases alone are made by it (pkg/registry/coordination/lease/strategy.go, AllowCreateOnUpdate)
    if (!current && plural !== "leases") return statusAnswer(404, `"${name}" not found`);
    if (uid !== undefined && uid !== current?.metadata["uid"]) return statusAnswer(409, "the UID differs");
    if (!current) return jsonAnswer(201, this.objects.put(collection, namespace, name, object));
    if (resourceVersion === undefined && plural === "leases") {
      return statusAnswer(422, "metadata.resourceVersion: must be specified for an update");
    }
    const isStale = resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion;
    if (isStale) return statusAnswer(409, "the object has been modified");
    return jsonAnswer(200, this.objects.put(collection, namespace, name, object));
  }

  #patch({ collection, namespace, name = "", query, headers, body }: Parsed): ApiAnswer {
    const current = this.objects.get(collection, name);
    const type = headers["content-type"];
    if (type === "application/apply-patch+yaml") {
      if (!query.has("fieldManager")) return statusAnswer(422, "fieldManager is required for apply patch");
      return this.#patched(
        current ? 200 : 201,
        collection,
        namespace,
        name,
        mergePatch(current, fields(body)),
      );
    }
    if (!current) return statusAnswer(404, `"${name}" not found`);
    if (type !== "application/merge-patch+json") return statusAnswer(415, `${type} is not supported`);
    return this.#patched(200, collection, namespace, name, mergePatch(current, fields(body)));
  }

  #patched(status: number, collection: string, namespace: string, name: string, content: unknown): ApiAnswer {
    const current = this.objects.get(collection, name);
    const object = isFields(content) ? content : {};
    const version = isFields(object["metadata"]) ? object["metadata"]["resourceVersion"] : undefined;
    if (current && version !== undefined && version !== current.metadata.resourceVersion) {
      return statusAnswer(409, "the object has been modified");
    }
    return jsonAnswer(status, this.objects.put(collection, namespace, name, object));
  }

  #watch(request: Parsed, signal: AbortSignal): ApiAnswer {
    const { collection, query, kind, apiVersion } = request;
    const past = this.objects.since(Number(query.get("resourceVersion")));
    const wants = ({ collection: of, object }: HistoryEntry) =>
      of === collection && isSelected(query)(object);
    const lines: string[] = past
      ? past.filter(wants).map(({ type, object }) => eventLine(type, object))
      : [eventLine("ERROR", statusBody(410, "too old resource version"))];
    const stream = new LineStream(lines, past === undefined ? "clean" : undefined);
    const watcher: Watcher = {
      push: (line) => stream.push(line),
      end: (how) => stream.end(how),
      hasBookmarks: query.get("allowWatchBookmarks") === "true",
      kind,
      apiVersion,
    };
    this.#watchers.add(watcher);
    const unlisten = this.objects.listen((entry) => {
      if (wants(entry) && !this.isForgetful) stream.push(eventLine(entry.type, entry.object));
    });
    this.#endLater(stream, Number(query.get("timeoutSeconds") ?? 1800));
    const close = () => {
      unlisten();
      this.#watchers.delete(watcher);
      stream.end("clean");
    };
    const body = stream.read(signal, () => this.#thawed(signal), close);
    return { status: 200, headers: { "content-type": "application/json" }, body };
  }

  #endLater(stream: LineStream, seconds: number): void {
    this.#clock.sleep(milliseconds(seconds * 1000), stream.ended).then(
      async () => {
        await this.#frozen?.promise;
        stream.end("clean");
      },
      () => {},
    );
  }

  async #thawed(signal: AbortSignal): Promise<void> {
    while (this.#frozen) await orCancelled(this.#frozen.promise, signal);
    if (signal.aborted) throw new CancelledError();
  }

  #nextFault(request: SeenRequest): Fault | undefined {
    const entry = this.#faults.find(({ fault, left }) => left > 0 && (fault.when?.(request) ?? true));
    if (entry) entry.left -= 1;
    return entry?.fault;
  }

  #knows({ headers }: SeenRequest): boolean {
    if (this.tokens === undefined) return true;
    return this.tokens.has((headers["authorization"] ?? "").replace(/^Bearer /, ""));
  }

  #parse({ method, target, headers, body }: ApiRequest): Parsed | undefined {
    const { pathname, searchParams: query } = new URL(target, "http://fake");
    const path = /^\/(?:api|apis)\/((?:[^/]+\/)?v\d\w*)\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+))?$/.exec(
      pathname,
    );
    if (!path) return undefined;
    const [, apiVersion = "", namespace = "", plural = "", name] = path.map(
      (part) => part && decodeURIComponent(part),
    );
    const read = name === undefined ? (query.has("watch") ? "watch" : "list") : "get";
    const verbs = { GET: read, POST: "create", PUT: "update", PATCH: "patch" } as const;
    const place = { collection: `${apiVersion}/${namespace}/${plural}`, namespace, plural, name, apiVersion };
    const at = this.#clock.now();
    return { ...place, kind: KINDS[plural] ?? "Object", verb: verbs[method], query, headers, body, at };
  }
}

function isSelected(query: URLSearchParams): (object: StoredObject) => boolean {
  const name = /^metadata\.name=(.*)$/.exec(query.get("fieldSelector") ?? "")?.[1];
  return ({ metadata }) => name === undefined || metadata.name === name;
}

function fields(body: string | undefined): Fields {
  const value: unknown = body === undefined ? {} : JSON.parse(body);
  return isFields(value) ? value : {};
}
