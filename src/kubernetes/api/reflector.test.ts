import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { milliseconds } from "#core/units.ts";
import { BackOff } from "#kubernetes/api/back-off.ts";
import { Reflector, type Sight } from "#kubernetes/api/reflector.ts";
import type { ApiAnswer, ApiRequest } from "#kubernetes/api/ports.ts";
import { type ConfigMap, CONFIG_MAPS } from "#kubernetes/api/resource.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { jsonAnswer } from "#testing/kube-answers.ts";
import { KubeApi } from "#testing/kube-api.ts";
import { ManualClock, settled } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const COLLECTION = "v1/home/configmaps";
const NAME = "esddns-wan-ip";
const [BROKE_OFF, GOES_ON] = ["A watch of the API server broke off", "A watch of the API server goes on"];
/** The server has not come as far as that version. */
const TOO_LARGE = {
  kind: "Status",
  code: 504,
  reason: "Timeout",
  details: {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  },
};

interface WorldOptions {
  readonly fraction?: () => number;
  /** Instead of the API server; `undefined`: that answers. */
  readonly answer?: (request: ApiRequest) => ApiAnswer | undefined;
}

function world({ fraction = () => 0, answer }: WorldOptions = {}) {
  const clock = new ManualClock();
  const api = new KubeApi(clock);
  const transport = api.transport();
  const log = new MemoryLog();
  const seen: (string | undefined)[] = [];
  const watching: boolean[] = [];
  const stop = new AbortController();
  const reflector = new Reflector({
    client: createKubernetesClient({
      transport: {
        open: async (request, signal) => answer?.(request) ?? transport.open(request, signal),
      },
      clock,
      purpose: "agent",
    }),
    resource: CONFIG_MAPS,
    place: { namespace: "home", name: NAME },
    clock,
    random: { bytes: (length) => new Uint8Array(length), fraction },
    log,
    onSight: (sight) => seen.push(addressOf(sight)),
    onWatching: (isWatching) => watching.push(isWatching),
  });
  const write = (ip: string) => api.objects.put(COLLECTION, "home", NAME, { data: { ip } });
  const verbs = () => api.requests.map(({ verb }) => verb);
  const start = async () => {
    void reflector.run(stop.signal);
    await settled();
  };
  return { clock, api, log, seen, watching, stop, reflector, write, verbs, start };
}

function tooLargeToList({ target }: ApiRequest): ApiAnswer | undefined {
  const { searchParams: query } = new URL(target, "https://api");
  const isRefused = query.has("resourceVersion") && !query.has("watch");
  return isRefused ? jsonAnswer(504, TOO_LARGE) : undefined;
}

function addressOf(sight: Sight<ConfigMap>): string | undefined {
  return sight.kind === "present" ? sight.object.data?.["ip"] : undefined;
}

