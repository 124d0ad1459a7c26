import { connect, Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { parsePrefix } from "#core/prefix.ts";
import { Connections } from "#service/http/connections.ts";
import { LIMITS } from "#service/http/limits.ts";
import type { Route, StreamSink } from "#service/http/route.ts";
import { startForTest } from "#service/http/testdata/start.ts";

/** A stream whose sinks the test holds. */
function createStream() {
  const sinks: StreamSink[] = [];
  let left = 0;
  const route: Route = {
    method: "GET",
    path: "/events",
    access: "open",
    handle: () => ({
      kind: "stream",
      type: "text/event-stream",
      start: (sink) => {
        sinks.push(sink);
        sink.write("data: first\n\n");
        return () => {
          left += 1;
        };
      },
    }),
  };
  return { route, sinks, left: () => left };
}

/** A reader over a socket of its own. */
function read(port: number | undefined, header = "") {
  const socket: Socket = connect({ host: "127.0.0.1", port: port ?? 0 });
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString()));
  socket.on("error", () => {});
  socket.write(`GET /events HTTP/1.1\r\nHost: localhost\r\n${header}\r\n`);
  return {
    socket,
    text: () => text,
    isClosed: () => socket.closed,
    has: (part: string) => expect.poll(() => text, { timeout: 3000 }).toContain(part),
  };
}

