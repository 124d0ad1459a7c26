import { describe, expect, it } from "vitest";
import { CancelledError } from "#core/errors.ts";
import type { Http, HttpRequest, HttpResponse, Names, Random } from "#core/ports.ts";
import type { Source } from "#core/witness.ts";
import { stunSource } from "#sources/stun/stun.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryFiles } from "#testing/memory-files.ts";
import { MemoryLog } from "#testing/memory-log.ts";
import { partialPorts } from "#testing/partial-ports.ts";

const NEVER = new AbortController().signal;
const URL_OF_LIST = "https://lists.example.net/valid_hosts.txt";
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const TEN = Array.from({ length: 10 }, (_, index) => `stun${index}.example${index}.net:3478`).join("\n");

/** A web server with one list, a disk, and a clock. */
class World {
  readonly clock = new ManualClock();
  readonly files = new MemoryFiles();
  readonly log = new MemoryLog();
  readonly requests: HttpRequest[] = [];
  readonly resolved: string[] = [];
  answer: { status: number; body: string; etag?: string } | Error = { status: 200, body: TEN };
  #seed = 1;

  readonly http: Http = {
    request: async (request, signal): Promise<HttpResponse> => {
      if (signal.aborted) throw new CancelledError();
      this.requests.push(request);
      if (this.answer instanceof Error) throw this.answer;
      const { status, body, etag } = this.answer;
      const headers = etag === undefined ? {} : { etag };
      return { status, headers, body: new TextEncoder().encode(body), server: undefined };
    },
  };

  readonly names: Names = {
    resolve: async (host, family) => {
      this.resolved.push(`${host} ${family}`);
      throw new Error("no such name");
    },
    resolvers: () => [],
  };

  /** Park and Miller's generator: different draws, the same in every run. */
  readonly random: Random = {
    bytes: (length) => new Uint8Array(length),
    fraction: () => {
      this.#seed = (this.#seed * 48_271) % 2_147_483_647;
      return this.#seed / 2_147_483_647;
    },
  };

  /** A start of the program. */
  source(lists: object = {}, servers: readonly object[] = []): Source {
    const config = stunSource.config.parse({ servers, lists: { udp: URL_OF_LIST, ...lists } });
    const { clock, files, log, http, names, random } = this;
    return stunSource.create(config, partialPorts({ clock, files, log, http, names, random }), {
      cacheFolder: "/var/cache/esddns",
    });
  }
}

const prepare = (source: Source) => source.prepare?.([4], NEVER);
const idsOf = (source: Source) => source.witnesses().map(({ id }) => id);

