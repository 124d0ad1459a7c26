import { X509Certificate } from "node:crypto";
import { Agent } from "node:https";
import { createServer as createTcpServer, type Socket } from "node:net";
import { queryObjects } from "node:v8";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseAddress } from "#core/address.ts";
import { milliseconds, seconds } from "#core/units.ts";
import type { ApiAccess } from "#kubernetes/api/access.ts";
import { createNodeTransport, type KeepingTransport } from "#kubernetes/api/node-transport.ts";
import { CONFIG_MAPS, LEASES } from "#kubernetes/api/resource.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { type Authority, createAuthority } from "#lab/certificate.ts";
import { createClock } from "#platform/clock.ts";
import { KubeApi } from "#testing/kube-api.ts";
import { type ServedKubeApi, serveKubeApi } from "#testing/kube-api-server.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryFiles } from "#testing/memory-files.ts";

const PLACE = { namespace: "home", name: "esddns" };
const never = new AbortController().signal;
const loopback = parseAddress("127.0.0.1")!;

let fileClock: ManualClock;
let api: KubeApi;
let files: MemoryFiles;
let authority: Authority;
let served: ServedKubeApi;
let transports: KeepingTransport[];

beforeEach(async () => {
  fileClock = new ManualClock();
  api = new KubeApi(createClock());
  files = new MemoryFiles();
  transports = [];
  authority = newAuthority();
  await put("ca.crt", authority.certificatePem);
  served = await serveKubeApi(api, issue(authority));
});

afterEach(async () => {
  for (const transport of transports) transport.close();
  await served.close();
});

function newAuthority(): Authority {
  return createAuthority({ name: "a cluster", now: new Date() });
}

function issue(by: Authority) {
  return by.issue({ addresses: [loopback], now: new Date() });
}

function put(path: string, text: string): Promise<void> {
  return files.write(path, new TextEncoder().encode(text));
}

function connect(access: Partial<ApiAccess> = {}, timeout = milliseconds(5000)) {
  const authorities = { kind: "file", path: "ca.crt" } as const;
  const ports = { files, clock: fileClock };
  const transport = createNodeTransport(
    { server: served.url, authorities, namespace: "home", ...access },
    ports,
  );
  transports.push(transport);
  return createKubernetesClient({ transport, clock: createClock(), purpose: "test", timeout });
}

