import { describe, expect, it } from "vitest";
import { type Address, parseAddress } from "#core/address.ts";
import { CancelledError, TransportError } from "#core/errors.ts";
import type { Endpoint } from "#core/ports.ts";
import { ManualClock, settled } from "#testing/manual-clock.ts";
import { type ServerEnd, SimulatedNetwork } from "#testing/simulated-network.ts";

const NEVER = new AbortController().signal;
const PEER: Endpoint = { address: address("44.128.101.1"), port: 3478 };
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (piece: Uint8Array | undefined) => piece && new TextDecoder().decode(piece);

function address(literal: string): Address {
  return parseAddress(literal)!;
}

function world(): { clock: ManualClock; network: SimulatedNetwork } {
  const clock = new ManualClock();
  return { clock, network: new SimulatedNetwork(clock) };
}

describe("the simulated network over UDP", () => {
  it("tells the server the public address and a fresh port, and takes a round trip to answer", async () => {
    const { clock, network } = world();
    const echo = (_: Uint8Array, client: Endpoint) => [
      { bytes: bytes(`${client.address.text} ${client.port}`) },
    ];
    network.serveUdp(PEER, echo, { roundTrip: 40 });
    const answers: [number, string | undefined][] = [];
    for (let nth = 0; nth < 2; nth += 1) {
      const socket = network.udp.connect(PEER, NEVER);
      await socket.send(bytes("?"));
      void socket.receive().then((datagram) => answers.push([clock.now(), text(datagram)]));
      await clock.advance(39);
      expect(answers).toHaveLength(nth);
      await clock.advance(1);
      socket.close();
      network.moveTo(address("44.128.20.5"));
    }
    expect(answers).toEqual([
      [40, "44.128.10.77 40000"],
      [80, "44.128.20.5 40001"],
    ]);
    expect(network.openSockets).toBe(0);
  });

  it("answers without the clock where no distance was given", async () => {
    const { network } = world();
    network.serveUdp(PEER, (datagram) => [{ bytes: datagram }]);
    const socket = network.udp.connect(PEER, NEVER);
    await socket.send(bytes("a"));
    await socket.send(bytes("b"));
    expect([text(await socket.receive()), text(await socket.receive())]).toEqual(["a", "b"]);
    socket.close();
  });

  it("drops what another sender forged, and what the path loses", async () => {
    const { network } = world();
    const reply = (datagram: Uint8Array) => [
      { bytes: bytes("forged"), from: { ...PEER, port: 1 } },
      { bytes: datagram },
    ];
    network.serveUdp(PEER, reply, { loses: (nth) => nth === 0 });
    const socket = network.udp.connect(PEER, NEVER);
    await socket.send(bytes("lost"));
    await socket.send(bytes("found"));
    expect(text(await socket.receive())).toBe("found");
    expect(network.sent.map(({ bytes }) => text(bytes))).toEqual(["lost", "found"]);
    socket.close();
  });

  it("refuses by ICMP after a round trip", async () => {
    const { clock, network } = world();
    network.serveUdp(PEER, () => [], { roundTrip: 40, refuses: true });
    const socket = network.udp.connect(PEER, NEVER);
    await socket.send(bytes("?"));
    const answer = socket.receive().catch((error: unknown) => error);
    await clock.advance(40);
    expect(await answer).toMatchObject({ code: "refused" });
    expect(await answer).toBeInstanceOf(TransportError);
    socket.close();
  });

  it("is silent where nothing listens, until the signal closes the socket", async () => {
    const { clock, network } = world();
    const cancel = new AbortController();
    const socket = network.udp.connect(PEER, cancel.signal);
    await socket.send(bytes("?"));
    const answer = socket.receive().catch((error: unknown) => error);
    await clock.advance(100_000);
    expect(network.openSockets).toBe(1);
    cancel.abort();
    expect(await answer).toBeInstanceOf(CancelledError);
    expect(network.openSockets).toBe(0);
  });

  it("leaves no sleeper behind when a socket is closed before its answer came", async () => {
    const { clock, network } = world();
    network.serveUdp(PEER, (datagram) => [{ bytes: datagram, after: 10 }], { roundTrip: 40 });
    const socket = network.udp.connect(PEER, NEVER);
    await socket.send(bytes("?"));
    expect(clock.nextWake).toBe(50);
    socket.close();
    await settled();
    expect(clock.pending).toBe(0);
  });
});

describe("the simulated network over TCP and TLS", () => {
  const greet = (piece: Uint8Array, end: ServerEnd) => {
    end.send(bytes("hello "));
    end.send(piece, 5);
    end.end(5);
  };

  it("delivers in pieces and ends", async () => {
    const { clock, network } = world();
    network.serveTcp(PEER, greet, { roundTrip: 40 });
    const connecting = network.tcp.connect(PEER, NEVER);
    await clock.advance(40);
    const stream = await connecting;
    await stream.write(bytes("you"));
    await clock.advance(45);
    expect([text(await stream.read()), text(await stream.read()), await stream.read()]).toEqual([
      "hello ",
      "you",
      undefined,
    ]);
    stream.close();
    expect(network.openSockets).toBe(0);
  });

  it("refuses, resets, and hangs as told, with nothing left open", async () => {
    const { clock, network } = world();
    const cancel = new AbortController();
    const hanging = network.tcp.connect(PEER, cancel.signal).catch((error: unknown) => error);
    await clock.advance(100_000);
    cancel.abort();
    expect(await hanging).toBeInstanceOf(CancelledError);

    network.serveTcp(PEER, greet, { refuses: true });
    await expect(network.tcp.connect(PEER, NEVER)).rejects.toMatchObject({
      code: "refused",
      phase: "unsent",
    });

    network.serveTcp(PEER, (_, end) => end.reset());
    const stream = await network.tcp.connect(PEER, NEVER);
    await stream.write(bytes("?"));
    await expect(stream.read()).rejects.toMatchObject({ code: "reset", phase: "sent" });
    stream.close();
    expect(network.openSockets).toBe(0);
  });

  it("verifies the name of a TLS server, after two round trips", async () => {
    const { clock, network } = world();
    network.serveTls(PEER, ["stun.example.net"], greet, { roundTrip: 40 });
    const options = { serverName: "stun.example.net", alpn: ["stun.nat-discovery"] };
    const connecting = network.tls.connect(PEER, options, NEVER);
    await clock.advance(79);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    (await connecting).close();
    expect(network.connections).toEqual([{ transport: "tls", peer: PEER, ...options }]);

    network.serveTls(PEER, ["stun.example.net"], greet);
    const other = network.tls.connect(PEER, { serverName: "example.org" }, NEVER);
    await expect(other).rejects.toMatchObject({ code: "certificate" });
    network.serveTcp(PEER, greet);
    await expect(network.tls.connect(PEER, options, NEVER)).rejects.toMatchObject({ code: "reset" });
    expect(network.openSockets).toBe(0);
  });
});

describe("the names of the simulated network", () => {
  it("are those it was given, and literals are themselves", async () => {
    const { network } = world();
    network.hosts.set("stun.example.net", [PEER.address, address("2a10:ed1:5::1")]);
    const resolve = (host: string, family: 4 | 6) => network.names.resolve(host, family, NEVER);
    expect(await resolve("stun.example.net", 6)).toEqual([address("2a10:ed1:5::1")]);
    expect(await resolve("44.128.101.1", 4)).toEqual([PEER.address]);
    await expect(resolve("44.128.101.1", 6)).rejects.toMatchObject({ code: "name" });
    await expect(resolve("other.example.net", 4)).rejects.toMatchObject({ code: "name" });
  });
});
