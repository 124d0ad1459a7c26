import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFeed, type EventFeed } from "#service/event-feed.ts";
import type { FeedEvent } from "#service/feed.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const STARTED = new Date("2026-01-01T00:00:00Z");

function world(limits?: { readonly events: number; readonly characters: number }) {
  const clock = new ManualClock();
  const log = new MemoryLog();
  return { clock, log, feed: createFeed({ startedAt: STARTED, clock, log, limits }) };
}

function read(feed: EventFeed): { readonly batches: (readonly string[])[]; readonly leave: () => void } {
  const batches: (readonly string[])[] = [];
  const leave = feed.subscribe((events) => batches.push(texts(events)));
  return { batches, leave };
}

function texts(events: readonly FeedEvent[] | undefined): readonly string[] {
  return (events ?? []).map(({ json }) => json);
}

describe("the feed", () => {
  it("tells what comes together as one, within 20 ms", async () => {
    const { clock, feed } = world();
    const { batches } = read(feed);
    feed.push("a", 1);
    feed.push("b", 2);
    await clock.advance(19);
    expect(batches).toEqual([]);

    await clock.advance(1);
    expect(batches).toEqual([["1", "2"]]);

    feed.push("c", 3);
    await clock.advance(20);
    expect(batches).toEqual([["1", "2"], ["3"]]);
    expect(clock.pending).toBe(0);
  });

  it("gives every reader the same text, made once", async () => {
    const { clock, feed } = world();
    const got: (readonly FeedEvent[])[] = [];
    feed.subscribe((events) => got.push(events));
    feed.subscribe((events) => got.push(events));
    let times = 0;
    feed.push("decided", { toJSON: () => `made ${(times += 1)} times` });
    await clock.advance(20);

    expect(got[0]).toBe(got[1]);
    expect(got[0]?.[0]?.sse).toBe(`id: ${feed.lastId}\nevent: decided\ndata: "made 1 times"\n\n`);
  });

  it("tells a reader nothing that came before it, for that is what `since` is for", async () => {
    const { clock, feed } = world();
    const first = read(feed);
    feed.push("a", 1);
    const second = read(feed);
    feed.push("b", 2);
    await clock.advance(20);

    expect(first.batches.flat()).toEqual(["1", "2"]);
    expect(second.batches.flat()).toEqual(["2"]);
  });

  it("knows what came since an event, and nothing of another process or of the future", () => {
    const { feed } = world();
    const before = feed.lastId;
    feed.push("a", 1);
    feed.push("b", 2);

    expect(texts(feed.since(before))).toEqual(["1", "2"]);
    expect(feed.since(feed.lastId)).toEqual([]);
    const [name] = feed.lastId.split("-");
    for (const strange of [
      "",
      "x",
      `${name}-3`,
      `${name}-01`,
      `${name}--1`,
      `${name}-1e0`,
      `${name}-NaN`,
      "zzzz-1",
      `${name}-`,
    ])
      expect(feed.since(strange), strange).toBeUndefined();
  });

  it("forgets the oldest beyond its limits, and says so", () => {
    const { feed } = world({ events: 3, characters: 1_000_000 });
    const ids = [1, 2, 3, 4].map((value) => {
      feed.push("a", value);
      return feed.lastId;
    });
    expect(texts(feed.since(ids[0] ?? ""))).toEqual(["2", "3", "4"]);
    const [name] = feed.lastId.split("-");
    expect(feed.since(`${name}-0`)).toBeUndefined();
  });

  it("is bounded in characters, too, even by a single event", () => {
    const { feed } = world({ events: 1000, characters: 500 });
    const before = feed.lastId;
    feed.push("a", "x".repeat(600));
    expect(feed.since(before)).toBeUndefined();
    const then = feed.lastId;
    feed.push("a", "small");
    expect(texts(feed.since(then))).toEqual(['"small"']);
  });

  it("lets a listener with a bug go, and tells the others", async () => {
    const { clock, feed, log } = world();
    feed.subscribe(() => {
      throw new RangeError("broken");
    });
    const { batches } = read(feed);
    feed.push("a", 1);
    await clock.advance(20);
    feed.push("b", 2);
    await clock.advance(20);

    expect(batches).toEqual([["1"], ["2"]]);
    expect(log.messages("error")).toHaveLength(1);
  });

  it("tells nobody who left, and leaves no timer behind when it is closed", async () => {
    const { clock, feed } = world();
    const { batches, leave } = read(feed);
    const other = read(feed);
    leave();
    feed.push("a", 1);
    feed.close();
    await clock.advance(20);

    expect([batches, other.batches, clock.pending]).toEqual([[], [], 0]);
  });

  it("a reader that comes and goes misses nothing and gets nothing twice, or is told to begin anew", async () => {
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ do: fc.constant("push" as const), times: fc.integer({ min: 1, max: 6 }) }),
      },
      fc.record({ do: fc.constant("wait" as const), span: fc.integer({ min: 0, max: 40 }) }),
      fc.constant({ do: "leave" as const }),
      fc.constant({ do: "come" as const }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, feed } = world({ events: 8, characters: 1_000_000 });
        let pushed = 0;
        /** What the reader believes to have seen. */
        let seen = 0;
        let last = feed.lastId;
        let leave: (() => void) | undefined;
        const take = (events: readonly FeedEvent[]) => {
          for (const { json, id } of events) {
            expect(Number(json)).toBe(seen + 1);
            seen += 1;
            last = id;
          }
        };
        const come = () => {
          if (leave) return;
          const missed = feed.since(last);
          expect(missed === undefined).toBe(pushed - seen > 8);
          leave = feed.subscribe(take);
          if (missed) return take(missed);
          seen = pushed;
          last = feed.lastId;
        };
        for (const each of steps) {
          if (each.do === "push")
            for (let time = 0; time < each.times; time += 1) feed.push("n", (pushed += 1));
          if (each.do === "wait") await clock.advance(each.span);
          if (each.do === "come") come();
          if (each.do === "leave") {
            leave?.();
            leave = undefined;
          }
        }
        come();
        await clock.advance(20);
        expect(seen).toBe(pushed);
      }),
      { numRuns: 150 },
    );
  });
});