describe("the transport of Node", () => {
  it("carries requests and answers, over one connection", async () => {
    const client = connect();
    const created = await client.create(CONFIG_MAPS, PLACE, { metadata: PLACE, data: { a: "ä" } }, never);
    await client.replace(CONFIG_MAPS, PLACE, { ...created, data: { a: "ö" } }, never);
    expect((await client.get(CONFIG_MAPS, PLACE, never)).data).toEqual({ a: "ö" });
    await expect(client.replace(CONFIG_MAPS, PLACE, created, never)).rejects.toMatchObject({
      code: "conflict",
    });
    api.objects.delete("v1/home/configmaps", PLACE.name);
    await expect(client.get(CONFIG_MAPS, PLACE, never)).rejects.toMatchObject({ code: "not-found" });
    expect(served.connections()).toBe(1);
  });

  it("carries a watch for as long as it is read, and ends the connection then", async () => {
    const client = connect();
    const query = { namespace: "home", resourceVersion: api.objects.version, timeout: seconds(300) };
    const events = (await client.watch(CONFIG_MAPS, query, never))[Symbol.asyncIterator]();
    for (const name of ["a", "b", "c"]) {
      api.objects.put("v1/home/configmaps", "home", name, { data: { of: "ä".repeat(50_000) } });
      expect(await events.next()).toMatchObject({ value: { kind: "added", object: { metadata: { name } } } });
    }
    await events.return?.();
    await until(() => api.watchers === 0);
  });

  it("ends a watch with its signal", async () => {
    const client = connect();
    const stop = new AbortController();
    const query = { namespace: "home", resourceVersion: api.objects.version, timeout: seconds(300) };
    const events = await client.watch(CONFIG_MAPS, query, stop.signal);
    const reading = events[Symbol.asyncIterator]().next();
    stop.abort();
    await expect(reading).rejects.toMatchObject({ code: "cancelled" });
    await until(() => api.watchers === 0);
  });

  it("tells a watch that breaks off from one that ends", async () => {
    const client = connect();
    for (const [how, ends] of [
      ["clean", { done: true }],
      ["cut", { code: "truncated" }],
    ] as const) {
      const query = { namespace: "home", resourceVersion: api.objects.version, timeout: seconds(300) };
      const events = (await client.watch(CONFIG_MAPS, query, never))[Symbol.asyncIterator]();
      const next = events.next().catch((error: unknown) => error);
      await until(() => api.watchers === 1);
      api.endWatches(how);
      expect(await next).toMatchObject(ends);
    }
  });

  it("leaks no connection over a thousand watches", async () => {
    const client = connect();
    for (let count = 0; count < 1000; count += 1) {
      const query = { namespace: "home", resourceVersion: api.objects.version, timeout: seconds(300) };
      const events = await client.watch(CONFIG_MAPS, query, never);
      const reading = events[Symbol.asyncIterator]().next();
      api.endWatches("clean");
      await reading;
    }
    expect(served.connections()).toBe(1);
  }, 60_000);

  it("does not wait for a server that is silent", async () => {
    api.freeze();
    await expect(connect({}, milliseconds(100)).get(LEASES, PLACE, never)).rejects.toMatchObject({
      code: "timeout",
    });
    api.thaw();
  });

  it("says when there is nobody", async () => {
    await served.close();
    const error: unknown = await connect()
      .get(LEASES, PLACE, never)
      .catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: "refused", phase: "unsent" });
  });

  it("says when what answers is no API server", async () => {
    const sockets = new Set<Socket>();
    const server = createTcpServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.end("SSH-2.0-OpenSSH_9.2\r\n");
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    const client = connect({ server: new URL(`https://127.0.0.1:${port}`) });
    await expect(client.get(LEASES, PLACE, never)).rejects.toMatchObject({ code: "tls" });
    for (const socket of sockets) socket.destroy();
    server.close();
  });
});

describe("a service account's token", () => {
  const token = { kind: "file", path: "token" } as const;

  it("goes with every request", async () => {
    await put("token", "first\n");
    api.tokens = new Set(["first"]);
    await connect({ token }).list(CONFIG_MAPS, { namespace: "home" }, never);
    expect(api.requests[0]?.headers["authorization"]).toBe("Bearer first");
  });

  it("is read again after a minute", async () => {
    await put("token", "first");
    const client = connect({ token });
    const list = () => client.list(CONFIG_MAPS, { namespace: "home" }, never);
    await list();
    await put("token", "second");
    await fileClock.advance(59_999);
    await list();
    await fileClock.advance(1);
    await list();
    const tokens = api.requests.map(({ headers }) => headers["authorization"]);
    expect(tokens).toEqual(["Bearer first", "Bearer first", "Bearer second"]);
  });

  it("is read again at once when it is refused, and the request repeated", async () => {
    await put("token", "first");
    const client = connect({ token });
    api.tokens = new Set(["first"]);
    await client.list(CONFIG_MAPS, { namespace: "home" }, never);
    await put("token", "second");
    api.tokens = new Set(["second"]);
    await client.list(CONFIG_MAPS, { namespace: "home" }, never);
    expect(api.requests).toHaveLength(3);
    expect(served.connections()).toBe(1);
  });

  it("that is refused and has not changed is refused", async () => {
    await put("token", "first");
    api.tokens = new Set();
    await expect(connect({ token }).get(LEASES, PLACE, never)).rejects.toMatchObject({
      code: "unauthorized",
      hint: "the service account's token is not accepted: it may have expired or been revoked",
    });
    expect(api.requests).toHaveLength(1);
  });

  it("stays what it was when its file is not there for a moment", async () => {
    await put("token", "first");
    const client = connect({ token });
    await client.list(CONFIG_MAPS, { namespace: "home" }, never);
    files.failure = new Error("busy");
    await fileClock.advance(61_000);
    await client.list(CONFIG_MAPS, { namespace: "home" }, never);
    expect(api.requests[1]?.headers["authorization"]).toBe("Bearer first");
  });

  it("that never was there is said so", async () => {
    await expect(connect({ token }).get(LEASES, PLACE, never)).rejects.toMatchObject({
      code: "config",
      message: 'Cannot use "token": it is missing or empty, expected what Kubernetes puts there',
    });
  });
});

