import { beforeEach, describe, expect, it } from "vitest";
import { parseAddress } from "#core/address.ts";
import { CancelledError, describeError, TransportError } from "#core/errors.ts";
import type { Endpoint, Http, HttpRequest, HttpResponse } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import { type Answer, exchange, randomId } from "#dns/exchange.ts";
import { plainRequest } from "#dns/request.ts";
import type { DnsPorts, Route } from "#dns/route.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { SimulatedNetwork } from "#testing/simulated-network.ts";
import { decodeMessage, encodeMessage, type Message, queryMessage } from "#wire/dns/message.ts";
import { addRecord } from "#wire/dns/update.ts";
import { frameMessage } from "#wire/dns/tcp-frame.ts";
import { CLASS, TYPE } from "#wire/dns/types.ts";

const NEVER = new AbortController().signal;
const SERVER: Endpoint = { address: parseAddress("192.0.2.53")!, port: 53 };
const NAME = "home.example.org";
const message = queryMessage({ name: NAME, type: TYPE.A }, { id: 4711, rd: false });
const request = plainRequest(message);
const address = parseAddress("203.0.113.5")!;
const FORGED = [addRecord(NAME, TYPE.A, 300, { kind: "address", address: parseAddress("44.1.2.3")! })];

let clock: ManualClock;
let network: SimulatedNetwork;
let ports: DnsPorts;
const http: Http = { request: () => Promise.reject(new TypeError("no HTTP in this test")) };

beforeEach(() => {
  clock = new ManualClock();
  network = new SimulatedNetwork(clock);
  const random = { bytes: (length: number) => new Uint8Array(length).fill(7), fraction: () => 0 };
  ports = { clock, http, random, tcp: network.tcp, tls: network.tls, udp: network.udp };
});

/** The answer to a request, with whatever is wrong about it. */
function answerTo(bytes: Uint8Array, wrong: Partial<Message["header"]> = {}, rest: Partial<Message> = {}) {
  const asked = decodeMessage(bytes);
  const data = { kind: "address", address } as const;
  const answers = wrong.tc ? [] : [addRecord(NAME, TYPE.A, 300, data)];
  const header = { ...asked.header, qr: true, aa: true, ...wrong };
  return encodeMessage({ ...asked, header, answers, ...rest });
}

/** What became of a question, while the clock goes on as far as is asked. */
async function settle(question: Promise<Answer>, span = 0): Promise<Answer | Error> {
  const settled = question.catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
  await clock.advance(span);
  const pending = new Error("still waiting");
  return Promise.race([settled, new Promise<Error>((resolve) => setImmediate(() => resolve(pending)))]);
}

function addressIn(answer: Answer | Error): string | undefined {
  if (answer instanceof Error) throw answer;
  const data = answer.message.answers[0]?.data;
  return data?.kind === "address" ? data.address.text : undefined;
}

function expectNothingLeft(): void {
  expect(network.openSockets).toBe(0);
  expect(clock.pending).toBe(0);
}

