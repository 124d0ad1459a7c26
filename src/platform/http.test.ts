import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Family, parseAddress } from "#core/address.ts";
import { CancelledError, TransportError } from "#core/errors.ts";
import type { HttpRequest, Names } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import { createAuthority } from "#lab/certificate.ts";
import { createHttp } from "#platform/http.ts";
import { createTrust } from "#platform/trust.ts";
import { settled } from "#testing/manual-clock.ts";

const never = new AbortController().signal;
const authority = createAuthority({ name: "Test", now: new Date() });

describe("an HTTP exchange", () => {
  it("carries method, path, headers and body, and yields status, headers, body and server", async () => {
    const seen: unknown[] = [];
    const server = await serve(async (incoming, outgoing) => {
      seen.push([incoming.method, incoming.url, incoming.headers, await bodyOf(incoming)]);
      outgoing.writeHead(
        201,
        [
          ["X-Word", "one"],
          ["X-Word", "two"],
          ["Content-Type", "text/plain"],
        ].flat(),
      );
      outgoing.end("näher");
    });
    const answer = await send({
      method: "PUT",
      url: new URL("/a%20b?c=d#e", server.url),
      headers: { authorization: "Bearer t", "user-agent": "esddns/1" },
      body: '{"ü":1}',
    });
    expect(seen).toEqual([
      [
        "PUT",
        "/a%20b?c=d",
        {
          authorization: "Bearer t",
          "user-agent": "esddns/1",
          "accept-encoding": "identity",
          "content-length": "8",
          connection: "close",
          host: server.url.host,
        },
        '{"ü":1}',
      ],
    ]);
    expect(answer.status).toBe(201);
    expect(answer.headers).toMatchObject({ "x-word": "one, two", "content-type": "text/plain" });
    expect(new TextDecoder().decode(answer.body)).toBe("näher");
    expect(answer.server?.text).toBe("127.0.0.1");
  });

  it("sends the length of a body with every method", async () => {
    const lengths: unknown[] = [];
    const server = await serve((incoming, outgoing) => {
      lengths.push([
        incoming.method,
        incoming.headers["content-length"],
        incoming.headers["transfer-encoding"],
      ]);
      outgoing.end();
    });
    for (const method of ["DELETE", "PATCH", "POST"] as const)
      await send({ method, url: server.url, body: "abc" });
    await send({ method: "POST", url: server.url });
    expect(lengths).toEqual([
      ["DELETE", "3", undefined],
      ["PATCH", "3", undefined],
      ["POST", "3", undefined],
      ["POST", "0", undefined],
    ]);
  });

  it("does not follow a redirect", async () => {
    let requests = 0;
    const server = await serve((_, outgoing) => {
      requests += 1;
      outgoing.writeHead(302, { location: "/elsewhere" }).end("moved");
    });
    expect(await send({ url: server.url })).toMatchObject({
      status: 302,
      headers: { location: "/elsewhere" },
    });
    expect(requests).toBe(1);
  });

  it.each([
    ["announced", { "content-length": String(2 ** 20) }],
    ["not announced", {}],
  ])("cuts off a body of 1 MB that was %s", async (_, headers) => {
    let written = 0;
    const server = await serve((_, outgoing) => {
      outgoing.writeHead(200, headers);
      const more = () => {
        for (; written < 2 ** 20; written += 4096) if (!outgoing.write(Buffer.alloc(4096))) return;
        outgoing.end();
      };
      outgoing.on("drain", more);
      more();
    });
    await expect(send({ url: server.url, maxBytes: 4096 })).rejects.toMatchObject({
      code: "too-large",
      phase: "sent",
    });
  });

  it("takes a body of exactly the size allowed", async () => {
    const server = await serve((_, outgoing) => outgoing.end("x".repeat(100)));
    expect((await send({ url: server.url, maxBytes: 100 })).body).toHaveLength(100);
  });

  it("cuts off a header that never ends", async () => {
    const server = await raw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      socket.write(`x-filler: ${"x".repeat(40_000)}\r\n\r\n`);
    });
    await expect(send({ url: server.url })).rejects.toMatchObject({ code: "too-large", phase: "sent" });
  });

  it.each([
    ["of a known length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"],
    ["in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n"],
  ])("reports half a body %s as truncated", async (_, half) => {
    const server = await raw((socket) => socket.end(half));
    await expect(send({ url: server.url })).rejects.toMatchObject({ code: "truncated", phase: "sent" });
  });

  it("reports a body that a reset broke off as truncated", async () => {
    const server = await raw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    await expect(send({ url: server.url })).rejects.toMatchObject({ code: "truncated", phase: "sent" });
  });

  it("reports an answer that is not HTTP", async () => {
    const server = await raw((socket) => socket.end("220 mail.example.org ESMTP\r\n"));
    await expect(send({ url: server.url })).rejects.toMatchObject({ code: "malformed", phase: "sent" });
  });

  it.each([
    ["before the answer", ""],
    ["in the middle of the header", "HTTP/1.1 200 OK\r\nX-"],
    ["in the middle of the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"],
  ])("ends at the timeout when the server stalls %s", async (_, beginning) => {
    const server = await raw((socket) => socket.write(beginning));
    const before = performance.now();
    const sending = send({ url: server.url, timeout: milliseconds(100) });
    await expect(sending).rejects.toMatchObject({ code: "timeout", phase: "sent" });
    expect(performance.now() - before).toBeLessThan(1000);
    await expect.poll(() => server.open()).toBe(0);
  });

  it("ends at the timeout when the body comes a byte at a time", async () => {
    const server = await raw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
      const drip = setInterval(() => socket.write("x"), 10);
      socket.on("close", () => clearInterval(drip));
    });
    await expect(send({ url: server.url, timeout: milliseconds(80) })).rejects.toMatchObject({
      code: "timeout",
    });
  });

  it("is refused by a closed port, with nothing sent", async () => {
    const server = await raw(() => {});
    await new Promise((resolve) => server.server.close(resolve));
    const error = await send({ url: server.url }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ code: "refused", phase: "unsent", peer: server.url.origin });
  });

  it("keeps credentials and query out of its errors", async () => {
    const server = await raw((socket) => socket.destroy());
    const url = new URL(`http://user:hunter2@${server.url.host}/nic/update?token=s3cret`);
    const error = await send({ url }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(TransportError);
    expect(JSON.stringify(error) + String(error)).not.toMatch(/hunter2|s3cret/);
  });

  it("says which part of a request cannot be sent, without its value", async () => {
    const server = await serve((_, outgoing) => outgoing.end());
    const sending = send({ url: server.url, headers: { authorization: "Bearer hunter2\n" } });
    const error = await sending.catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "invalid-request", phase: "unsent" });
    expect(String(error)).not.toContain("hunter2");
  });

  it.each([
    ["before anything", ""],
    ["in the middle of the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"],
  ])("is cancelled by its signal %s, and frees its socket", async (_, beginning) => {
    const abort = new AbortController();
    const server = await raw((socket) => {
      socket.write(beginning);
      setTimeout(() => abort.abort(), 20);
    });
    const error = await createClient()
      .request(request({ url: server.url }), abort.signal)
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(CancelledError);
    expect(error).toMatchObject({ cause: { phase: "sent" } });
    await expect.poll(() => server.open()).toBe(0);
  });

  it("is not begun for an aborted signal", async () => {
    const server = await raw(() => {});
    const sending = createClient().request(request({ url: server.url }), AbortSignal.abort());
    await expect(sending).rejects.toBeInstanceOf(CancelledError);
    expect(server.connections()).toBe(0);
  });

  it("takes no proxy from the environment", async () => {
    const server = await serve((_, outgoing) => outgoing.end("direct"));
    const proxy = await raw((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy"));
    const script = `import { createHttp } from ${JSON.stringify(import.meta.resolve("./http.ts"))};
      const http = createHttp({ names: {}, trust: () => undefined });
      const answer = await http.request({ method: "GET", url: new URL(${JSON.stringify(server.url.href)}),
        connection: "fresh", maxBytes: 100, timeout: 2000 }, new AbortController().signal);
      process.stdout.write(answer.body);`;
    const proxies = { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: proxy.url.origin, http_proxy: proxy.url.origin };
    expect(await runScript(script, proxies)).toBe("direct");
  });
});

