import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Address, type Family, parseAddress } from "#core/address.ts";
import { CancelledError } from "#core/errors.ts";
import { seconds } from "#core/units.ts";
import { createHostsFile } from "#platform/hosts-file.ts";
import { createAskName, listNameServers, type NameAnswer } from "#platform/name-server.ts";
import { createNames } from "#platform/names.ts";
import { ManualClock, settled } from "#testing/manual-clock.ts";

const never = new AbortController().signal;

describe("names", () => {
  it("of an address are the address, without a question", async () => {
    const world = createWorld();
    expect(await world.resolve("192.0.2.1")).toEqual(["192.0.2.1"]);
    expect(await world.resolve("2001:DB8::1", 6)).toEqual(["2001:db8::1"]);
    await expect(world.resolve("192.0.2.1", 6)).rejects.toMatchObject({ code: "name", phase: "unsent" });
    expect(world.questions).toEqual([]);
  });

  it("are asked for once within their time to live, whatever their case and final dot", async () => {
    const world = createWorld();
    expect(await world.resolve("Stun.Example.net.")).toEqual(["192.0.2.1"]);
    await world.clock.advance(79_000);
    expect(await world.resolve("stun.example.net")).toEqual(["192.0.2.1"]);
    expect(world.questions).toEqual(["stun.example.net 4"]);
  });

  it("are asked for by family", async () => {
    const world = createWorld();
    await world.resolve("stun.example.net", 4);
    await world.resolve("stun.example.net", 6);
    expect(world.questions).toEqual(["stun.example.net 4", "stun.example.net 6"]);
  });

  it("in use are asked for again in the background, so that nobody waits", async () => {
    const world = createWorld();
    await world.resolve("stun.example.net");
    await world.resolve("stun.example.net");
    world.answer = () => found("192.0.2.2");
    await world.clock.advance(80_000);
    await world.runTimers();
    expect(world.questions).toHaveLength(2);
    expect(await world.resolve("stun.example.net")).toEqual(["192.0.2.2"]);
    expect(world.questions).toHaveLength(2);
  });

  it("that nobody used since are left in peace, until somebody does", async () => {
    const world = createWorld();
    await world.resolve("stun.example.net");
    await world.clock.advance(80_000);
    await world.runTimers();
    expect(world.questions).toHaveLength(1);
    world.answer = () => found("192.0.2.2");
    expect(await world.resolve("stun.example.net")).toEqual(["192.0.2.1"]);
    await settled();
    expect(await world.resolve("stun.example.net")).toEqual(["192.0.2.2"]);
    expect(world.questions).toHaveLength(2);
  });

  it("that ran out are asked for again before they are used", async () => {
    const world = createWorld();
    await world.resolve("stun.example.net");
    await world.clock.advance(100_000);
    world.answer = () => found("192.0.2.2");
    expect(await world.resolve("stun.example.net")).toEqual(["192.0.2.2"]);
  });

  it("asked for by several at once are one question", async () => {
    const world = createWorld();
    const both = Promise.all([world.resolve("stun.example.net"), world.resolve("STUN.example.net")]);
    expect(await both).toEqual([["192.0.2.1"], ["192.0.2.1"]]);
    expect(world.questions).toHaveLength(1);
  });

  it("outlive a dead resolver, which is then left alone for a while", async () => {
    const world = createWorld();
    await world.resolve("stun.example.net");
    await world.clock.advance(3_600_000);
    world.answer = () => Promise.reject(new Error("no answer"));
    expect(await world.resolve("stun.example.net")).toEqual(["192.0.2.1"]);
    expect(await world.resolve("stun.example.net")).toEqual(["192.0.2.1"]);
    expect(world.questions).toHaveLength(2);
    await world.clock.advance(10_000);
    world.answer = () => found("192.0.2.2");
    expect(await world.resolve("stun.example.net")).toEqual(["192.0.2.2"]);
  });

  it("that are old are used when the resolver does not answer soon", async () => {
    const world = createWorld();
    await world.resolve("stun.example.net");
    await world.clock.advance(100_000);
    const { promise, resolve } = Promise.withResolvers<NameAnswer>();
    world.answer = () => promise;
    const resolving = world.resolve("stun.example.net");
    await settled();
    await world.runTimers();
    expect(await resolving).toEqual(["192.0.2.1"]);
    resolve(await found("192.0.2.2"));
    await settled();
    expect(await world.resolve("stun.example.net")).toEqual(["192.0.2.2"]);
  });

  it("without an address are an error, and not asked for again at once", async () => {
    const world = createWorld();
    world.answer = () => Promise.resolve({ addresses: [], ttl: seconds(5) });
    await expect(world.resolve("none.example.net")).rejects.toMatchObject({ code: "name", phase: "unsent" });
    await expect(world.resolve("none.example.net")).rejects.toMatchObject({ code: "name" });
    expect(world.questions).toHaveLength(1);
    await world.clock.advance(5000);
    world.answer = () => found("192.0.2.2");
    expect(await world.resolve("none.example.net")).toEqual(["192.0.2.2"]);
  });

  it("that never had an answer are an error that carries the reason", async () => {
    const world = createWorld();
    world.answer = () => Promise.reject(new Error("no answer"));
    await expect(world.resolve("stun.example.net")).rejects.toMatchObject({
      code: "name",
      cause: expect.objectContaining({ message: "no answer" }),
    });
  });

  it("of the hosts file win", async () => {
    const world = createWorld("192.0.2.77 stun.example.net");
    expect(await world.resolve("stun.example.net")).toEqual(["192.0.2.77"]);
    expect(world.questions).toEqual([]);
  });

  it("of the hosts file with an address of one family alone have none of the other, and nobody is asked", async () => {
    const world = createWorld("192.0.2.77 stun.example.net");
    const signal = new AbortController().signal;
    await expect(world.names.resolve("stun.example.net", 6, signal)).rejects.toMatchObject({ code: "name" });
    expect(world.questions).toEqual([]);
  });

  it("stop being waited for with the signal, and go on for the others", async () => {
    const world = createWorld();
    const abort = new AbortController();
    const cancelled = world.names.resolve("stun.example.net", 4, abort.signal);
    const other = world.resolve("stun.example.net");
    abort.abort();
    await expect(cancelled).rejects.toBeInstanceOf(CancelledError);
    expect(await other).toEqual(["192.0.2.1"]);
    await expect(world.names.resolve("192.0.2.1", 4, AbortSignal.abort())).rejects.toBeInstanceOf(
      CancelledError,
    );
  });

  it("end their questions when closed", async () => {
    const world = createWorld();
    world.answer = (signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
    const resolving = world.resolve("stun.example.net");
    await settled();
    world.names.close();
    await expect(resolving).rejects.toBeInstanceOf(CancelledError);
  });
});

describe("a hosts file", () => {
  it("lists several names and addresses, with comments", () => {
    const hosts = hostsFile(
      "# nothing\n127.0.0.1 localhost\n192.0.2.1\tone.test Two.test # three.test\n2001:db8::1 one.test\n192.0.2.2 one.test\nnonsense four.test\n",
    );
    expect(texts(hosts.find("one.test", 4))).toEqual(["192.0.2.1", "192.0.2.2"]);
    expect(texts(hosts.find("one.test", 6))).toEqual(["2001:db8::1"]);
    expect(texts(hosts.find("two.test", 4))).toEqual(["192.0.2.1"]);
    for (const name of ["three.test", "four.test"]) expect(hosts.find(name, 4)).toEqual([]);
  });

  it("is read again when it changed", () => {
    const hosts = hostsFile("192.0.2.1 one.test");
    expect(texts(hosts.find("one.test", 4))).toEqual(["192.0.2.1"]);
    writeFileSync(hosts.path, "192.0.2.22 one.test");
    expect(texts(hosts.find("one.test", 4))).toEqual(["192.0.2.22"]);
    rmSync(hosts.path);
    expect(hosts.find("one.test", 4)).toEqual([]);
  });

  it("need not say what localhost is", () => {
    const find = createHostsFile("/no/such/file");
    expect([find("localhost", 4), find("a.localhost", 6), find("nolocalhost", 4)].map(texts)).toEqual([
      ["127.0.0.1"],
      ["::1"],
      [],
    ]);
  });
});

describe("a question to a name server", () => {
  it("yields addresses and the smallest time to live of the chain", async () => {
    const server = await nameServer((question) =>
      response(question, 0, [cname("real.test", 20), aRecord("192.0.2.1", 60), aRecord("192.0.2.2", 30)]),
    );
    const answer = await createAskName([server])("alias.test", 4, never);
    expect([texts(answer.addresses).toSorted(), answer.ttl]).toEqual([["192.0.2.1", "192.0.2.2"], 20]);
  });

  it.each([
    ["no such name", 3],
    ["no address", 0],
  ])("yields none for: %s", async (_, rcode) => {
    const server = await nameServer((question) => response(question, rcode, []));
    expect((await createAskName([server])("none.test", 4, never)).addresses).toEqual([]);
  });

  it.each([
    ["fails", 2],
    ["refuses", 5],
  ])("is no answer when the server %s", async (_, rcode) => {
    const server = await nameServer((question) => response(question, rcode, []));
    await expect(createAskName([server])("some.test", 4, never)).rejects.toThrow(/\w/);
  });

  it("ends with its signal", async () => {
    const abort = new AbortController();
    const server = await nameServer(() => {
      abort.abort();
      return undefined;
    });
    await expect(createAskName([server])("some.test", 4, abort.signal)).rejects.toBeInstanceOf(
      CancelledError,
    );
  });
});

describe("the list of name servers", () => {
  it("has addresses and ports of both families", () => {
    const list = listNameServers(["192.0.2.1", "192.0.2.2:5353", "2001:db8::1", "[2001:db8::2]:53053"]);
    expect(list.map(({ address, port }) => [address.text, port])).toEqual([
      ["192.0.2.1", 53],
      ["192.0.2.2", 5353],
      ["2001:db8::1", 53],
      ["2001:db8::2", 53_053],
    ]);
  });
});

interface World {
  readonly clock: ManualClock;
  readonly questions: string[];
  readonly names: ReturnType<typeof createNames>;
  answer: (signal: AbortSignal) => Promise<NameAnswer>;
  runTimers(): Promise<void>;
  resolve(host: string, family?: Family): Promise<readonly string[]>;
}

function createWorld(hosts = ""): World {
  const clock = new ManualClock();
  const timers = new Set<() => void>();
  const questions: string[] = [];
  const names = createNames({
    clock,
    hosts: hostsFile(hosts).find,
    async ask(host, family, signal) {
      questions.push(`${host} ${family}`);
      return world.answer(signal);
    },
    later(_, act) {
      timers.add(act);
      return () => timers.delete(act);
    },
  });
  const world: World = {
    clock,
    questions,
    names,
    answer: () => found("192.0.2.1"),
    async runTimers() {
      for (const act of timers) act();
      await settled();
    },
    resolve: async (host, family = 4) => texts(await names.resolve(host, family, never)),
  };
  onTestFinished(() => names.close());
  return world;
}

function found(text: string): Promise<NameAnswer> {
  return Promise.resolve({ addresses: [parseAddress(text)!], ttl: seconds(100) });
}

function hostsFile(text: string) {
  const folder = mkdtempSync(join(tmpdir(), "esddns-hosts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "hosts");
  writeFileSync(path, text);
  return { path, find: createHostsFile(path) };
}

function texts(addresses: readonly Address[]): readonly string[] {
  return addresses.map(({ text }) => text);
}

/** A name server on loopback; `undefined` is no answer. */
async function nameServer(answer: (question: Buffer) => Buffer | undefined): Promise<string> {
  const socket = createSocket("udp4");
  socket.on("message", (question, sender) => {
    const bytes = answer(question);
    if (bytes) socket.send(bytes, sender.port, sender.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  onTestFinished(() => void socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

/** RFC 1035 section 4.1: the question, answered. */
function response(question: Buffer, rcode: number, answers: readonly Buffer[]): Buffer {
  const end = question.indexOf(0, 12) + 5;
  const head = Buffer.from(question.subarray(0, 12));
  head.writeUInt16BE(0x8180 | rcode, 2);
  head.writeUInt16BE(answers.length, 6);
  head.writeUInt16BE(0, 10);
  return Buffer.concat([head, question.subarray(12, end), ...answers]);
}

function aRecord(address: string, ttl: number): Buffer {
  return record(encodeName("real.test"), 1, ttl, Buffer.from(address.split(".").map(Number)));
}

/** From the name in the question. */
function cname(target: string, ttl: number): Buffer {
  return record(Buffer.of(0xc0, 12), 5, ttl, encodeName(target));
}

function record(name: Buffer, type: number, ttl: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([name, fixed, data]);
}

function encodeName(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.of(0)]);
}