describe("certificates", () => {
  it("of another authority are refused", async () => {
    await put("ca.crt", newAuthority().certificatePem);
    await expect(connect().get(LEASES, PLACE, never)).rejects.toMatchObject({ code: "certificate" });
    expect(api.requests).toHaveLength(0);
  });

  it("may be those of another authority from one moment to the next", async () => {
    const client = connect();
    await client.list(CONFIG_MAPS, { namespace: "home" }, never);
    const next = newAuthority();
    served.present(issue(next));
    await put("ca.crt", next.certificatePem);
    // A watch keeps its connection; what comes after it needs a new one
    const query = { namespace: "home", resourceVersion: api.objects.version, timeout: seconds(300) };
    const events = await client.watch(CONFIG_MAPS, query, never);
    await client.list(CONFIG_MAPS, { namespace: "home" }, never);
    const reading = events[Symbol.asyncIterator]().next();
    api.sendBookmarks();
    expect(await reading).toMatchObject({ value: { kind: "bookmark" } });
    expect(served.connections()).toBe(2);
  });

  it("of before go on with their watches, which end when all is to end", async () => {
    const client = connect();
    const query = { namespace: "home", resourceVersion: api.objects.version, timeout: seconds(300) };
    const events = (await client.watch(CONFIG_MAPS, query, never))[Symbol.asyncIterator]();
    await put("ca.crt", `${authority.certificatePem}${newAuthority().certificatePem}`);
    await fileClock.advance(60_000);
    await client.list(CONFIG_MAPS, { namespace: "home" }, never);
    expect(served.connections()).toBe(2);
    const reading = events.next().catch((error: unknown) => error);
    for (const transport of transports) transport.close();
    expect(await reading).toMatchObject({ code: "truncated" });
    await until(() => api.watchers === 0);
  });

  it("of before are forgotten, however often there are others", async () => {
    await served.close();
    const client = connect();
    const bundles = [newAuthority(), newAuthority()].map(({ certificatePem }) => certificatePem);
    const renew = async (times: number) => {
      for (let count = 0; count < times; count += 1) {
        await put("ca.crt", bundles[count % 2] ?? "");
        await fileClock.advance(60_000);
        // Not by an assertion, which keeps the failure and all that hangs on it
        await client.get(LEASES, PLACE, never).catch(() => {});
      }
    };
    await renew(4);
    const known = queryObjects(Agent, { format: "count" });
    await renew(20);
    expect(queryObjects(Agent, { format: "count" }) - known).toBeLessThan(10);
  });

  it("that are not readable are said so", async () => {
    await put("ca.crt", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----");
    await expect(connect().get(LEASES, PLACE, never)).rejects.toMatchObject({
      code: "config",
      message: "Cannot use the certificates of the API server: they are not readable, expected PEM",
    });
  });

  it("of ours are shown to a server that asks for them", async () => {
    const { certificatePem, keyPem } = newAuthority().issue({ dnsNames: ["me"], now: new Date() });
    const certificate = {
      chain: { kind: "text", text: certificatePem },
      key: { kind: "text", text: keyPem },
    } as const;
    await connect({ certificate }).list(CONFIG_MAPS, { namespace: "home" }, never);
    await connect().list(CONFIG_MAPS, { namespace: "home" }, never);
    expect(served.clients).toEqual([new X509Certificate(certificatePem).fingerprint256, ""]);
  });
});

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}
