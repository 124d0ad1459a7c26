import { describe, expect, it } from "vitest";
import { CancelledError } from "#core/errors.ts";
import { milliseconds, seconds } from "#core/units.ts";
import { statusError } from "#kubernetes/api/kubernetes-error.ts";
import { CONFIG_MAPS, LEASES } from "#kubernetes/api/resource.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { collect } from "#testing/collect.ts";
import { type Fault, KubeApi } from "#testing/kube-api.ts";
import { ManualClock, settled } from "#testing/manual-clock.ts";

const PLACE = { namespace: "home", name: "esddns-wan-ip" };
const MEBIBYTE = 1024 * 1024;
const never = new AbortController().signal;

function world() {
  const clock = new ManualClock();
  const api = new KubeApi(clock);
  const client = createKubernetesClient({ transport: api.transport(), clock, purpose: "test" });
  return { clock, api, client };
}

async function collected<Item>(watch: Promise<AsyncIterable<Item>>): Promise<readonly Item[]> {
  return collect(await watch);
}

/** What a GET is refused with. */
async function refusalOf(fault: Fault) {
  const { api, client } = world();
  api.fail(fault);
  return client.get(LEASES, PLACE, never).catch((error: unknown) => error);
}

describe("the thin client", () => {
  it("names itself, its version and its purpose, as the audit log shows them", async () => {
    const { api, client } = world();
    await client.list(CONFIG_MAPS, { namespace: "home" }, never);
    expect(api.requests[0]?.headers["user-agent"]).toMatch(/^esddns\/\d+\.\d+\.\d+ test$/);
  });

  it("says which verb on which resource the Role lacks", async () => {
    const { api, client } = world();
    api.forbid("get", "leases");
    api.forbid("create", "configmaps");
    await expect(client.get(LEASES, PLACE, never)).rejects.toMatchObject({
      code: "forbidden",
      status: 403,
      hint: 'the Role in namespace "home" of this service account lacks the verb "get" on apiGroups ["coordination.k8s.io"], resources ["leases"] with the resource name "esddns-wan-ip"',
    });
    await expect(client.create(CONFIG_MAPS, PLACE, { metadata: PLACE }, never)).rejects.toMatchObject({
      // RBAC cannot restrict a creation to a name
      hint: expect.stringMatching(/lacks the verb "create" on apiGroups \[""\], resources \["configmaps"\]$/),
    });
  });

  it.each([
    [403, 'namespaces "home" is being terminated', undefined],
    [403, "exceeded quota: count/configmaps", undefined],
    [422, "data: Forbidden: field is immutable when `immutable` is set", /^somebody made it immutable/],
  ])("gives no advice on %d that does not fit: %s", async (status, says, hint) => {
    const { client, api } = world();
    api.fail({ status, says });
    const error: unknown = await client.get(LEASES, PLACE, never).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ hint: hint === undefined ? undefined : expect.stringMatching(hint) });
  });

  it("takes a refused watch of one object for one of that name, and leaves nothing behind", async () => {
    const { clock, api, client } = world();
    api.forbid("watch", "configmaps");
    const query = { namespace: "home", fieldSelector: "metadata.name=esddns-wan-ip", resourceVersion: "1" };
    const watch = client.watch(CONFIG_MAPS, { ...query, timeout: seconds(300) }, never);
    await expect(collected(watch)).rejects.toMatchObject({
      hint: expect.stringMatching(/"watch" .* with the resource name "esddns-wan-ip"$/),
    });
    expect(clock.pending).toBe(0);
  });

  it.each([
    [{ status: 400 }, "invalid", "never"],
    [{ status: 401 }, "unauthorized", "next-round"],
    [{ status: 404 }, "not-found", "next-round"],
    [{ status: 409 }, "conflict", "next-round"],
    [{ status: 409, reason: "AlreadyExists" }, "already-exists", "next-round"],
    [{ status: 410 }, "expired", "next-round"],
    [{ status: 410, reason: "Gone" }, "expired", "next-round"],
    [{ status: 413 }, "invalid", "never"],
    [{ status: 415 }, "invalid", "never"],
    [{ status: 418 }, "refused", "next-round"],
    [{ status: 422 }, "invalid", "never"],
    [{ status: 429, retryAfter: 7 }, "too-many-requests", { after: 7000 }],
    [{ status: 500 }, "server", "next-round"],
    [{ status: 503, retryAfter: 2 }, "server", { after: 2000 }],
  ] as const)("reads the Status %o as %s", async (fault, code, retry) => {
    expect(await refusalOf(fault)).toMatchObject({ code, retry, status: fault.status });
  });

  it("repeats what the server says, and whom it was asked about", async () => {
    const error = await refusalOf({ status: 409 });
    expect(error).toMatchObject({
      message:
        'Cannot get leases "esddns-wan-ip" in namespace "home": the API server answers 409 Conflict: as the test wants it',
    });
  });

  it("gives up on a server that is silent, and says so", async () => {
    const { clock, api, client } = world();
    api.freeze();
    const answer = client.get(LEASES, PLACE, never).catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await answer).toMatchObject({ code: "timeout" });
    expect(clock.pending).toBe(0);
  });

  it("is cancelled by its caller without a word about the server", async () => {
    const { clock, api, client } = world();
    api.freeze();
    const stop = new AbortController();
    const answer = client.get(LEASES, PLACE, stop.signal);
    await settled();
    stop.abort();
    await expect(answer).rejects.toBeInstanceOf(CancelledError);
    expect(clock.pending).toBe(0);
  });

  it("reads a list in pages", async () => {
    const { api, client } = world();
    for (let index = 0; index < 1203; index += 1) {
      api.objects.put("v1/home/configmaps", "home", `map-${index}`, {});
    }
    const { items } = await client.list(CONFIG_MAPS, { namespace: "home" }, never);
    expect(new Set(items.map(({ metadata }) => metadata.name)).size).toBe(1203);
    expect(api.requests.map(({ query }) => query.get("limit"))).toEqual(["500", "500", "500"]);
  });

  it("reads a list at once when its pages grew too old", async () => {
    const { api, client } = world();
    for (let index = 0; index < 700; index += 1) {
      api.objects.put("v1/home/configmaps", "home", `map-${index}`, {});
    }
    api.fail({ status: 410, when: ({ query }) => query.has("continue") });
    const { items } = await client.list(CONFIG_MAPS, { namespace: "home" }, never);
    expect(items).toHaveLength(700);
  });

  it("refuses what is not the object that it asked for, and says who may have answered", async () => {
    const { api, client } = world();
    api.objects.put("coordination.k8s.io/v1/home/leases", "home", PLACE.name, {
      spec: { leaseTransitions: "3" },
    });
    await expect(client.get(LEASES, PLACE, never)).rejects.toMatchObject({
      code: "malformed",
      hint: "something else than the API server may have answered, e.g. a proxy",
    });
  });

  it.each([{ data: { ip: 1 } }, { data: ["192.0.2.1"] }, { data: "192.0.2.1" }])(
    "refuses a ConfigMap whose data are no texts: %o",
    async (content) => {
      const { api, client } = world();
      api.objects.put("v1/home/configmaps", "home", PLACE.name, content);
      await expect(client.get(CONFIG_MAPS, PLACE, never)).rejects.toMatchObject({ code: "malformed" });
      await expect(client.list(CONFIG_MAPS, { namespace: "home" }, never)).rejects.toMatchObject({
        code: "malformed",
      });
    },
  );

  it("keeps fields that it does not know", async () => {
    const { api, client } = world();
    api.objects.put("v1/home/configmaps", "home", PLACE.name, { data: { a: "1" }, immutable: false });
    const read = await client.get(CONFIG_MAPS, PLACE, never);
    await client.replace(CONFIG_MAPS, PLACE, { ...read, data: { a: "2" } }, never);
    expect(api.objects.get("v1/home/configmaps", PLACE.name)).toMatchObject({
      immutable: false,
      data: { a: "2" },
    });
  });
});