describe("a question over UDP", () => {
  const route: Route = { kind: "auto", server: SERVER };

  it("is answered in one round trip, and leaves nothing behind", async () => {
    network.serveUdp(SERVER, (bytes) => [{ bytes: answerTo(bytes) }], { roundTrip: 40 });
    const answer = await settle(exchange(ports, route, request, NEVER), 40);
    expect(addressIn(answer)).toBe("203.0.113.5");
    expect(answer).toMatchObject({ server: SERVER.address });
    expect(network.sent).toHaveLength(1);
    expectNothingLeft();
  });

  it("goes out again after one and after two more seconds, byte for byte the same", async () => {
    const loses = (nth: number) => nth < 2;
    network.serveUdp(SERVER, (bytes) => [{ bytes: answerTo(bytes) }], { roundTrip: 40, loses });
    expect(addressIn(await settle(exchange(ports, route, request, NEVER), 3040))).toBe("203.0.113.5");
    expect(network.sent.map(({ at }) => at)).toEqual([0, 1000, 3000]);
    for (const { bytes } of network.sent) expect(bytes).toEqual(request.bytes);
    expectNothingLeft();
  });

  it("ends after five seconds of silence, as sent", async () => {
    const failure = await settle(exchange(ports, route, request, NEVER), 5000);
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure).toMatchObject({ code: "timeout", phase: "sent", peer: "192.0.2.53:53" });
    expectNothingLeft();
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ["has another id", (bytes) => answerTo(bytes, { id: 4712 }, { answers: FORGED })],
    ["is a question itself", (bytes) => answerTo(bytes, { qr: false }, { answers: FORGED })],
    ["is of another kind", (bytes) => answerTo(bytes, { opcode: 5 }, { answers: FORGED })],
    [
      "answers another name",
      (bytes) =>
        answerTo(
          bytes,
          {},
          { questions: [{ name: "x.example.org", type: TYPE.A, class: CLASS.IN }], answers: FORGED },
        ),
    ],
    [
      "answers another type",
      (bytes) =>
        answerTo(
          bytes,
          {},
          { questions: [{ name: NAME, type: TYPE.AAAA, class: CLASS.IN }], answers: FORGED },
        ),
    ],
    ["lacks the question", (bytes) => answerTo(bytes, {}, { questions: [], answers: FORGED })],
    ["is no message", () => Uint8Array.of(1, 2, 3)],
    ["is cut off", (bytes) => answerTo(bytes).subarray(0, -1)],
    ["is empty", () => new Uint8Array()],
  ])("is not answered by a packet that %s: waiting goes on", async (_, wrong) => {
    network.serveUdp(SERVER, (bytes) => [{ bytes: wrong(bytes) }, { bytes: answerTo(bytes), after: 10 }]);
    expect(addressIn(await settle(exchange(ports, route, request, NEVER), 10))).toBe("203.0.113.5");
  });

  it("says at its end what the packets were that were no answer", async () => {
    network.serveUdp(SERVER, (bytes) => [{ bytes: answerTo(bytes, { id: 1 }) }]);
    const failure = await settle(exchange(ports, route, request, NEVER), 5000);
    expect(failure).toMatchObject({ code: "timeout" });
    expect(describeError(failure)).toContain("what arrived was the answer to another id");
  });

  it("knows its answer whatever the case of the name", async () => {
    const questions = [{ name: "HOME.example.ORG", type: TYPE.A, class: CLASS.IN }];
    network.serveUdp(SERVER, (bytes) => [{ bytes: answerTo(bytes, {}, { questions }) }]);
    expect(addressIn(await settle(exchange(ports, route, request, NEVER)))).toBe("203.0.113.5");
  });

  it("accepts an error that repeats no question", async () => {
    const bare = { questions: [], answers: [] };
    network.serveUdp(SERVER, (bytes) => [{ bytes: answerTo(bytes, { rcode: 1 }, bare) }]);
    const answer = await settle(exchange(ports, route, request, NEVER));
    expect(answer).toMatchObject({ message: { header: { rcode: 1 } } });
  });

  it("goes on by TCP when its answer was truncated", async () => {
    network.serveUdp(SERVER, (bytes) => [{ bytes: answerTo(bytes, { tc: true }) }]);
    network.serveTcp(SERVER, (piece, end) => end.send(frameMessage(answerTo(piece.subarray(2)))));
    expect(addressIn(await settle(exchange(ports, route, request, NEVER)))).toBe("203.0.113.5");
    expect(network.sent.map(({ transport }) => transport)).toEqual(["udp", "tcp"]);
    expectNothingLeft();
  });

  it("does not go on by TCP where that is switched off", async () => {
    network.serveUdp(SERVER, (bytes) => [{ bytes: answerTo(bytes, { tc: true }) }]);
    const failure = await settle(exchange(ports, { kind: "udp", server: SERVER }, request, NEVER));
    expect(failure).toMatchObject({ code: "truncated" });
  });

  it("goes by TCP at once when it has more than 512 bytes", async () => {
    network.serveTcp(SERVER, (piece, end) => end.send(frameMessage(answerTo(piece.subarray(2)))));
    const large = { ...request, bytes: new Uint8Array(513).fill(0) };
    large.bytes.set(request.bytes);
    await settle(exchange(ports, route, large, NEVER));
    expect(network.sent.map(({ transport }) => transport)).toEqual(["tcp"]);
  });

  it("ends at once when the port is closed", async () => {
    network.serveUdp(SERVER, () => [], { refuses: true });
    expect(await settle(exchange(ports, route, request, NEVER))).toMatchObject({ code: "refused" });
    expectNothingLeft();
  });

  it("ends at once when it is cancelled", async () => {
    const cancel = new AbortController();
    const question = exchange(ports, route, request, cancel.signal);
    await settle(question, 1500);
    cancel.abort();
    expect(await settle(question)).toBeInstanceOf(CancelledError);
    expectNothingLeft();
  });

  it("is not asked when it was cancelled before", async () => {
    const failure = await settle(exchange(ports, route, request, AbortSignal.abort()));
    expect(failure).toBeInstanceOf(CancelledError);
    expect(network.sent).toEqual([]);
  });
});

