import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as nodeTls from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseAddress } from "#core/address.ts";
import { CancelledError, ConfigError } from "#core/errors.ts";
import type { ByteStream, Endpoint } from "#core/ports.ts";
import { createAuthority } from "#lab/certificate.ts";
import { settled } from "#testing/manual-clock.ts";
import { createTcp } from "#platform/tcp.ts";
import { createTls } from "#platform/tls.ts";
import { createTrust } from "#platform/trust.ts";

const loopback = parseAddress("127.0.0.1")!;
const never = new AbortController().signal;
const authority = createAuthority({ name: "Test", now: new Date() });

describe("TCP", () => {
  it("carries bytes both ways, in pieces as they come, until the end", async () => {
    const peer = await listen((socket) => {
      socket.write("one");
      socket.once("data", (data) => socket.end(`<${String(data)}>`));
    });
    const stream = await tcp(peer);
    expect(await readText(stream)).toBe("one");
    await stream.write(bytes("two"));
    expect(await readText(stream)).toBe("<two>");
    expect(await stream.read()).toBeUndefined();
    expect(await stream.read()).toBeUndefined();
  });

  it("yields what came before the peer broke the connection off, or says that it did", async () => {
    const peer = await listen((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const stream = await tcp(peer);
    await stream.write(bytes("x"));
    await expect(stream.read()).rejects.toMatchObject({ code: "reset", phase: "sent" });
    await expect(stream.write(bytes("y"))).rejects.toMatchObject({ code: "reset", phase: "sent" });
  });

  it("reports a closed port as refused, with nothing sent", async () => {
    const peer = await listen(() => {});
    await closeServer(peer.server);
    await expect(createTcp().connect(peer, never)).rejects.toMatchObject({
      code: "refused",
      phase: "unsent",
      peer: `127.0.0.1:${peer.port}`,
    });
  });

  it("frees its socket when the signal aborts", async () => {
    const peer = await listen((socket) => socket.resume());
    const closed = once(peer.server, "closed-one");
    const before = await openSockets();
    const abort = new AbortController();
    const stream = await createTcp().connect(peer, abort.signal);
    const reading = stream.read();
    abort.abort();
    await expect(reading).rejects.toBeInstanceOf(CancelledError);
    await expect(stream.write(bytes("x"))).rejects.toBeInstanceOf(CancelledError);
    await closed;
    expect(await openSockets()).toBe(before);
  });

  it("does not connect for an aborted signal, and stops connecting when it aborts", async () => {
    const peer = await listen(() => {});
    await expect(createTcp().connect(peer, AbortSignal.abort())).rejects.toBeInstanceOf(CancelledError);
    const abort = new AbortController();
    const connecting = createTcp().connect(peer, abort.signal);
    abort.abort();
    await expect(connecting).rejects.toBeInstanceOf(CancelledError);
  });

  it("ends a waiting read when it is closed, and may be closed twice", async () => {
    const stream = await tcp(await listen(() => {}));
    const reading = stream.read();
    stream.close();
    stream.close();
    await expect(reading).rejects.toBeInstanceOf(CancelledError);
  });
});

describe("TLS", () => {
  it("carries bytes to a peer that proves its name, with the protocol agreed on", async () => {
    const peer = await listenTls({ dnsNames: ["server.test"] }, (socket) => {
      socket.once("data", (data) => socket.end(`<${String(data)}>`));
    });
    const stream = await tls(peer, { serverName: "server.test", alpn: ["dot"] });
    await stream.write(bytes("hello"));
    expect(await readText(stream)).toBe("<hello>");
    expect(await stream.read()).toBeUndefined();
    expect(peer.protocols).toEqual(["dot"]);
    expect(peer.names).toEqual(["server.test"]);
  });

  it("accepts a certificate for an address, without sending the address as a name", async () => {
    const peer = await listenTls({ addresses: [loopback] }, (socket) => socket.end("hi"));
    const stream = await tls(peer, { serverName: "127.0.0.1" });
    expect(await readText(stream)).toBe("hi");
    expect(peer.names).toEqual([false]);
  });

  it("sends nothing to a peer with another name", async () => {
    const got: string[] = [];
    const peer = await listenTls({ dnsNames: ["other.test"] }, (socket) => {
      socket.on("data", (data) => got.push(String(data)));
    });
    await expect(tls(peer, { serverName: "server.test" })).rejects.toMatchObject({
      code: "certificate",
      phase: "unsent",
    });
    expect(got).toEqual([]);
  });

  it("refuses the certificate of an unknown authority, and says what to do", async () => {
    const peer = await listenTls({ dnsNames: ["server.test"] }, () => {});
    const connecting = createTls(createTrust(undefined)).connect(peer, { serverName: "server.test" }, never);
    await expect(connecting).rejects.toMatchObject({
      code: "certificate",
      hint: expect.stringContaining("authority"),
    });
  });

  it("refuses an expired certificate", async () => {
    const peer = await listenTls({ dnsNames: ["server.test"], now: new Date("2020-01-01") }, () => {});
    await expect(tls(peer, { serverName: "server.test" })).rejects.toMatchObject({
      code: "certificate",
      message: expect.stringContaining("expired"),
    });
  });

  it("reports a peer that does not speak TLS", async () => {
    const peer = await listen((socket) => socket.end("220 mail.example.org ESMTP\r\n"));
    await expect(tls(peer, { serverName: "server.test" })).rejects.toMatchObject({
      code: "tls",
      phase: "unsent",
    });
  });

  it("reports a peer that goes away during the handshake", async () => {
    const peer = await listen((socket) => socket.once("data", () => socket.destroy()));
    await expect(tls(peer, { serverName: "server.test" })).rejects.toMatchObject({
      code: "reset",
      phase: "unsent",
    });
  });

  it("stops a handshake that hangs when the signal aborts", async () => {
    const abort = new AbortController();
    const peer = await listen((socket) => socket.once("data", () => abort.abort()));
    const closed = once(peer.server, "closed-one");
    const connecting = createTls(trust()).connect(peer, { serverName: "server.test" }, abort.signal);
    await expect(connecting).rejects.toBeInstanceOf(CancelledError);
    await closed;
  });

  it("refuses a file of authorities that is none, before anything is sent", () => {
    expect(() => createTrust("/no/such/file.pem")).toThrow(ConfigError);
    expect(() => createTrust(import.meta.filename)).toThrow(ConfigError);
  });
});

async function tcp(peer: Endpoint): Promise<ByteStream> {
  const stream = await createTcp().connect(peer, never);
  onTestFinished(() => stream.close());
  return stream;
}

async function tls(peer: Endpoint, options: { serverName: string; alpn?: string[] }): Promise<ByteStream> {
  const stream = await createTls(trust()).connect(peer, options, never);
  onTestFinished(() => stream.close());
  return stream;
}

function trust() {
  const folder = mkdtempSync(join(tmpdir(), "esddns-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "ca.pem"), authority.certificatePem);
  return createTrust(join(folder, "ca.pem"));
}

async function listen(serve: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("close", () => server.emit("closed-one"));
    serve(socket);
  });
  return started(server);
}

async function listenTls(
  names: { dnsNames?: string[]; addresses?: (typeof loopback)[]; now?: Date },
  serve: (socket: Socket) => void,
) {
  const { certificatePem, keyPem } = authority.issue({ now: new Date(), ...names });
  const protocols: unknown[] = [];
  const requested: unknown[] = [];
  const server = nodeTls.createServer(
    { cert: certificatePem, key: keyPem, ALPNProtocols: ["dot"] },
    (socket) => {
      protocols.push(socket.alpnProtocol);
      requested.push(socket.servername);
      socket.on("error", () => {});
      serve(socket);
    },
  );
  return { ...(await started(server)), protocols, names: requested };
}

async function started(server: Server) {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await closeServer(server);
  });
  return { server, address: loopback, port: portOf(server) };
}

function portOf(server: Server): number {
  const bound: AddressInfo | string | null = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("not listening");
  return bound.port;
}

async function closeServer(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

async function readText(stream: ByteStream): Promise<string> {
  return new TextDecoder().decode(await stream.read());
}

async function openSockets(): Promise<number> {
  await settled();
  return process.getActiveResourcesInfo().filter((resource) => resource === "TCPSocketWrap").length;
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
