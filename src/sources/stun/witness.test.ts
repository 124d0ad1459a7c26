import { describe, expect, it } from "vitest";
import { type Address, parseAddress } from "#core/address.ts";
import { CancelledError, TransportError, WitnessError } from "#core/errors.ts";
import type { Endpoint, Random } from "#core/ports.ts";
import type { Testimony, WitnessPort } from "#core/witness.ts";
import { stunAnswer, type StunBehaviour } from "#lab/stun-answer.ts";
import { stunSource } from "#sources/stun/stun.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";
import { partialPorts } from "#testing/partial-ports.ts";
import { type Path, type Reply, type ServerEnd, SimulatedNetwork } from "#testing/simulated-network.ts";
import type { Attribute } from "#wire/stun/attribute.ts";
import { encodeErrorCode } from "#wire/stun/error-code.ts";
import { encodeMappedAddress } from "#wire/stun/mapped-address.ts";
import { decodeMessage, encodeMessage } from "#wire/stun/message.ts";
import { encodeXorMappedAddress } from "#wire/stun/xor-mapped-address.ts";

const NEVER = new AbortController().signal;
const SERVER = address("44.128.101.1");
const PEER: Endpoint = { address: SERVER, port: 3478 };
const LIE = address("44.128.66.6");

function address(text: string): Address {
  return parseAddress(text)!;
}

class World {
  readonly clock = new ManualClock();
  readonly network = new SimulatedNetwork(this.clock);
  readonly log = new MemoryLog();
  readonly random: Random = {
    bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    fraction: () => 0,
  };

  constructor() {
    this.network.hosts.set("stun.example.net", [SERVER, address("2a10:ed1:101::1")]);
  }

  /** A witness of one server, and further settings of the source. */
  witness(server: object = {}, settings: object = {}): WitnessPort {
    const servers = [{ host: "stun.example.net", ...server }];
    const config = stunSource.config.parse({ servers, ...settings });
    const { clock, log, random } = this;
    const { udp, tcp, tls, names } = this.network;
    const ports = partialPorts({ clock, log, random, udp, tcp, tls, names });
    return stunSource.create(config, ports, {}).witnesses()[0]!;
  }

  serve(behaviour: StunBehaviour, path: Path = {}): void {
    const reply = (bytes: Uint8Array, truth: Endpoint): readonly Reply[] => {
      const answer = stunAnswer(behaviour, { bytes, truth, lie: LIE });
      return answer ? [{ bytes: answer }] : [];
    };
    this.network.serveUdp(PEER, reply, path);
    const stream = (piece: Uint8Array, end: ServerEnd) => {
      for (const { bytes } of reply(piece, end.client)) end.send(bytes);
    };
    this.network.serveTcp(PEER, stream, path);
    this.network.serveTls({ ...PEER, port: 5349 }, ["stun.example.net"], stream, path);
  }

  /** Answers over UDP with attributes of the test's making. */
  serveAttributes(
    attributes: (id: Uint8Array, client: Endpoint) => readonly Attribute[],
    isError = false,
  ): void {
    this.network.serveUdp(PEER, (datagram, client) => {
      const { transactionId } = decodeMessage(datagram);
      const messageClass = isError ? "error" : "success";
      const answer = {
        method: 1,
        messageClass,
        transactionId,
        attributes: attributes(transactionId, client),
      } as const;
      return [{ bytes: encodeMessage(answer) }];
    });
  }

  /** When datagrams left, on the clock. */
  get sendTimes(): readonly number[] {
    return this.network.sent.map(({ at }) => at);
  }

  expectNothingLeft(): void {
    expect(this.network.openSockets).toBe(0);
    expect(this.clock.pending).toBe(0);
  }
}

function failureOf(answer: Promise<Testimony>): Promise<unknown> {
  return answer.then(
    () => new RangeError("it answered"),
    (error: unknown) => error,
  );
}