describe("witnesses of a public list", () => {
  it("are a random sample of it, on probation, each of its own operator", async () => {
    const world = new World();
    const source = world.source({ limit: 4 });
    expect(source.witnesses()).toEqual([]);
    await prepare(source);
    const witnesses = source.witnesses();
    expect(witnesses).toHaveLength(4);
    expect(witnesses.every(({ probation }) => probation)).toBe(true);
    for (const { id, operator } of witnesses) {
      const [, digit] = /^stun:stun(\d)\.example\d\.net:3478:udp$/.exec(id)!;
      expect(operator).toBe(`example${digit}.net`);
    }
    expect(idsOf(source)).not.toEqual([0, 1, 2, 3].map((n) => `stun:stun${n}.example${n}.net:3478:udp`));
    expect(world.log.messages("info")).toEqual([`Loaded 10 hosts from ${URL_OF_LIST}`]);
  });

  it("are drawn evenly", async () => {
    const world = new World();
    const counts = new Map<string, number>();
    for (let start = 0; start < 300; start += 1) {
      const source = world.source({ limit: 3 });
      await prepare(source);
      for (const id of idsOf(source)) counts.set(id, (counts.get(id) ?? 0) + 1);
      world.files.failure = new Error("no disk");
    }
    expect(counts.size).toBe(10);
    for (const count of counts.values()) expect(Math.abs(count - 90)).toBeLessThan(40);
  });

  it("have a vote at once where probation is switched off", async () => {
    const source = new World().source({ probation: false });
    await prepare(source);
    expect(source.witnesses().some(({ probation }) => probation)).toBe(false);
  });

  it("can come from a list for each transport, with limits of their own", async () => {
    const world = new World();
    const source = world.source({ tcp: "https://lists.example.net/tcp.txt", limit: 3, tcpLimit: 2 });
    await prepare(source);
    const transports = idsOf(source).map((id) => id.split(":").at(-1));
    expect(transports).toEqual(["udp", "udp", "udp", "tcp", "tcp"]);
    expect(world.requests).toHaveLength(2);
  });

  it("stand behind configured servers of the same name, which keep their operator and their vote", async () => {
    const source = new World().source({ limit: 10 }, [{ host: "stun3.example3.net", operator: "mine" }]);
    await prepare(source);
    expect(source.witnesses()).toHaveLength(10);
    const [first] = source.witnesses();
    expect(first).toMatchObject({
      id: "stun:stun3.example3.net:3478:udp",
      operator: "mine",
      probation: false,
    });
  });

  it("are resolved ahead, for the families in question, and names that fail are no failure", async () => {
    const world = new World();
    const source = world.source({ limit: 2 }, [{ host: "192.0.2.1" }]);
    await source.prepare?.([4, 6], NEVER);
    expect(world.resolved).toHaveLength(5);
    expect(world.resolved).toContain("192.0.2.1 4");
    expect(world.resolved).not.toContain("192.0.2.1 6");
    expect(world.log.messages("warn")).toEqual([]);
    const ipv4 = new World();
    await prepare(ipv4.source({ limit: 2 }));
    expect(ipv4.resolved.filter((question) => question.endsWith(" 6"))).toEqual([]);
  });
});