describe("a stream", () => {
  it("reaches its reader as it is written", async () => {
    const { route, sinks } = createStream();
    const server = await startForTest({ routes: [route] });
    const reader = read(server.port);
    await reader.has("data: first");
    expect(sinks[0]?.write("data: second\n\n")).toBe(true);
    await reader.has("data: second");
    expect(reader.text()).toContain("Content-Type: text/event-stream".toLowerCase());
    sinks[0]?.end();
    await reader.has("\r\n0\r\n\r\n");
    expect(sinks[0]?.write("late")).toBe(false);
  });

  it("is over when its reader goes, and says so once", async () => {
    const { route, sinks, left } = createStream();
    const server = await startForTest({ routes: [route] });
    const reader = read(server.port);
    await reader.has("data: first");
    reader.socket.destroy();
    await expect.poll(left).toBe(1);
    expect(sinks[0]?.write("late")).toBe(false);
    await expect.poll(() => server.openConnections()).toBe(0);
    expect(left()).toBe(1);
  });

  it("lets a reader go that does not read, and keeps the others", async () => {
    const { route, sinks, left } = createStream();
    const server = await startForTest({ routes: [route] });
    const [slow, quick] = [read(server.port), read(server.port)];
    await slow.has("data: first");
    await quick.has("data: first");
    slow.socket.pause();
    const piece = `data: ${"x".repeat(50_000)}\n\n`;
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    let written = 0;
    while (left() === 0 && written < 2000) {
      for (const sink of sinks) sink.write(piece);
      written += 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(left()).toBe(1);
    // What the kernel takes on loopback, and 256 KiB
    expect(written * piece.length).toBeLessThan(20_000_000);
    expect(process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before).toBeLessThan(
      60_000_000,
    );
    expect(sinks[1]?.write("data: still here\n\n")).toBe(true);
    await quick.has("data: still here");
  });

  it("may begin with much at once", async () => {
    const { route, sinks } = createStream();
    const server = await startForTest({ routes: [route] });
    const reader = read(server.port);
    await reader.has("data: first");
    expect(sinks[0]?.write(`data: ${"x".repeat(1_000_000)} end\n\n`)).toBe(true);
    await reader.has("x end");
  });

  it("is refused when there are too many, and has a place again when one goes", async () => {
    const { route } = createStream();
    const server = await startForTest({ routes: [route], limits: { streams: 3 } });
    const readers = [read(server.port), read(server.port), read(server.port)];
    for (const reader of readers) await reader.has("data: first");
    const refused = await fetch(`${server.origin}/events`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("10");
    await refused.body?.cancel();
    readers[0]?.socket.destroy();
    await expect
      .poll(async () => (await fetch(`${server.origin}/events`, { method: "HEAD" })).status)
      .toBe(200);
    await read(server.port).has("data: first");
  });

  it("is one of a few for each client, and loopback is many", async () => {
    const { route } = createStream();
    const proxies = [parsePrefix("127.0.0.1/32") ?? "unix"] as const;
    const server = await startForTest({
      routes: [route],
      isInsecure: true,
      settings: { proxies },
      limits: { streamsPerClient: 2 },
    });
    const from = (address: string) => read(server.port, `X-Forwarded-For: ${address}\r\n`);
    await from("192.0.2.1").has("data: first");
    await from("192.0.2.1").has("data: first");
    await from("192.0.2.1").has("503 Service Unavailable");
    await from("192.0.2.2").has("data: first");
    for (let count = 0; count < 4; count += 1) await read(server.port).has("data: first");
  });
});

describe("connections", () => {
  it("beyond the limit are ended, and those there stay", async () => {
    const { route } = createStream();
    const server = await startForTest({ routes: [route], limits: { connections: 3 } });
    const readers = [read(server.port), read(server.port), read(server.port)];
    for (const reader of readers) await reader.has("data: first");
    const [one, two] = [read(server.port), read(server.port)];
    await expect.poll(() => one.isClosed() && two.isClosed()).toBe(true);
    expect(one.text()).toBe("");
    expect(readers.some((reader) => reader.isClosed())).toBe(false);
    readers[0]?.socket.destroy();
    await expect.poll(() => server.openConnections()).toBe(2);
    await read(server.port).has("data: first");
  });

  it("of one client are limited, and those of loopback and of proxies are not", () => {
    const limits = { ...LIMITS, connectionsPerClient: 2 };
    const connections = new Connections(limits, [parsePrefix("10.0.0.0/8") ?? "unix"]);
    const isAdmitted = (remoteAddress: string) => {
      const socket = Object.defineProperty(new Socket(), "remoteAddress", { value: remoteAddress });
      connections.admit(socket);
      return !socket.destroyed;
    };
    expect(["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"].map(isAdmitted)).toEqual([true, true, false]);
    expect(["2001:db8::1", "2001:db8::2", "2001:db8::3"].map(isAdmitted)).toEqual([true, true, false]);
    expect(isAdmitted("192.0.2.2")).toBe(true);
    expect(["127.0.0.1", "127.0.0.1", "127.0.0.1"].map(isAdmitted)).toEqual([true, true, true]);
    expect(["10.0.0.1", "10.0.0.1", "10.0.0.1"].map(isAdmitted)).toEqual([true, true, true]);
  });

  it("of others leave room for a probe on this host", () => {
    const connections = new Connections({ ...LIMITS, connections: 4, connectionsReserved: 2 }, []);
    const isAdmitted = (remoteAddress: string) => {
      const socket = Object.defineProperty(new Socket(), "remoteAddress", { value: remoteAddress });
      connections.admit(socket);
      return !socket.destroyed;
    };
    expect(["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(isAdmitted)).toEqual([true, true, false]);
    expect(["127.0.0.1", "::1", "127.0.0.1"].map(isAdmitted)).toEqual([true, true, false]);
  });

  it("that take nothing of large answers are not given more and more of them", async () => {
    const text = "x".repeat(20_000_000);
    const large: Route = {
      method: "GET",
      path: "/events",
      access: "open",
      handle: () => ({ kind: "text", type: "text/plain", text }),
    };
    const server = await startForTest({ routes: [large], limits: { backlogBytes: 50_000_000 } });
    const readers = [read(server.port), read(server.port)];
    for (const { socket } of readers) socket.pause();
    const statusOf = async (path: string) => {
      const response = await fetch(server.origin + path);
      await response.body?.cancel();
      return response.status;
    };
    await expect.poll(() => statusOf("/events"), { timeout: 5000 }).toBe(503);
    expect(await statusOf("/hello")).toBe(200);
    for (const { socket } of readers) socket.destroy();
    await expect.poll(() => statusOf("/events"), { timeout: 5000 }).toBe(200);
  });

  it("whose other end takes nothing of an answer are ended", async () => {
    const large: Route = {
      method: "GET",
      path: "/events",
      access: "open",
      handle: () => ({ kind: "text", type: "text/plain", text: "x".repeat(30_000_000) }),
    };
    const server = await startForTest({ routes: [large], limits: { writeTime: 200, closeTime: 10_000 } });
    const reader = read(server.port);
    reader.socket.pause();
    await expect.poll(() => server.openConnections()).toBe(1);
    await expect.poll(() => server.openConnections(), { timeout: 5000 }).toBe(0);
  });
});

describe("the end of the server", () => {
  it("comes within two seconds, whatever callers do", async () => {
    const { route, left } = createStream();
    const server = await startForTest({ routes: [route] });
    const streaming = read(server.port);
    await streaming.has("data: first");
    const deaf = read(server.port);
    await deaf.has("data: first");
    deaf.socket.pause();
    const silent = connect({ host: "127.0.0.1", port: server.port ?? 0 });
    const halfway = connect({ host: "127.0.0.1", port: server.port ?? 0 });
    halfway.write("GET /hello HTTP/1.1\r\nHost: loc");
    const waiting = fetch(`${server.origin}/waits`).then((response) => response.text());
    await expect.poll(() => server.openConnections()).toBe(5);
    const start = performance.now();
    await server.close();
    expect(performance.now() - start).toBeLessThan(2000);
    await expect.poll(() => server.openConnections()).toBe(0);
    expect(left()).toBe(2);
    expect(await waiting).toBe("late");
    await streaming.has("\r\n0\r\n\r\n");
    silent.destroy();
    halfway.destroy();
    await expect(fetch(`${server.origin}/hello`)).rejects.toThrow("fetch failed");
  });

  it("may be asked for twice", async () => {
    const server = await startForTest();
    await server.close();
    await server.close();
  });
});