describe("a question over UDP", () => {
  it("takes one round trip and one datagram of 20 bytes, and leaves nothing open", async () => {
    const world = new World();
    world.serve("honest", { roundTrip: 40 });
    const answer = world.witness().ask(4, NEVER);
    await world.clock.advance(40);
    expect(await answer).toMatchObject({
      address: address("44.128.10.77"),
      port: 40_000,
      server: SERVER,
      notes: [],
    });
    expect(world.network.sent.map(({ bytes }) => bytes.length)).toEqual([20]);
    world.expectNothingLeft();
  });

  it("is sent at 0, 500, 1500, 3500, 7500, 15500 and 31500 ms, and fails at 39500 ms", async () => {
    const world = new World();
    const failure = failureOf(world.witness().ask(4, NEVER));
    await world.clock.advance(39_499);
    expect(world.sendTimes).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(world.network.openSockets).toBe(1);
    await world.clock.advance(1);
    const error = await failure;
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ code: "timeout", phase: "sent", peer: "stun.example.net:3478" });
    expect(error).toHaveProperty("message", expect.stringContaining('"stun:stun.example.net:3478:udp"'));
    world.expectNothingLeft();
  });

  it("follows other settings of retransmission", async () => {
    const world = new World();
    const failure = failureOf(world.witness({}, { rto: "100ms", maxRequests: 3, lastWait: 4 }).ask(4, NEVER));
    await world.clock.advance(699);
    expect(world.sendTimes).toEqual([0, 100, 300]);
    await world.clock.advance(1);
    expect(await failure).toMatchObject({ code: "timeout" });
  });

  it("repeats the same bytes within a question, and has a new transaction for the next", async () => {
    const world = new World();
    world.serve("honest", { loses: (nth) => nth === 0 });
    const witness = world.witness();
    const answer = witness.ask(4, NEVER);
    await world.clock.advance(500);
    await answer;
    await witness.ask(4, NEVER);
    const [first, again, next] = world.network.sent.map(({ bytes }) => Buffer.from(bytes).toString("hex"));
    expect(again).toBe(first);
    expect(next).not.toBe(first);
  });

  it("accepts the late answer to an earlier request", async () => {
    const world = new World();
    world.serve("honest", { roundTrip: 700, loses: (nth) => nth > 0 });
    const answer = world.witness().ask(4, NEVER);
    await world.clock.advance(700);
    expect((await answer).address.text).toBe("44.128.10.77");
    expect(world.sendTimes).toEqual([0, 500]);
    world.expectNothingLeft();
  });

  it("fails at once on an ICMP error", async () => {
    const world = new World();
    world.serve("honest", { roundTrip: 40, refuses: true });
    const failure = failureOf(world.witness().ask(4, NEVER));
    await world.clock.advance(40);
    expect(await failure).toMatchObject({ code: "refused" });
    expect(await failure).toBeInstanceOf(TransportError);
    world.expectNothingLeft();
  });

  it("waits on after packets that are not the answer, and takes it when it comes", async () => {
    const world = new World();
    world.network.serveUdp(PEER, (bytes, client) => {
      const bad = (["garbage", "wrong-transaction", "truncated"] as const).map((behaviour, nth) => ({
        bytes: stunAnswer(behaviour, { bytes, truth: { ...client, address: LIE }, lie: LIE })!,
        after: nth,
      }));
      const forged = {
        bytes: stunAnswer("liar", { bytes, truth: client, lie: LIE })!,
        from: { ...PEER, port: 1 },
      };
      const good = { bytes: stunAnswer("honest", { bytes, truth: client, lie: LIE })!, after: 10 };
      return [forged, ...bad, good];
    });
    const answer = world.witness().ask(4, NEVER);
    await world.clock.advance(10);
    expect((await answer).address.text).toBe("44.128.10.77");
    expect(world.sendTimes).toEqual([0]);
    expect(world.log.messages("debug")).toContain("A packet that is not the answer was dropped");
    world.expectNothingLeft();
  });

  it("ends at once when it is cancelled, at any moment, and leaves nothing open", async () => {
    for (const moment of [0, 1, 39, 500, 501, 31_500, 39_499]) {
      const world = new World();
      world.serve("silent", { roundTrip: 40 });
      const cancel = new AbortController();
      const failure = failureOf(world.witness().ask(4, cancel.signal));
      await world.clock.advance(moment);
      cancel.abort();
      expect(await failure).toBeInstanceOf(CancelledError);
      world.expectNothingLeft();
    }
  });

  it("has a port of its own, so that a changed address shows", async () => {
    const world = new World();
    world.serve("honest");
    const witness = world.witness();
    const before = await witness.ask(4, NEVER);
    world.network.moveTo(address("44.128.20.5"));
    const after = await witness.ask(4, NEVER);
    expect(after.address.text).toBe("44.128.20.5");
    expect(after.port).not.toBe(before.port);
  });

  it("goes to the server's address of the family in question", async () => {
    const world = new World();
    world.network.serveUdp({ address: address("2a10:ed1:101::1"), port: 3478 }, (bytes, truth) => [
      { bytes: stunAnswer("honest", { bytes, truth, lie: LIE })! },
    ]);
    expect((await world.witness().ask(6, NEVER)).address.text).toBe("2a10:ed1:77::1");
    const failure = await failureOf(world.witness({ host: "other.example.net" }).ask(6, NEVER));
    expect(failure).toMatchObject({ code: "name" });
    expect(failure).toHaveProperty("message", expect.stringContaining("stun:other.example.net:3478:udp"));
  });

  it("goes to any of a server's addresses", async () => {
    const world = new World();
    const second = address("44.128.101.2");
    world.network.hosts.set("stun.example.net", [SERVER, second]);
    world.random.fraction = () => 0.99;
    const cancel = new AbortController();
    const failure = failureOf(world.witness().ask(4, cancel.signal));
    await world.clock.advance(0);
    cancel.abort();
    await failure;
    expect(world.network.sent.map(({ peer }) => peer.address)).toEqual([second]);
  });
});

