import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Family, parseAddress } from "#core/address.ts";
import { CancelledError, TransportError } from "#core/errors.ts";
import type { Endpoint } from "#core/ports.ts";
import { settled } from "#testing/manual-clock.ts";
import { createUdp } from "#platform/udp.ts";

const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;
const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === "::1"),
);
const never = new AbortController().signal;

describe.each<Family>([4, 6])("UDP over IPv%s", (family) => {
  const run = it.skipIf(family === 6 && !hasIpv6);

  run("sends at once and yields the answers in their order", async () => {
    const server = await echo(family);
    const socket = connect(server.endpoint);
    await Promise.all([socket.send(bytes("one")), socket.send(bytes("two"))]);
    expect([text(await socket.receive()), text(await socket.receive())]).toEqual(["one", "two"]);
  });

  run("keeps what came before somebody asked for it", async () => {
    const server = await echo(family);
    const socket = connect(server.endpoint);
    await socket.send(bytes("one"));
    await server.sent(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(text(await socket.receive())).toBe("one");
  });

  run("has another port each time", async () => {
    const server = await echo(family);
    for (const socket of [connect(server.endpoint), connect(server.endpoint)]) {
      await socket.send(bytes("x"));
      await socket.receive();
    }
    expect(new Set(server.senders).size).toBe(2);
  });

  run("drops datagrams of others", async () => {
    const server = await echo(family);
    const stranger = await echo(family);
    const socket = connect(server.endpoint);
    await socket.send(bytes("x"));
    await socket.receive();
    stranger.socket.send(bytes("forged"), Number(server.senders[0]), LOOPBACK[family]);
    await stranger.sent(0);
    await socket.send(bytes("true"));
    expect(text(await socket.receive())).toBe("true");
  });

  run("reports a closed port as refused", async () => {
    const server = await echo(family);
    server.socket.close();
    const socket = connect(server.endpoint);
    await socket.send(bytes("x"));
    const error = await socket.receive().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ code: "refused", phase: "sent" });
  });
});

describe("UDP", () => {
  it("reports that there is no way to a peer", async () => {
    // the limited broadcast, which only sockets that ask for it may send to
    const socket = connect({ address: parseAddress("255.255.255.255")!, port: 9 });
    await expect(socket.send(bytes("x"))).rejects.toMatchObject({ code: "unreachable", phase: "unsent" });
    await expect(socket.receive()).rejects.toMatchObject({ code: "unreachable" });
  });

  it("goes on after an ICMP error", async () => {
    const server = await echo(4);
    const { port } = server.endpoint;
    server.socket.close();
    const socket = connect(server.endpoint);
    await socket.send(bytes("x"));
    await expect(socket.receive()).rejects.toMatchObject({ code: "refused" });
    await echo(4, port);
    await socket.send(bytes("again"));
    expect(text(await socket.receive())).toBe("again");
  });

  it("ends everything that waits, and the socket, when the signal aborts", async () => {
    const server = await echo(4);
    const before = await openSockets();
    const abort = new AbortController();
    const sockets = Array.from({ length: 20 }, () => createUdp().connect(server.endpoint, abort.signal));
    const waiting = sockets.map((socket) => socket.receive());
    expect(await openSockets()).toBe(before + 20);
    abort.abort();
    for (const result of await Promise.allSettled(waiting)) {
      expect(result).toMatchObject({ status: "rejected", reason: expect.any(CancelledError) });
    }
    expect(await openSockets()).toBe(before);
    await expect(sockets[0]?.send(bytes("x"))).rejects.toBeInstanceOf(CancelledError);
  });

  it("opens nothing for a signal that was aborted before", async () => {
    const before = await openSockets();
    const socket = createUdp().connect({ address: parseAddress("127.0.0.1")!, port: 9 }, AbortSignal.abort());
    await expect(socket.receive()).rejects.toBeInstanceOf(CancelledError);
    await expect(socket.send(bytes("x"))).rejects.toBeInstanceOf(CancelledError);
    expect(await openSockets()).toBe(before);
  });

  it("ends one wait alone with the signal of that wait", async () => {
    const server = await echo(4);
    const socket = connect(server.endpoint);
    const abort = new AbortController();
    const waiting = socket.receive(abort.signal);
    abort.abort();
    await expect(waiting).rejects.toBeInstanceOf(CancelledError);
    await socket.send(bytes("still here"));
    expect(text(await socket.receive())).toBe("still here");
  });

  it("may be closed twice, also before it was connected", async () => {
    const before = await openSockets();
    const socket = createUdp().connect({ address: parseAddress("127.0.0.1")!, port: 9 }, never);
    socket.close();
    socket.close();
    await expect(socket.receive()).rejects.toBeInstanceOf(CancelledError);
    expect(await openSockets()).toBe(before);
  });
});

function connect(peer: Endpoint) {
  const socket = createUdp().connect(peer, never);
  onTestFinished(() => socket.close());
  return socket;
}

async function echo(family: Family, port = 0) {
  const socket: Socket = createSocket(`udp${family}`);
  const senders: number[] = [];
  socket.on("message", (message, sender) => {
    senders.push(sender.port);
    socket.send(message, sender.port, sender.address);
  });
  socket.bind(port, LOOPBACK[family]);
  await once(socket, "listening");
  onTestFinished(async () => {
    try {
      socket.close();
    } catch {
      // the test closed it
    }
  });
  const sent = async (count: number) => {
    while (senders.length < count) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    socket,
    senders,
    sent,
    endpoint: { address: parseAddress(LOOPBACK[family])!, port: socket.address().port },
  };
}

/** After some turns, in which Node lets go of closed handles. */
async function openSockets(): Promise<number> {
  await settled();
  return process.getActiveResourcesInfo().filter((resource) => resource === "UDPWrap").length;
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