describe("a reflector", () => {
  it("tells what is there, and then each change of it", async () => {
    const { api, seen, watching, write, start } = world();
    write("192.0.2.1");
    await start();
    write("192.0.2.2");
    api.objects.put(COLLECTION, "home", "another", { data: { ip: "203.0.113.9" } });
    await settled();
    api.objects.delete(COLLECTION, NAME);
    await settled();
    expect(seen).toEqual(["192.0.2.1", "192.0.2.2", undefined]);
    expect(watching).toEqual([true]);
  });

  it("tells that there is nothing, which is not the same as not to know", async () => {
    const { api, seen, start } = world();
    api.fail({ status: 500, times: 1 });
    await start();
    expect(seen).toEqual([]);
  });

  it("tells that there is nothing when the server says so", async () => {
    const { seen, start } = world();
    await start();
    expect(seen).toEqual([undefined]);
  });

  it("asks for that one name, for bookmarks, and for a time between five and ten minutes", async () => {
    for (const [fraction, timeout] of [
      [0, "300"],
      [0.999, "600"],
    ] as const) {
      const { api, start } = world({ fraction: () => fraction });
      await start();
      const watch = api.requests.find(({ verb }) => verb === "watch");
      expect(Object.fromEntries(watch?.query ?? [])).toEqual({
        watch: "1",
        fieldSelector: `metadata.name=${NAME}`,
        resourceVersion: api.objects.version,
        allowWatchBookmarks: "true",
        timeoutSeconds: timeout,
      });
    }
  });

  it("goes on from where it was when a watch breaks off, and misses nothing of the time between", async () => {
    const { clock, api, seen, watching, write, verbs, start } = world();
    write("192.0.2.1");
    await start();
    await clock.advance(60_000);
    api.endWatches("cut");
    await settled();
    write("192.0.2.2");
    expect(watching).toEqual([true, false]);
    await clock.advance(800);
    expect(verbs()).toEqual(["list", "watch", "watch"]);
    expect(seen).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  it("goes on from the last bookmark", async () => {
    const { clock, api, start } = world();
    await start();
    api.objects.put(COLLECTION, "home", "another", {});
    api.sendBookmarks();
    await settled();
    api.endWatches("cut");
    await clock.advance(1000);
    expect(api.requests.at(-1)?.query.get("resourceVersion")).toBe(api.objects.version);
  });

  it("watches anew at once when a server ends a watch in order", async () => {
    const { clock, api, verbs, start } = world();
    await start();
    await clock.advance(60_000);
    api.endWatches("clean");
    await settled();
    expect(verbs()).toEqual(["list", "watch", "watch"]);
  });

  it("does not storm a server that ends every watch at once", async () => {
    const { clock, api, start } = world();
    await start();
    for (let span = 0; span < 60_000; span += 100) {
      api.endWatches("clean");
      await clock.advance(100);
    }
    expect(api.requests.length).toBeLessThan(12);
  });

  it.each([0, 0.5, 0.999])(
    "lists anew within ten minutes, so that a watch that left something out does no harm: by chance %d",
    async (fraction) => {
      const { clock, api, seen, write, verbs, start } = world({ fraction: () => fraction });
      write("192.0.2.1");
      await start();
      api.isForgetful = true;
      write("192.0.2.2");
      await clock.advance(601_000);
      expect(seen).toEqual(["192.0.2.1", "192.0.2.2"]);
      expect(verbs().slice(0, 4)).toEqual(["list", "watch", "list", "watch"]);
    },
  );

  it("says nothing twice when a list repeats what is known", async () => {
    const { clock, seen, write, verbs, start } = world();
    write("192.0.2.1");
    await start();
    await clock.advance(3_600_000);
    expect(seen).toEqual(["192.0.2.1"]);
    expect(verbs().filter((verb) => verb === "list").length).toBeGreaterThan(5);
  });

  it.each(["an event", "the head of the answer"])(
    "lists anew after 410 as %s, first from the cache",
    async (where) => {
      const { clock, api, seen, write, verbs, start } = world();
      write("192.0.2.1");
      await start();
      const known = api.objects.version;
      api.endWatches("cut");
      await settled();
      write("192.0.2.2");
      api.objects.compact();
      if (where !== "an event") api.fail({ status: 410 });
      await clock.advance(5000);
      expect(verbs()).toEqual(["list", "watch", "watch", "list", "watch"]);
      expect(api.requests[3]?.query.get("resourceVersion")).toBe(known);
      expect(seen).toEqual(["192.0.2.1", "192.0.2.2"]);
    },
  );

  it("lists anew at once when it was away for longer than the server remembers", async () => {
    const { clock, api, seen, write, verbs, start } = world();
    write("192.0.2.1");
    await start();
    api.fail({ status: 503, times: Infinity });
    api.endWatches("cut");
    await clock.advance(120_000);
    write("192.0.2.2");
    api.objects.compact();
    api.heal();
    await clock.advance(10_000);
    expect(verbs().slice(-4)).toEqual(["watch", "watch", "list", "watch"]);
    expect(seen).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  it("comes back soon from an outage that follows upon another one", async () => {
    const { clock, api, verbs, start } = world();
    await start();
    api.fail({ status: 503, times: Infinity });
    api.endWatches("cut");
    await clock.advance(60_000);
    api.heal();
    await clock.advance(10_000);
    const known = verbs().length;
    await clock.advance(10_000);
    api.endWatches("cut");
    await clock.advance(799);
    expect(verbs().length).toBe(known);
    await clock.advance(1);
    expect(verbs().length).toBe(known + 1);
  });

  it("says of each of two outages that it began and that it is over", async () => {
    const { clock, api, log, start } = world();
    await start();
    for (let outage = 0; outage < 2; outage += 1) {
      api.endWatches("cut");
      await clock.advance(60_000);
    }
    expect(log.messages("warn")).toEqual([BROKE_OFF, BROKE_OFF]);
    expect(log.messages("info")).toEqual([GOES_ON, GOES_ON]);
    // What comes after is in order, and nothing is over by it
    api.endWatches("clean");
    await clock.advance(60_000);
    expect(log.messages("info")).toHaveLength(2);
  });

  it("does not storm a server to which every version is too old", async () => {
    const { clock, api, start } = world();
    await start();
    for (let span = 0; span < 60_000; span += 100) {
      api.objects.compact();
      api.endWatches("cut");
      await clock.advance(100);
    }
    expect(api.requests.length).toBeLessThan(40);
  });

  it("lists the newest when the version that it knows is gone from the cache, too", async () => {
    const { clock, api, verbs, start } = world();
    await start();
    await clock.advance(10_001);
    api.endWatches("cut");
    api.fail({ status: 410, times: 2 });
    await clock.advance(20_000);
    expect(verbs()).toEqual(["list", "watch", "watch", "list", "list", "watch"]);
    expect(api.requests[4]?.query.has("resourceVersion")).toBe(false);
  });

  it("lists the newest when the server has not come as far as the version that it knows", async () => {
    const { clock, api, verbs, start } = world();
    await start();
    api.sendLine(JSON.stringify({ type: "ERROR", object: TOO_LARGE }));
    await clock.advance(1799);
    expect(verbs()).toEqual(["list", "watch"]);
    await clock.advance(1);
    expect(verbs()).toEqual(["list", "watch", "list", "watch"]);
    expect(api.requests[2]?.query.has("resourceVersion")).toBe(false);
  });

  it("lists the newest when a server set back to a backup knows neither that version nor any later one", async () => {
    const { clock, api, seen, verbs, start, write } = world({ answer: tooLargeToList });
    write("192.0.2.1");
    await start();
    await clock.advance(10_001);
    api.fail({ status: 410 });
    api.endWatches("cut");
    write("192.0.2.2");
    await clock.advance(20_000);
    expect(verbs()).toEqual(["list", "watch", "watch", "list", "watch"]);
    expect(seen).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  it("notices that the object is gone while it was away", async () => {
    const { clock, api, seen, write, start } = world();
    write("192.0.2.1");
    await start();
    api.endWatches("cut");
    await settled();
    api.objects.delete(COLLECTION, NAME);
    api.objects.compact();
    await clock.advance(5000);
    expect(seen).toEqual(["192.0.2.1", undefined]);
  });

  it("waits as long as a server that is busy asks, and goes on from where it was", async () => {
    const { clock, api, verbs, start } = world();
    await start();
    api.fail({ status: 429, retryAfter: 20 });
    api.endWatches("cut");
    await clock.advance(800);
    expect(verbs()).toEqual(["list", "watch", "watch"]);
    await clock.advance(20_000);
    expect(verbs()).toEqual(["list", "watch", "watch"]);
    await clock.advance(2000);
    expect(verbs()).toEqual(["list", "watch", "watch", "watch"]);
  });

  it.each([
    { status: 500 },
    { status: 503 },
    { status: 401 },
    { status: 403 },
    { status: 500, broken: true },
  ])("comes back by itself from %o that goes on for minutes", async (fault) => {
    const { clock, api, log, seen, write, start } = world();
    write("192.0.2.1");
    await start();
    api.fail({ ...fault, times: Infinity });
    api.endWatches("cut");
    await clock.advance(240_000);
    write("192.0.2.2");
    api.heal();
    await clock.advance(60_000);
    expect(seen).toEqual(["192.0.2.1", "192.0.2.2"]);
    // The watch that was cut, and what goes on for minutes
    expect(log.messages("warn")).toEqual([BROKE_OFF, BROKE_OFF]);
    expect(log.messages("info")).toEqual([GOES_ON]);
    expect(api.requests.length).toBeLessThan(35);
  });

  it("comes back when the server was frozen, however long", async () => {
    const { clock, api, seen, write, start } = world();
    write("192.0.2.1");
    await start();
    api.freeze();
    await clock.advance(3_600_000);
    write("192.0.2.2");
    api.thaw();
    await clock.advance(70_000);
    expect(seen).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  it("leaves nothing behind", async () => {
    const { clock, api, stop, start } = world();
    await start();
    stop.abort();
    await settled();
    expect([clock.pending, api.watchers]).toEqual([0, 0]);
  });

  it("ends with the last state, whatever happens on the way", async () => {
    const step = fc.oneof(
      fc.constant({ kind: "write" as const }),
      fc.constant({ kind: "delete" as const }),
      fc.constant({ kind: "compact" as const }),
      fc.constant({ kind: "bookmark" as const }),
      fc.constantFrom("cut" as const, "clean" as const).map((how) => ({ kind: "end" as const, how })),
      fc.constantFrom(401, 403, 410, 429, 500, 503).map((status) => ({ kind: "fail" as const, status })),
      fc.integer({ min: 0, max: 400_000 }).map((span) => ({ kind: "wait" as const, span })),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 20 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.99, noNaN: true })),
        async (steps, chance) => {
          const { clock, api, seen, write, stop, start } = world({ fraction: () => chance.next().value });
          await start();
          let last: string | undefined;
          let count = 0;
          for (const action of steps) {
            if (action.kind === "write") write((last = `192.0.2.${(count += 1)}`));
            if (action.kind === "delete") {
              api.objects.delete(COLLECTION, NAME);
              last = undefined;
            }
            if (action.kind === "compact") api.objects.compact();
            if (action.kind === "bookmark") api.sendBookmarks();
            if (action.kind === "end") api.endWatches(action.how);
            if (action.kind === "fail") api.fail({ status: action.status, times: 3 });
            if (action.kind === "wait") await clock.advance(action.span);
          }
          api.heal();
          await clock.advance(130_000);
          expect(seen.at(-1)).toBe(last);
          // Each state once, in the order in which they were
          const numbers = seen.flatMap((ip) => (ip === undefined ? [] : [Number(ip.slice(8))]));
          expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
          stop.abort();
          await settled();
          expect([clock.pending, api.watchers]).toEqual([0, 0]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("the back-off", () => {
  it("doubles from 0.8 s to 10 s, and starts over after two quiet minutes", async () => {
    const clock = new ManualClock();
    const backOff = new BackOff({ clock, random: { bytes: () => new Uint8Array(), fraction: () => 0 } });
    const spans = Array.from({ length: 6 }, () => backOff.next());
    expect(spans).toEqual([800, 1600, 3200, 6400, 10_000, 10_000]);
    await clock.advance(120_000);
    expect(backOff.next()).toBe(10_000);
    await clock.advance(120_001);
    expect(backOff.next()).toBe(800);
  });

  it("adds up to as much by chance, and what the server asks for", () => {
    const random = { bytes: () => new Uint8Array(), fraction: () => 0.5 };
    const backOff = new BackOff({ clock: new ManualClock(), random });
    expect(backOff.next()).toBe(1200);
    expect(backOff.next(milliseconds(5000))).toBe(7400);
  });
});
