import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { apiRoutes } from "#service/api/routes.ts";
import { expectValid, expectValidEvent } from "#testing/api-contract.ts";
import { fixedRandom } from "#testing/engine-world.ts";
import { TestEventSource } from "#testing/event-source.ts";
import { type ServedWorld, serveWorld } from "#testing/served-world.ts";

let world: ServedWorld;
const sources: TestEventSource[] = [];

beforeAll(async () => {
  world = await serveWorld({ routes: apiRoutes });
});

afterEach(() => {
  for (const source of sources.splice(0)) source.close();
});

afterAll(() => world.close());

async function open(query = "", headers: Record<string, string> = {}): Promise<TestEventSource> {
  const source = await TestEventSource.open(`${world.server.origin}/api/v1/events${query}`, headers);
  sources.push(source);
  return source;
}

describe("a reader of the events", () => {
  it("begins with the state, and where it stands among the events", async () => {
    const reader = await open();
    await reader.until(({ length }) => length === 1);

    const [first] = reader.events;
    expect([first?.kind, first?.id, reader.retry]).toEqual(["state", world.feed.lastId, 2000]);
    expectValid("/api/v1/state", 200, first?.data);
    expect(first?.data).toMatchObject({ lastEventId: world.feed.lastId });
  });

  it("sees a whole round as it happens, each event as the document says", async () => {
    const reader = await open("?state=0");
    world.world.move("44.128.10.99");
    await world.context.operations.round(new AbortController().signal);
    await reader.until((events) => events.some(({ kind }) => kind === "round-ended"));

    expect(reader.kinds.at(0)).toBe("round-started");
    expect(reader.kinds).toEqual(
      expect.arrayContaining(["asked", "observed", "decided", "planned", "called", "published", "happening"]),
    );
    for (const { kind, data } of reader.events) expectValidEvent(kind, data);
    const titles = reader.events.filter(({ kind }) => kind === "happening").map(({ data }) => data);
    expect(titles).toContainEqual(expect.objectContaining({ title: "The IPv4 address is now 44.128.10.99" }));
  });

  it("gets an event within 50 ms", async () => {
    const reader = await open("?state=0");
    const pushedAt = performance.now();
    world.feed.push("scheduled", { next: "probe", withinMs: 1 });
    await reader.until(({ length }) => length === 1);
    expect(performance.now() - pushedAt).toBeLessThan(50);
  });

  it("that comes back gets what it missed and no state, by header or by query", async () => {
    const last = world.feed.lastId;
    for (const n of [1, 2, 3]) world.feed.push("scheduled", { next: "probe", withinMs: n });
    for (const reader of [await open("", { "last-event-id": last }), await open(`?lastEventId=${last}`)]) {
      await reader.until(({ length }) => length === 3);
      expect(reader.events.map(({ data }) => data)).toMatchObject([
        { withinMs: 1 },
        { withinMs: 2 },
        { withinMs: 3 },
      ]);
      expect(reader.lastEventId).toBe(world.feed.lastId);
    }
  });

  it("that was away for too long, or knew another process, begins with the state again, asked for or not", async () => {
    for (const id of ["abc-12", "nonsense", `${world.feed.lastId}0`]) {
      const reader = await open("?state=0", { "last-event-id": id });
      await reader.until(({ length }) => length === 1);
      expect(reader.kinds).toEqual(["state"]);
    }
  });

  it("gets the kinds that it wants", async () => {
    const reader = await open("?kinds=happening,probed&state=0");
    world.feed.push("scheduled", { next: "probe", withinMs: 1 });
    world.feed.push("probed", { family: 4 });
    await reader.until(({ length }) => length === 1);
    expect(reader.kinds).toEqual(["probed"]);
  });

  it("is told which kinds there are when it asks for another one", async () => {
    const response = await world.ask("/api/v1/events?kinds=happening,gossip");
    const body: unknown = await response.json();
    expect(response.status).toBe(400);
    expectValid("/api/v1/events", 400, body);
    expect(JSON.stringify(body)).toContain("round-started");
  });

  it("sees every event once and in order, whenever its line breaks", async () => {
    const random = fixedRandom(5);
    const seen: string[] = [];
    const pushed: string[] = [];
    let last = world.feed.lastId;
    for (let visit = 0; visit < 25; visit += 1) {
      const reader = await open("", { "last-event-id": last });
      for (let event = 0; event < random.fraction() * 12; event += 1) {
        world.feed.push("scheduled", { next: "probe", withinMs: event });
        pushed.push(world.feed.lastId);
        if (random.fraction() < 0.3)
          await new Promise((resolve) => setTimeout(resolve, random.fraction() * 30));
      }
      if (random.fraction() < 0.5) await new Promise((resolve) => setTimeout(resolve, 25));
      reader.close();
      seen.push(...reader.events.map(({ id }) => id));
      last = reader.lastEventId || last;
    }
    const reader = await open("", { "last-event-id": last });
    await reader.until((events) => seen.length + events.length >= pushed.length);
    expect([...seen, ...reader.events.map(({ id }) => id)]).toEqual(pushed);
  });

  it("that takes nothing is let go, and the others notice nothing", async () => {
    const { port = 0 } = world.server;
    const idle = connect(port, "127.0.0.1");
    idle.pause();
    idle.write(`GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    const gone = new Promise((resolve) => idle.once("close", resolve));
    idle.on("error", () => {});
    const reader = await open("?state=0");
    const before = world.server.openConnections();
    const big = "x".repeat(64 * 1024);
    for (let n = 0; n < 400; n += 1) {
      world.feed.push("crashed", { message: big });
      if (n % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await reader.until(({ length }) => length === 400);
    expect(world.server.openConnections()).toBeLessThan(before);
    idle.resume();
    await gone;
  });

  it("leaves nothing behind when it goes", async () => {
    const before = world.server.openConnections();
    const readers = await Promise.all(Array.from({ length: 20 }, () => open("?state=0")));
    expect(world.server.openConnections()).toBeGreaterThanOrEqual(before + 20);
    for (const reader of readers) reader.close();
    await expect.poll(() => world.server.openConnections()).toBeLessThanOrEqual(before);
  });

  it("is one of two hundred that all have an event at once", async () => {
    const readers = await Promise.all(Array.from({ length: 200 }, () => open("?state=0")));
    const pushedAt = performance.now();
    world.feed.push("scheduled", { next: "round", withinMs: 1 });
    await Promise.all(readers.map((reader) => reader.until(({ length }) => length === 1)));
    // With 200 clients in the same process, on a busy machine; the benchmark has the true number
    expect(performance.now() - pushedAt).toBeLessThan(500);
  });
});