describe("an answer that is no testimony", () => {
  it.each<[StunBehaviour, string, string]>([
    ["error", "stun-error", "500 Server Error"],
    ["no-address", "no-address", "it has none"],
  ])("of the kind %s fails at once", async (behaviour, code, words) => {
    const world = new World();
    world.serve(behaviour);
    const failure = await failureOf(world.witness().ask(4, NEVER));
    expect(failure).toBeInstanceOf(WitnessError);
    expect(failure).toMatchObject({ code, message: expect.stringContaining(words) });
    world.expectNothingLeft();
  });

  it("of code 300 is not followed", async () => {
    const world = new World();
    const elsewhere = encodeMappedAddress({ address: LIE, port: 3478 }).value;
    world.serveAttributes(
      () => [encodeErrorCode({ code: 300, reason: "Try Alternate" }), { type: 0x8023, value: elsewhere }],
      true,
    );
    expect(await failureOf(world.witness().ask(4, NEVER))).toMatchObject({ code: "stun-error" });
    expect(world.network.sent.map(({ peer }) => peer)).toEqual([PEER]);
  });

  it("with an unknown required attribute fails at once", async () => {
    const world = new World();
    world.serveAttributes((id, client) => [
      encodeXorMappedAddress(client, id),
      { type: 0x7fff, value: new Uint8Array() },
    ]);
    expect(await failureOf(world.witness().ask(4, NEVER))).toMatchObject({
      code: "unknown-attribute",
      message: expect.stringContaining("0x7fff"),
    });
  });

  it("without XOR-MAPPED-ADDRESS is logged as the original did", async () => {
    const world = new World();
    world.serve("no-address");
    await failureOf(world.witness({ transport: "tcp" }).ask(4, NEVER));
    expect(world.log.messages("warn")).toEqual([
      "[TCP] stun.example.net:3478 → XOR-MAPPED-ADDRESS not found in response.",
    ]);
  });

  it("with MAPPED-ADDRESS alone counts with a note, unless the settings say no", async () => {
    const world = new World();
    world.serve("mapped-only");
    const { address, notes } = await world.witness().ask(4, NEVER);
    expect(address.text).toBe("44.128.10.77");
    expect(notes).toEqual([expect.stringContaining("MAPPED-ADDRESS alone")]);
    const failure = await failureOf(world.witness({}, { mappedAddress: false }).ask(4, NEVER));
    expect(failure).toMatchObject({ code: "no-address" });
  });

  it("with a MAPPED-ADDRESS that somebody rewrote counts, and says who changed what", async () => {
    const world = new World();
    world.serveAttributes((id, client) => [
      encodeMappedAddress({ ...client, address: address("10.0.0.2") }),
      encodeXorMappedAddress(client, id),
    ]);
    const testimony = await world.witness().ask(4, NEVER);
    expect(testimony.address.text).toBe("44.128.10.77");
    expect(testimony.notes?.join()).toContain("from 44.128.10.77:40000 to 10.0.0.2:40000");
  });
});