describe("whether a request was sent", () => {
  it("certainly not, when the connection is never made", async () => {
    const url = new URL("http://unreachable.test/");
    const sending = send({ url, method: "POST", body: "x" }, namesOf("255.255.255.255"));
    await expect(sending).rejects.toMatchObject({ phase: "unsent" });
  });

  it("certainly not, when the TLS handshake hangs", async () => {
    const server = await raw(() => {});
    const url = new URL(`https://server.test:${server.url.port}/`);
    const sending = send(
      { url, method: "POST", body: "x", timeout: milliseconds(100) },
      namesOf("127.0.0.1"),
    );
    await expect(sending).rejects.toMatchObject({ code: "timeout", phase: "unsent" });
  });

  it("certainly not, when the server closes during the TLS handshake", async () => {
    const server = await raw((socket) => socket.destroy());
    const url = new URL(`https://server.test:${server.url.port}/`);
    const sending = send({ url, method: "POST", body: "x" }, namesOf("127.0.0.1"));
    await expect(sending).rejects.toMatchObject({ code: "reset", phase: "unsent" });
  });

  it("certainly not, when the body did not go out as a whole", async () => {
    const server = await raw((socket) => setTimeout(() => socket.resetAndDestroy(), 30), { read: false });
    const sending = send({ url: server.url, method: "POST", body: "x".repeat(50_000_000) });
    await expect(sending).rejects.toMatchObject({ code: "reset", phase: "unsent" });
  });

  it("maybe, when the server took the request and broke off", async () => {
    const server = await raw((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const sending = send({ url: server.url, method: "POST", body: "x" });
    await expect(sending).rejects.toMatchObject({ code: "reset", phase: "sent" });
  });

  it("maybe, when the server took the request over TLS and broke off", async () => {
    const server = await serveSecurely((incoming) => incoming.socket.destroy());
    const sending = send({ url: server.url, method: "POST", body: "x" }, namesOf("127.0.0.1"), server.caFile);
    await expect(sending).rejects.toMatchObject({ code: "reset", phase: "sent" });
  });
});

describe("a fresh connection", () => {
  it("is a new one for every request, and closed after the answer", async () => {
    const server = await serve((_, outgoing) => outgoing.end("x"));
    const client = createClient();
    for (let time = 0; time < 3; time += 1) await client.request(request({ url: server.url }), never);
    expect(server.ports.size).toBe(3);
    await expect.poll(() => server.open()).toBe(0);
  });
});

describe("a kept connection", () => {
  it("serves one request after the other", async () => {
    const server = await serve((_, outgoing) => outgoing.end("x"));
    const client = createClient();
    for (let time = 0; time < 5; time += 1)
      await client.request(request({ url: server.url, connection: "kept" }), never);
    expect(server.ports.size).toBe(1);
  });

  it("serves one request after the other over TLS", async () => {
    const server = await serveSecurely((_, outgoing) => outgoing.end("x"));
    const client = createClient(namesOf("127.0.0.1"), server.caFile);
    for (let time = 0; time < 3; time += 1)
      await client.request(request({ url: server.url, connection: "kept" }), never);
    expect(server.ports.size).toBe(1);
  });

  it("is one of a few, however many ask at once", async () => {
    const server = await serve((_, outgoing) => setTimeout(() => outgoing.end("x"), 10));
    const client = createClient();
    const all = Array.from({ length: 20 }, () =>
      client.request(request({ url: server.url, connection: "kept" }), never),
    );
    await Promise.all(all);
    expect(server.ports.size).toBeLessThanOrEqual(4);
  });

  it("does not serve a witness, nor another family", async () => {
    const server = await serve((_, outgoing) => outgoing.end("x"));
    const client = createClient();
    await client.request(request({ url: server.url, connection: "kept" }), never);
    await client.request(request({ url: server.url, connection: "kept", family: 4 }), never);
    await client.request(request({ url: server.url, connection: "fresh", family: 4 }), never);
    expect(server.ports.size).toBe(3);
  });

  it("ends on demand when nobody uses it, and only then", async () => {
    const server = await serve((_, outgoing) => setTimeout(() => outgoing.end("x"), 30));
    const client = createClient();
    const ask = () => client.request(request({ url: server.url, connection: "kept" }), never);
    await ask();
    const underWay = ask();
    client.closeIdle();
    expect((await underWay).status).toBe(200);
    expect(server.ports.size).toBe(1);
    client.closeIdle();
    await expect.poll(() => server.open()).toBe(0);
    await ask();
    expect(server.ports.size).toBe(2);
  });

  it("ends with the port", async () => {
    const server = await serve((_, outgoing) => outgoing.end("x"));
    const client = createClient();
    await client.request(request({ url: server.url, connection: "kept" }), never);
    client.close();
    await expect.poll(() => server.open()).toBe(0);
  });

  it("does not hold the process", async () => {
    const server = await serve((_, outgoing) => outgoing.end("x"));
    const script = `import { createHttp } from ${JSON.stringify(import.meta.resolve("./http.ts"))};
      const http = createHttp({ names: {}, trust: () => undefined });
      await http.request({ method: "GET", url: new URL(${JSON.stringify(server.url.href)}),
        connection: "kept", maxBytes: 100, timeout: 20000 }, new AbortController().signal);
      process.on("exit", () => process.stdout.write(String(performance.now())));`;
    const lived = Number(await runScript(script));
    expect(lived).toBeGreaterThan(0);
    expect(lived).toBeLessThan(3000);
  });

  describe("that the server closes with the next request", () => {
    /** Answers the first request of each connection and breaks off with the second. */
    async function fickle() {
      const requests: string[] = [];
      const server = await raw((socket) => {
        let count = 0;
        socket.on("data", (data) => {
          requests.push(String(data).split(" ", 1).join());
          count += 1;
          if (count > 1) socket.resetAndDestroy();
          else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
        });
      });
      return { ...server, requests };
    }

    it("is replaced, and the question asked again", async () => {
      const server = await fickle();
      const client = createClient();
      await client.request(request({ url: server.url, connection: "kept" }), never);
      expect((await client.request(request({ url: server.url, connection: "kept" }), never)).status).toBe(
        200,
      );
      expect(server.requests).toEqual(["GET", "GET", "GET"]);
    });

    it("is never sent a write twice", async () => {
      const server = await fickle();
      const client = createClient();
      await client.request(request({ url: server.url, connection: "kept" }), never);
      const writing = client.request(
        request({ url: server.url, connection: "kept", method: "PUT", body: "x" }),
        never,
      );
      await expect(writing).rejects.toMatchObject({ code: "reset", phase: "sent" });
      expect(server.requests).toEqual(["GET", "PUT"]);
    });
  });

  it("that was closed while idle is replaced, for writes too", async () => {
    const server = await serve((_, outgoing) => outgoing.end("x"));
    const client = createClient();
    await client.request(request({ url: server.url, connection: "kept" }), never);
    server.server.closeAllConnections();
    await settled();
    const answer = await client.request(
      request({ url: server.url, connection: "kept", method: "PUT", body: "x" }),
      never,
    );
    expect(answer.status).toBe(200);
    expect(server.ports.size).toBe(2);
  });
});

describe("names and families", () => {
  it("come from the port for names, and only of the family asked for", async () => {
    const server = await serve((_, outgoing) => outgoing.end("x"));
    const asked: string[] = [];
    const names = namesOf("127.0.0.1", asked);
    const url = new URL(`http://server.test:${server.url.port}/`);
    expect((await send({ url, family: 4 }, names)).server?.family).toBe(4);
    expect(asked).toEqual(["server.test 4"]);
    await expect(send({ url, family: 6 }, names)).rejects.toMatchObject({ code: "name", phase: "unsent" });
  });

  it("are asked for in both families when none is given", async () => {
    const server = await serve((_, outgoing) => outgoing.end("x"));
    const asked: string[] = [];
    const url = new URL(`http://server.test:${server.url.port}/`);
    expect((await send({ url }, namesOf("127.0.0.1", asked))).status).toBe(200);
    expect(asked.toSorted()).toEqual(["server.test 4", "server.test 6"]);
  });

  it("go on with the next address when one is dead", async () => {
    const server = await serve((_, outgoing) => outgoing.end("x"));
    const names: Names = {
      resolve: async () => ["127.0.0.9", "127.0.0.1"].map((text) => parseAddress(text)!),
      resolvers: () => [],
    };
    const url = new URL(`http://server.test:${server.url.port}/`);
    expect((await send({ url, family: 4 }, names)).server?.text).toBe("127.0.0.1");
  });

  it("reject an address of the other family", async () => {
    await expect(send({ url: new URL("http://127.0.0.1:9/"), family: 6 })).rejects.toMatchObject({
      code: "name",
    });
    await expect(send({ url: new URL("http://[::1]:9/"), family: 4 })).rejects.toMatchObject({
      code: "name",
    });
  });
});

describe("HTTPS", () => {
  it("accepts a server that proves its name to an authority of the user", async () => {
    const server = await serveSecurely((_, outgoing) => outgoing.end("safe"));
    const answer = await send({ url: server.url }, namesOf("127.0.0.1"), server.caFile);
    expect(new TextDecoder().decode(answer.body)).toBe("safe");
  });

  it("sends nothing to a server with another name, or of an unknown authority", async () => {
    let requests = 0;
    const server = await serveSecurely((_, outgoing) => {
      requests += 1;
      outgoing.end();
    });
    const other = new URL(`https://other.test:${server.url.port}/`);
    const failure = { code: "certificate", phase: "unsent" };
    await expect(send({ url: other }, namesOf("127.0.0.1"), server.caFile)).rejects.toMatchObject(failure);
    await expect(send({ url: server.url }, namesOf("127.0.0.1"))).rejects.toMatchObject(failure);
    expect(requests).toBe(0);
  });
});

function createClient(names: Names = namesOf(), caFile?: string) {
  const client = createHttp({ names, trust: createTrust(caFile) });
  onTestFinished(() => client.close());
  return client;
}

function send(part: Partial<HttpRequest> & { url: URL }, names?: Names, caFile?: string) {
  return createClient(names, caFile).request(request(part), never);
}

function request(part: Partial<HttpRequest> & { url: URL }): HttpRequest {
  return { method: "GET", connection: "fresh", maxBytes: 100_000, timeout: milliseconds(5000), ...part };
}

/** Every name has this address alone. */
function namesOf(text = "127.0.0.1", asked: string[] = []): Names {
  const address = parseAddress(text)!;
  return {
    resolve: async (host: string, family: Family) => {
      asked.push(`${host} ${family}`);
      if (family === address.family) return [address];
      throw new TransportError("none", { code: "name", peer: host, phase: "unsent" });
    },
    resolvers: () => [],
  };
}

async function serve(listener: (...exchange: Parameters<RequestListener>) => unknown) {
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  return { ...(await started(server, "http")), server };
}

async function serveSecurely(listener: RequestListener) {
  const folder = mkdtempSync(join(tmpdir(), "esddns-http-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const caFile = join(folder, "ca.pem");
  writeFileSync(caFile, authority.certificatePem);
  const { certificatePem, keyPem } = authority.issue({ dnsNames: ["server.test"], now: new Date() });
  const server = createSecureServer({ cert: certificatePem, key: keyPem }, listener);
  const { url, ...rest } = await started(server, "https");
  return { ...rest, url: new URL(`https://server.test:${url.port}/`), caFile };
}

/** A server of bytes: acts on each connection once something came, or at once when it does not read. */
async function raw(act: (socket: Socket) => void, { read = true } = {}) {
  const server = createTcpServer((socket) => {
    if (!read) return act(socket);
    socket.once("data", (data) => {
      socket.pause();
      act(socket);
      socket.unshift(data);
      socket.resume();
    });
  });
  return { ...(await started(server, "http")), server };
}

async function started(server: Server, scheme: string) {
  const sockets = new Set<Socket>();
  const ports = new Set<number | undefined>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    ports.add(socket.remotePort);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await settled();
  });
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("not listening");
  return {
    url: new URL(`${scheme}://127.0.0.1:${bound.port}/`),
    ports,
    connections: () => ports.size,
    open: () => sockets.size,
  };
}

async function runScript(script: string, env: Record<string, string> = {}): Promise<string> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, ...env },
  });
  let said = "";
  child.stdout.on("data", (chunk) => (said += String(chunk)));
  child.stderr.on("data", (chunk) => (said += String(chunk)));
  await once(child, "close");
  return said;
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of incoming) body += String(chunk);
  return body;
}
