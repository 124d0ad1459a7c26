import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventReaders } from "#service/api/event-readers.ts";
import { createFeed } from "#service/event-feed.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";

/** One that keeps what it gets, and is too slow when told so. */
class Sink {
  readonly texts: string[] = [];
  isTooSlow = false;

  write(text: string): boolean {
    if (this.isTooSlow) return false;
    this.texts.push(text);
    return true;
  }

  end(): void {}
}

function world() {
  const clock = new ManualClock();
  const feed = createFeed({ startedAt: clock.date(), clock, log: new MemoryLog() });
  let snapshots = 0;
  const stateText = () => {
    snapshots += 1;
    return '"state"';
  };
  return { clock, feed, readers: new EventReaders({ feed, stateText }), snapshots: () => snapshots };
}

const QUIET = { wantsState: false };

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

describe("readers of the events", () => {
  it("hear every 15 s that the line is alive, by one timer for all of them", () => {
    const { readers } = world();
    const sinks = [new Sink(), new Sink(), new Sink()];
    const stops = sinks.map((sink) => readers.start(sink, QUIET));
    expect(vi.getTimerCount()).toBe(1);

    vi.advanceTimersByTime(30_000);
    for (const { texts } of sinks) expect(texts.filter((text) => text.startsWith(":"))).toHaveLength(2);
    for (const stop of stops) stop();
    expect([vi.getTimerCount(), readers.size]).toEqual([0, 0]);
  });

  it("that filter learn with it how far they are, so that they need not begin anew", async () => {
    const { readers, feed, clock } = world();
    const sink = new Sink();
    readers.start(sink, { ...QUIET, kinds: ["happening"] });
    feed.push("probed", {});
    const told = feed.lastId;
    await clock.advance(20);
    feed.push("probed", { what: "was not told yet" });
    vi.advanceTimersByTime(15_000);

    expect(sink.texts.at(-1)).toBe(`: still here\nid: ${told}\n\n`);
  });

  it("that are too slow are forgotten, and the others served", async () => {
    const { readers, feed, clock } = world();
    const [slow, quick] = [new Sink(), new Sink()];
    readers.start(slow, QUIET);
    readers.start(quick, QUIET);
    slow.isTooSlow = true;
    feed.push("probed", {});
    await clock.advance(20);

    expect(readers.size).toBe(1);
    expect(quick.texts.at(-1)).toContain("event: probed");
  });

  it("that want the same of a batch get the same text", async () => {
    const { readers, feed, clock } = world();
    const sinks = [["happening"], ["happening"], undefined].map((kinds) => {
      const sink = new Sink();
      readers.start(sink, { ...QUIET, kinds });
      return sink;
    });
    feed.push("happening", 1);
    feed.push("probed", 2);
    await clock.advance(20);

    const [first, second, all] = sinks.map(({ texts }) => texts.at(-1));
    expect(first).toBe(second);
    expect([first?.includes("probed"), all?.includes("probed")]).toEqual([false, true]);
  });
});