describe("a question over TCP", () => {
  const tcp = { transport: "tcp" };

  it("takes two round trips and sends once", async () => {
    const world = new World();
    world.serve("honest", { roundTrip: 40 });
    const answer = world.witness(tcp).ask(4, NEVER);
    await world.clock.advance(79);
    expect(world.network.openSockets).toBe(1);
    await world.clock.advance(1);
    expect((await answer).address.text).toBe("44.128.10.77");
    expect(world.sendTimes).toEqual([40]);
    world.expectNothingLeft();
  });

  it("puts an answer together that comes byte by byte", async () => {
    const world = new World();
    world.network.serveTcp(PEER, (bytes, end) => {
      const answer = stunAnswer("honest", { bytes, truth: end.client, lie: LIE })!;
      for (const [index, byte] of answer.entries()) end.send(Uint8Array.of(byte), index);
    });
    const answer = world.witness(tcp).ask(4, NEVER);
    await world.clock.advance(100);
    expect((await answer).address.text).toBe("44.128.10.77");
    world.expectNothingLeft();
  });

  it("finds its answer behind that of another transaction in one piece", async () => {
    const world = new World();
    world.network.serveTcp(PEER, (bytes, end) => {
      const request = { bytes, truth: end.client, lie: LIE };
      const answers = (["wrong-transaction", "honest"] as const).map((kind) => stunAnswer(kind, request)!);
      end.send(Buffer.concat(answers));
    });
    expect((await world.witness(tcp).ask(4, NEVER)).address.text).toBe("44.128.10.77");
  });

  it.each([
    ["at once", 0, "was closed before an answer"],
    ["in the middle", 30, "broke off"],
  ])("fails when the server hangs up %s", async (_, length, words) => {
    const world = new World();
    world.network.serveTcp(PEER, (bytes, end) => {
      const answer = stunAnswer("honest", { bytes, truth: end.client, lie: LIE })!;
      if (length > 0) end.send(answer.subarray(0, length));
      end.end(1);
    });
    const failure = failureOf(world.witness(tcp).ask(4, NEVER));
    await world.clock.advance(1);
    expect(await failure).toMatchObject({ code: "truncated", message: expect.stringContaining(words) });
    world.expectNothingLeft();
  });

  it("fails when something else than STUN answers", async () => {
    const world = new World();
    world.serve("garbage");
    const failure = await failureOf(world.witness(tcp).ask(4, NEVER));
    expect(failure).toBeInstanceOf(WitnessError);
    expect(failure).toHaveProperty("message", expect.stringContaining("stun:stun.example.net:3478:tcp"));
    world.expectNothingLeft();
  });

  it("fails when the port is closed, or the connection is reset", async () => {
    const world = new World();
    world.serve("honest", { refuses: true });
    expect(await failureOf(world.witness(tcp).ask(4, NEVER))).toMatchObject({
      code: "refused",
      phase: "unsent",
    });
    world.network.serveTcp(PEER, (_, end) => end.reset());
    expect(await failureOf(world.witness(tcp).ask(4, NEVER))).toMatchObject({ code: "reset" });
    world.expectNothingLeft();
  });

  it.each([
    ["connects", false],
    ["answers", true],
  ])("fails after 39.5 s when nobody %s", async (_, isConnected) => {
    const world = new World();
    if (isConnected) world.serve("silent");
    const failure = failureOf(world.witness(tcp).ask(4, NEVER));
    await world.clock.advance(39_499);
    expect(world.network.openSockets).toBe(1);
    await world.clock.advance(1);
    expect(await failure).toMatchObject({ code: "timeout" });
    world.expectNothingLeft();
  });

  it("ends at once when it is cancelled, at any moment, and leaves nothing open", async () => {
    for (const moment of [0, 39, 40, 41, 100]) {
      const world = new World();
      world.serve("silent", { roundTrip: 40 });
      const cancel = new AbortController();
      const failure = failureOf(world.witness(tcp).ask(4, cancel.signal));
      await world.clock.advance(moment);
      cancel.abort();
      expect(await failure).toBeInstanceOf(CancelledError);
      world.expectNothingLeft();
    }
  });
});