describe("a watch", () => {
  const QUERY = { namespace: "home", timeout: seconds(300) };

  it("yields bookmarks, and ends when the server ends it", async () => {
    const { clock, api, client } = world();
    const watch = client.watch(CONFIG_MAPS, { ...QUERY, resourceVersion: api.objects.version }, never);
    const events = collected(watch);
    await settled();
    api.sendBookmarks();
    await clock.advance(300_000);
    expect(await events).toEqual([{ kind: "bookmark", resourceVersion: api.objects.version }]);
    expect([clock.pending, api.watchers]).toEqual([0, 0]);
  });

  it("is ended when the server does not end it in its time", async () => {
    const { clock, api, client } = world();
    const watch = client.watch(CONFIG_MAPS, { ...QUERY, resourceVersion: api.objects.version }, never);
    const events = collected(watch).catch((error: unknown) => error);
    await settled();
    api.freeze();
    await clock.advance(314_999);
    expect(api.watchers).toBe(1);
    await clock.advance(1);
    expect(await events).toMatchObject({ code: "timeout" });
    expect(api.watchers).toBe(0);
  });

  it("whose head does not come is given up like any other request", async () => {
    const { clock, api } = world();
    const client = createKubernetesClient({
      transport: api.transport(),
      clock,
      purpose: "test",
      timeout: milliseconds(5000),
    });
    api.freeze();
    const watch = client.watch(CONFIG_MAPS, { ...QUERY, resourceVersion: "1" }, never);
    const events = collected(watch).catch((error: unknown) => error);
    await clock.advance(5000);
    expect(await events).toMatchObject({ code: "timeout" });
  });

  it.each([
    ["{", "an event is not JSON"],
    ["{}", "an event is of type undefined"],
    ['{"type":"ADDED","object":{}}', "an event holds something else than a ConfigMap"],
    ['{"type":"BOOKMARK","object":{}}', "an event has no version"],
    ['{"type":"ADDED","object":{"metadata":{"name":"x"}}}', "an event has no version"],
  ])("that says %s has gone wrong", async (line, says) => {
    const { api, client } = world();
    const watch = client.watch(CONFIG_MAPS, { ...QUERY, resourceVersion: api.objects.version }, never);
    const events = collected(watch).catch((error: unknown) => error);
    await settled();
    api.sendLine(line);
    expect(await events).toMatchObject({ code: "malformed", message: expect.stringContaining(says) });
    expect(api.watchers).toBe(0);
  });
});