describe("a public list", () => {
  it("is fetched over a fresh connection, at most 256 KiB, at most once a day, and drawn from anew", async () => {
    const world = new World();
    const source = world.source();
    await prepare(source);
    const before = idsOf(source);
    await world.clock.advance(DAY - 1);
    await prepare(source);
    expect(world.requests).toHaveLength(1);
    expect(idsOf(source)).toEqual(before);
    await world.clock.advance(1);
    await prepare(source);
    expect(world.requests).toHaveLength(2);
    expect(idsOf(source)).not.toEqual(before);
    expect(world.requests[0]).toMatchObject({ method: "GET", connection: "fresh", maxBytes: 262_144 });
    expect(world.requests[0]?.url.href).toBe(URL_OF_LIST);
  });

  it("survives a restart on disk, and is not fetched before its day is over", async () => {
    const world = new World();
    await prepare(world.source());
    await world.clock.advance(DAY / 2);
    const source = world.source();
    await prepare(source);
    expect(world.requests).toHaveLength(1);
    expect(source.witnesses()).toHaveLength(5);
    await world.clock.advance(DAY / 2);
    await prepare(source);
    expect(world.requests).toHaveLength(2);
  });

  it("is fetched anew after a restart with another URL, or with a clock set back", async () => {
    const world = new World();
    await prepare(world.source());
    await prepare(world.source({ udp: "https://other.example.net/list" }));
    expect(world.requests).toHaveLength(2);
    world.clock.setDate(new Date("2020-01-01"));
    await prepare(world.source({ udp: "https://other.example.net/list" }));
    expect(world.requests).toHaveLength(3);
  });

  it("is asked for by its ETag, also after a restart, and kept when it has not changed", async () => {
    const world = new World();
    world.answer = { status: 200, body: TEN, etag: '"v1"' };
    await prepare(world.source());
    await world.clock.advance(DAY);
    world.answer = { status: 304, body: "" };
    const source = world.source();
    await prepare(source);
    expect(world.requests.map(({ headers }) => headers?.["if-none-match"])).toEqual([undefined, '"v1"']);
    expect(source.witnesses()).toHaveLength(5);
    await world.clock.advance(DAY - 1);
    await prepare(world.source());
    expect(world.requests).toHaveLength(2);
  });

  it.each([
    ["a page", { status: 200, body: "<!DOCTYPE html><title>Welcome to the hotel</title>" }],
    ["nothing", { status: 200, body: "" }],
    ["one bad line", { status: 200, body: `${TEN}\noops` }],
    ["not found", { status: 404, body: TEN }],
    ["a redirect", { status: 302, body: TEN }],
    ["a server error", { status: 500, body: "" }],
    ["no answer", new Error("the peer broke the connection off")],
  ])("that was good is not replaced by a bad one: %s", async (_, answer) => {
    const world = new World();
    const source = world.source();
    await prepare(source);
    const before = idsOf(source);
    await world.clock.advance(DAY);
    world.answer = answer;
    await prepare(source);
    expect(world.requests).toHaveLength(2);
    expect(idsOf(source)).toEqual(before);
    expect(world.log.messages("warn")).toEqual(["The list of STUN servers could not be refreshed"]);
    const restarted = world.source();
    await prepare(restarted);
    expect(restarted.witnesses()).toHaveLength(5);
  });

  it("that could not be had is tried again in a minute, two, four, and never more than daily", async () => {
    const world = new World();
    world.answer = { status: 503, body: "" };
    const source = world.source();
    const tries: number[] = [];
    while (world.clock.now() < 5 * DAY) {
      const before = world.requests.length;
      await prepare(source);
      if (world.requests.length > before) tries.push(world.clock.now() / MINUTE);
      await world.clock.advance(MINUTE);
    }
    expect(tries.slice(0, 6)).toEqual([0, 1, 3, 7, 15, 31]);
    expect(tries.at(-1)! - tries.at(-2)!).toBe(1440);
    world.answer = { status: 200, body: TEN };
    await world.clock.advance(DAY);
    await prepare(source);
    expect(source.witnesses()).toHaveLength(5);
    world.answer = { status: 503, body: "" };
    await world.clock.advance(DAY);
    await prepare(source);
    const before = world.requests.length;
    await world.clock.advance(MINUTE);
    await prepare(source);
    expect(world.requests).toHaveLength(before + 1);
  });

  it("is used though it cannot be stored", async () => {
    const world = new World();
    world.files.failure = new Error("no space left");
    const source = world.source();
    await prepare(source);
    expect(source.witnesses()).toHaveLength(5);
    expect(world.log.messages("warn")).toContain("The list of STUN servers could not be stored");
  });

  it.each([
    "",
    "{",
    "[]",
    '{"url":"x"}',
    `{"url":"${URL_OF_LIST}","text":"<html>","fetchedAt":"2026-01-01T00:00:00Z"}`,
  ])("is fetched when the stored one is damaged (%j)", async (stored) => {
    const world = new World();
    await world.files.write("/var/cache/esddns/stun-servers-udp.json", new TextEncoder().encode(stored));
    const source = world.source();
    await prepare(source);
    expect(source.witnesses()).toHaveLength(5);
    expect(world.requests).toHaveLength(1);
  });

  it("keeps a token in its query out of the log", async () => {
    const world = new World();
    await prepare(world.source({ udp: `${URL_OF_LIST}?token=sesame` }));
    world.answer = { status: 503, body: "" };
    await world.clock.advance(DAY);
    await prepare(world.source({ udp: `${URL_OF_LIST}?token=sesame` }));
    expect(world.log.entries.length).toBeGreaterThan(2);
    expect(JSON.stringify(world.log.entries)).not.toContain("sesame");
  });

  it("is left alone when the preparation was cancelled", async () => {
    const world = new World();
    const source = world.source();
    await source.prepare?.([4], AbortSignal.abort());
    expect(world.requests).toEqual([]);
    world.answer = new CancelledError();
    await prepare(source);
    expect(world.log.messages("warn")).toEqual([]);
    world.answer = { status: 200, body: TEN };
    await prepare(source);
    expect(source.witnesses()).toHaveLength(5);
  });
});