describe("a question over TLS", () => {
  const tls = { transport: "tls" };

  it("verifies the server's name, offers the protocol of plain STUN, and is authenticated", async () => {
    const world = new World();
    world.serve("honest");
    const witness = world.witness(tls);
    expect((await witness.ask(4, NEVER)).address.text).toBe("44.128.10.77");
    expect(world.network.connections).toEqual([
      {
        transport: "tls",
        peer: { address: SERVER, port: 5349 },
        serverName: "stun.example.net",
        alpn: ["stun.nat-discovery"],
      },
    ]);
    expect(witness.authenticated).toBe(true);
    expect([world.witness(), world.witness({ transport: "tcp" })].some((other) => other.authenticated)).toBe(
      false,
    );
  });

  it("is not put to a server with a certificate for another name", async () => {
    const world = new World();
    world.network.serveTls({ ...PEER, port: 5349 }, ["liar.example.org"], () => undefined);
    expect(await failureOf(world.witness(tls).ask(4, NEVER))).toMatchObject({ code: "certificate" });
    expect(world.network.sent).toEqual([]);
    world.expectNothingLeft();
  });
});

describe("a witness", () => {
  it.each([
    ["udp", 1],
    ["tcp", 2],
    ["tls", 3],
  ])("over %s says that it takes %d round trips", (transport, roundTrips) => {
    expect(new World().witness({ transport })).toMatchObject({ roundTrips, decisive: true, fallback: false });
  });
});

describe("the log of a question", () => {
  it.each(["udp", "tcp"])("over %s has the words of the original", async (transport) => {
    const world = new World();
    world.serve("honest");
    await world.witness({ transport }).ask(4, NEVER);
    const label = transport.toUpperCase();
    expect(world.log.messages("debug")).toEqual([
      `Starting new STUN ${label} query: stun.example.net:3478`,
      `[${label}] stun.example.net:3478 → Public IP: 44.128.10.77, Port: 40000`,
    ]);
    expect(world.log.messages("info")).toEqual([]);
  });

  it("tells successes at info where that is wanted", async () => {
    const world = new World();
    world.serve("honest");
    await world.witness({}, { announce: true }).ask(4, NEVER);
    expect(world.log.messages("info")).toEqual([
      "[UDP] stun.example.net:3478 → Public IP: 44.128.10.77, Port: 40000",
    ]);
  });
});