describe("an API server that is none", () => {
  it("ends no list: it is not asked for ever, and nothing grows", async () => {
    let count = 0;
    const page = { metadata: { resourceVersion: "1", continue: "more" }, items: [] };
    const transport = {
      open: () => {
        count += 1;
        const body = (async function* () {
          yield Buffer.from(JSON.stringify(page));
        })();
        return Promise.resolve({ status: 200, headers: {}, body });
      },
    };
    const client = createKubernetesClient({ transport, clock: new ManualClock(), purpose: "test" });
    await expect(client.list(CONFIG_MAPS, { namespace: "home" }, never)).rejects.toMatchObject({
      code: "malformed",
    });
    expect(count).toBe(100);
  });

  it.each([200, 500])(
    "says without an end, with status %d, no more than what memory is there for",
    async (status) => {
      let pieces = 0;
      async function* body() {
        // It has to end for a client that would read it all
        for (; pieces < 64; pieces += 1) yield Buffer.alloc(MEBIBYTE, "x");
      }
      const transport = { open: () => Promise.resolve({ status, headers: {}, body: body() }) };
      const client = createKubernetesClient({ transport, clock: new ManualClock(), purpose: "test" });
      await expect(client.get(CONFIG_MAPS, PLACE, never)).rejects.toMatchObject({ code: "too-large" });
      expect(pieces).toBeLessThan(8);
    },
  );

  it("says a line without an end in a watch", async () => {
    const { api, client } = world();
    const query = { namespace: "home", timeout: seconds(300), resourceVersion: api.objects.version };
    const events = collected(client.watch(CONFIG_MAPS, query, never)).catch((error: unknown) => error);
    await settled();
    api.sendLine("x".repeat(8 * MEBIBYTE));
    expect(await events).toMatchObject({ code: "too-large" });
    expect(api.watchers).toBe(0);
  });

  it.each([1e9, 1e308])("asks to wait %d s within a watch: an hour is enough", (retryAfterSeconds) => {
    const ask = { verb: "watch", group: "", plural: "configmaps", namespace: "home" } as const;
    const status = { kind: "Status", code: 429, details: { retryAfterSeconds } };
    expect(statusError(ask, status, { status: 500 }).retryAfter).toBe(3_600_000);
  });
});