describe("a question over TCP", () => {
  const route: Route = { kind: "tcp", server: SERVER };

  it("reads its answer in whatever pieces it comes", async () => {
    network.serveTcp(SERVER, (piece, end) => {
      for (const byte of frameMessage(answerTo(piece.subarray(2)))) end.send(Uint8Array.of(byte));
    });
    expect(addressIn(await settle(exchange(ports, route, request, NEVER)))).toBe("203.0.113.5");
    expectNothingLeft();
  });

  it("ends when the server closes, or answers something else", async () => {
    network.serveTcp(SERVER, (_, end) => end.end());
    expect(await settle(exchange(ports, route, request, NEVER))).toMatchObject({
      code: "closed",
      phase: "sent",
    });
    network.serveTcp(SERVER, (piece, end) => end.send(frameMessage(answerTo(piece.subarray(2), { id: 1 }))));
    expect(await settle(exchange(ports, route, request, NEVER))).toMatchObject({ code: "wrong-answer" });
    expectNothingLeft();
  });

  it("was certainly not sent when no connection was made", async () => {
    network.serveTcp(SERVER, () => undefined, { refuses: true });
    expect(await settle(exchange(ports, route, request, NEVER))).toMatchObject({
      code: "refused",
      phase: "unsent",
    });
    const nowhere: Route = { kind: "tcp", server: { ...SERVER, port: 54 } };
    const failure = await settle(exchange(ports, nowhere, request, NEVER), 5000);
    expect(failure).toMatchObject({ code: "timeout", phase: "unsent" });
    expectNothingLeft();
  });

  it("may have been sent when the connection broke, or stayed silent", async () => {
    network.serveTcp(SERVER, (_, end) => end.reset());
    expect(await settle(exchange(ports, route, request, NEVER))).toMatchObject({
      code: "reset",
      phase: "sent",
    });
    network.serveTcp(SERVER, () => undefined);
    const failure = await settle(exchange(ports, route, request, NEVER, milliseconds(200)), 200);
    expect(failure).toMatchObject({ code: "timeout", phase: "sent" });
    expectNothingLeft();
  });
});

describe("a question over TLS", () => {
  const route: Route = { kind: "tls", server: SERVER, serverName: "dns.example" };

  it("verifies the server's name and says what it wants to speak", async () => {
    network.serveTls(SERVER, ["dns.example"], (piece, end) =>
      end.send(frameMessage(answerTo(piece.subarray(2)))),
    );
    expect(addressIn(await settle(exchange(ports, route, request, NEVER)))).toBe("203.0.113.5");
    expect(network.connections).toMatchObject([
      { transport: "tls", serverName: "dns.example", alpn: ["dot"] },
    ]);
  });

  it("is not asked of somebody else", async () => {
    network.serveTls(SERVER, ["other.example"], () => undefined);
    const failure = await settle(exchange(ports, route, request, NEVER));
    expect(failure).toMatchObject({ code: "certificate", phase: "unsent" });
    expect(network.sent).toEqual([]);
  });
});

describe("a question over HTTPS", () => {
  const url = new URL("https://dns.example/dns-query?token=hidden");
  const route: Route = { kind: "https", url, family: 6 };
  const headers = { "content-type": "application/dns-message" };
  const ask = (response: Partial<HttpResponse>, requests: HttpRequest[] = []) => {
    const answered = { status: 200, headers, body: answerTo(request.bytes), server: address, ...response };
    const http: Http = {
      request: (asked) => {
        requests.push(asked);
        return Promise.resolve(answered);
      },
    };
    return settle(exchange({ ...ports, http }, route, request, NEVER));
  };

  it("posts the message on a fresh connection of its family", async () => {
    const requests: HttpRequest[] = [];
    const answer = await ask({}, requests);
    expect(addressIn(answer)).toBe("203.0.113.5");
    expect(answer).toMatchObject({ server: address });
    expect(requests).toMatchObject([
      { method: "POST", url, family: 6, connection: "fresh", headers, body: request.bytes },
    ]);
  });

  it.each<[string, Partial<HttpResponse>, string]>([
    ["another status", { status: 302 }, "http-status"],
    ["a web page", { headers: { "content-type": "text/html; charset=utf-8" } }, "http-status"],
    ["no type", { headers: {} }, "http-status"],
    ["no message", { body: Uint8Array.of(60, 104, 116, 109, 108, 62) }, "wrong-answer"],
    ["the answer to another question", { body: answerTo(request.bytes, { id: 9 }) }, "wrong-answer"],
  ])("refuses %s", async (_, response, code) => {
    const failure = await ask(response);
    expect(failure).toMatchObject({ code, phase: "sent", peer: "https://dns.example/dns-query" });
    expect(describeError(failure)).not.toContain("hidden");
  });

  it("does not mind parameters of the type", async () => {
    const answer = await ask({ headers: { "content-type": "Application/DNS-Message; x=y" } });
    expect(addressIn(answer)).toBe("203.0.113.5");
  });
});

it("message ids have 16 random bits", () => {
  const bytes = () => Uint8Array.of(0xab, 0xcd);
  expect(randomId({ bytes, fraction: () => 0 })).toBe(0xabcd);
});
