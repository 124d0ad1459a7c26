import { describe, expect, it } from "vitest";
import { CancelledError, type Retry, TransportError } from "#core/errors.ts";
import { parseDomainName } from "#core/name.ts";
import type { Random } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import type { Heartbeat, Notice } from "#notify/definition.ts";
import { createNotifications } from "#notify/notifications.ts";
import { HAPPENING_KINDS, type Happening } from "#state/happening.ts";
import type { RecordState, State } from "#state/state.ts";
import { ManualClock, settled } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];

let drawn = 0;

/** Jitter in the middle: pauses are what they are meant to be. */
const random: Random = { bytes: (length) => new Uint8Array(length).fill((drawn += 1)), fraction: () => 0.5 };

/** A peer that does as the test says: `undefined` takes it. */
class Peer {
  readonly attempts: { readonly title: string; readonly id: string; readonly at: number }[] = [];
  readonly taken: Notice[] = [];
  isStopped = false;
  readonly #clock: ManualClock;
  answer: () => Promise<void> = () => Promise.resolve();

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  refuse(retry: Retry, words?: string): void {
    this.answer = () => Promise.reject(closed(retry, words));
  }

  async send(notice: Notice, signal: AbortSignal): Promise<void> {
    this.attempts.push({ title: notice.happening.title, id: notice.id, at: this.#clock.now() });
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        this.isStopped = true;
        reject(new CancelledError());
      });
    });
    await Promise.race([this.answer(), stopped]);
    this.taken.push(notice);
  }
}

function closed(retry: Retry, words = "the port is closed"): TransportError {
  return new TransportError(words, { code: "refused", retry, peer: "x", phase: "unsent", hint: "open it" });
}

function world(on: readonly Happening["kind"][] = HAPPENING_KINDS) {
  const clock = new ManualClock();
  const [log, peer, beats] = [new MemoryLog(), new Peer(clock), new Array<Heartbeat>()];
  const [results, monitor] = [new Array<string>(), { isDown: false }];
  const beat = (heartbeat: Heartbeat) => {
    if (monitor.isDown) return Promise.reject(closed("next-round"));
    return Promise.resolve(void beats.push(heartbeat));
  };
  const notifications = createNotifications({
    subscribers: [
      { kind: "message", name: "phone", type: "ntfy", on, notifier: peer },
      {
        kind: "heartbeat",
        name: "watch",
        type: "healthchecks",
        every: milliseconds(5 * MINUTE),
        monitor: { beat },
      },
    ],
    clock,
    random,
    log,
    host: "router-1",
    onDelivery: (notifier, result) => void results.push(`${notifier} ${result}`),
  });
  return { clock, log, peer, monitor, beats, results, notifications };
}

let count = 0;

/** A different one each time. */
function news(words: Partial<Happening> = {}): Happening {
  count += 1;
  const record = `host-${count}.example.org/A` as const;
  return { kind: "record-failed", at: new Date(), record, title: `news ${count}`, ...words };
}

describe("notifications", () => {
  it("tell what was asked for, and nothing else", async () => {
    const { peer, notifications } = world(["record-failed"]);
    notifications.tell(news({ title: "it failed" }));
    notifications.tell(news({ kind: "address-changed" }));
    await settled();
    expect(peer.taken).toMatchObject([
      { happening: { title: "it failed" }, host: "router-1", isTest: false },
    ]);
    expect(notifications.status()).toMatchObject([
      { name: "phone", type: "ntfy", lastSuccess: expect.any(Date), trouble: undefined },
      { name: "watch", lastSuccess: undefined },
    ]);
  });

  it("are tried again after 5, 10, 20 seconds and so on, ten minutes at most, in their order", async () => {
    const { clock, peer, notifications } = world();
    peer.refuse("next-round");
    notifications.tell(news({ title: "first" }));
    notifications.tell(news({ title: "second" }));
    await clock.advance(45 * MINUTE);
    const times = peer.attempts.map(({ at }) => at / SECOND);
    expect(times).toEqual([0, 5, 15, 35, 75, 155, 315, 635, 1235, 1835, 2435]);
    expect(new Set(peer.attempts.map(({ title }) => title))).toEqual(new Set(["first"]));
    peer.answer = () => Promise.resolve();
    await clock.advance(10 * MINUTE);
    expect(peer.taken.map(({ happening }) => happening.title)).toEqual(["first", "second"]);
  });

  it("have one id, however often they are tried, and each its own", async () => {
    const { clock, peer, notifications } = world();
    peer.refuse("next-round");
    notifications.tell(news());
    notifications.tell(news());
    await clock.advance(5 * SECOND);
    peer.answer = () => Promise.resolve();
    await clock.advance(MINUTE);
    const ids = peer.attempts.map(({ id }) => id);
    expect(ids).toHaveLength(4);
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(ids[3]).not.toBe(ids[0]);
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it("wait as long as the peer asks, and up to a tenth more", async () => {
    const { clock, peer, notifications } = world();
    peer.refuse({ after: milliseconds(HOUR) });
    notifications.tell(news());
    await clock.advance(1.04 * HOUR);
    expect(peer.attempts).toHaveLength(1);
    await clock.advance(0.02 * HOUR);
    expect(peer.attempts).toHaveLength(2);
  });

  it("wait a second at least, whatever the peer asks", async () => {
    const { clock, peer, notifications } = world();
    peer.refuse({ after: milliseconds(1) });
    notifications.tell(news());
    await clock.advance(3 * SECOND);
    expect(peer.attempts.length).toBeLessThanOrEqual(3);
  });

  it("wait an hour at most, whatever the peer asks, and begin anew after a success", async () => {
    const { clock, peer, notifications } = world();
    peer.refuse({ after: milliseconds(100 * HOUR) });
    notifications.tell(news());
    await clock.advance(1.06 * HOUR);
    expect(peer.attempts).toHaveLength(2);
    peer.answer = () => Promise.resolve();
    await clock.advance(1.06 * HOUR);
    expect(peer.taken).toHaveLength(1);
    peer.refuse("next-round");
    notifications.tell(news());
    await clock.advance(5 * SECOND);
    expect(peer.attempts).toHaveLength(5);
  });

  it("are given up when it is of no use, and the next one has its chance", async () => {
    const { clock, peer, log, notifications } = world();
    peer.refuse("never", "it answers 401");
    notifications.tell(news());
    notifications.tell(news());
    await clock.advance(24 * HOUR);
    expect(peer.attempts.map(({ at }) => at)).toEqual([0, 0]);
    expect(log.entries).toMatchObject([
      { level: "warn", message: "A notification is lost", fields: { notifier: "phone", type: "ntfy" } },
    ]);
    expect(notifications.status()[0]?.trouble).toMatchObject({ words: "it answers 401", hint: "open it" });
  });

  it("are given up after a day", async () => {
    const { clock, peer, log, notifications } = world();
    peer.refuse("next-round");
    notifications.tell(news());
    await clock.advance(25 * HOUR);
    expect(peer.attempts.at(-1)?.at).toBeLessThanOrEqual(24 * HOUR);
    expect(clock.pending).toBe(0);
    expect(log.messages("warn")).toEqual(["A notification is not delivered yet"]);
  });

  it("count once each: when they arrive, are given up or make room, and not while they are tried again", async () => {
    const { clock, peer, results, notifications } = world();
    peer.refuse("next-round");
    notifications.tell(news());
    await clock.advance(HOUR);
    expect(peer.attempts.length).toBeGreaterThan(5);
    expect(results).toEqual([]);
    peer.answer = () => Promise.resolve();
    await clock.advance(HOUR);
    expect(results).toEqual(["phone sent"]);
    peer.refuse("never");
    notifications.tell(news());
    await settled();
    expect(results).toEqual(["phone sent", "phone failed"]);
    await notifications.test("phone", new AbortController().signal).catch(() => undefined);
    expect(results).toEqual(["phone sent", "phone failed", "phone failed"]);
  });

  it("say once in the log that they fail, and once that they no longer do", async () => {
    const { clock, peer, log, notifications } = world();
    peer.refuse("next-round");
    notifications.tell(news());
    await clock.advance(MINUTE);
    peer.refuse("next-round", "another reason");
    await clock.advance(MINUTE);
    peer.answer = () => Promise.resolve();
    await clock.advance(10 * MINUTE);
    expect(log.entries.map(({ message }) => message)).toEqual([
      "A notification is not delivered yet",
      "A notification is not delivered yet",
      "Notifications are delivered again",
    ]);
    expect(notifications.status()[0]?.trouble).toBeUndefined();
  });

  it("lose the oldest, with one line, when more than fifty wait", async () => {
    const { clock, peer, log, notifications } = world();
    peer.refuse("next-round");
    for (let hour = 0; hour < 4; hour += 1) {
      for (let index = 0; index < 20; index += 1) notifications.tell(news({ title: `${hour}.${index}` }));
      await clock.advance(HOUR);
    }
    expect(log.messages("warn")).toContain("Too many notifications wait; the oldest are dropped");
    expect(
      log.messages("warn").filter((line) => line.startsWith("Too many notifications wait")),
    ).toHaveLength(1);
    peer.answer = () => Promise.resolve();
    await clock.advance(HOUR);
    expect(peer.taken).toHaveLength(50);
    expect(peer.taken[0]?.happening.title).toBe("1.10");
    expect(peer.taken.at(-1)?.happening.title).toBe("3.19");
  });

  it("are twenty an hour, then one that says so", async () => {
    const { clock, peer, log, notifications } = world();
    for (let index = 0; index < 100; index += 1) notifications.tell(news());
    await clock.advance(MINUTE);
    expect(peer.taken).toHaveLength(21);
    expect(peer.taken.at(-1)?.happening.title).toBe("Further messages are held back");
    expect(log.messages("warn")).toHaveLength(1);
    await clock.advance(HOUR - 2 * MINUTE);
    notifications.tell(news());
    await settled();
    expect(peer.taken).toHaveLength(21);
    await clock.advance(2 * MINUTE);
    notifications.tell(news({ title: "after an hour" }));
    await settled();
    expect(peer.taken.at(-1)?.happening.title).toBe("after an hour");
  });

  it("sum up what goes back and forth, and tell how it is in the end", async () => {
    const { clock, peer, notifications } = world();
    for (let index = 0; index < 50; index += 1) {
      const kind = index % 2 === 0 ? "record-failed" : "record-recovered";
      notifications.tell({ kind, at: clock.date(), record: "home.example.org/A", title: kind });
      await clock.advance(MINUTE);
    }
    expect(peer.taken).toHaveLength(5);
    await clock.advance(HOUR);
    expect(peer.taken).toHaveLength(6);
    expect(peer.taken[5]?.happening).toMatchObject({
      kind: "record-recovered",
      detail: "45 more turns within the hour",
    });
    await clock.advance(2 * HOUR);
    expect(peer.taken).toHaveLength(6);
    expect(clock.pending).toBe(0);
  });

  it("never throw at the one who tells, whatever the notifier does", async () => {
    const { peer, log, notifications } = world();
    peer.answer = () => {
      throw new TypeError("a bug");
    };
    notifications.tell(news());
    await settled();
    expect(log.messages("warn")).toEqual(["A notification is lost"]);
  });

  it("get what waits out of the door before they close", async () => {
    const { clock, peer, notifications } = world();
    let open = () => {};
    peer.answer = () => new Promise((resolve) => (open = resolve));
    notifications.tell(news());
    notifications.tell(news());
    await settled();
    const closing = notifications.close();
    notifications.tell(news());
    open();
    await settled();
    open();
    await closing;
    expect(peer.taken).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it("close after five seconds, whoever does not answer", async () => {
    const { clock, log, peer, notifications } = world();
    peer.answer = () => new Promise(() => {});
    notifications.tell(news());
    notifications.tell(news());
    await settled();
    let isClosed = false;
    const closing = notifications.close().then(() => (isClosed = true));
    await clock.advance(4999);
    expect(isClosed).toBe(false);
    await clock.advance(1);
    await closing;
    expect(clock.pending).toBe(0);
    expect(peer.isStopped).toBe(true);
    expect(log.entries).toContainEqual({
      level: "warn",
      message: "Notifications were not delivered before the end",
      fields: { notifier: "phone", type: "ntfy", count: 2 },
    });
  });

  it("close at once when they only wait to try again", async () => {
    const { clock, peer, notifications } = world();
    peer.refuse({ after: milliseconds(HOUR) });
    notifications.tell(news());
    await settled();
    await notifications.close();
    expect(clock.pending).toBe(0);
    expect(peer.attempts.length).toBeLessThanOrEqual(2);
  });
});

describe("a test of a notifier", () => {
  it("is sent at once, and says that it is one", async () => {
    const { peer, beats, notifications } = world([]);
    const { signal } = new AbortController();
    await notifications.test("phone", signal);
    await notifications.test("watch", signal);
    expect(peer.taken).toMatchObject([{ isTest: true, happening: { title: "This is a test of esddns" } }]);
    expect(beats).toEqual([{ isWell: true, words: "A test" }]);
  });

  it("fails with what the service says, and once", async () => {
    const { peer, log, notifications } = world();
    peer.refuse("next-round");
    const testing = notifications.test("phone", new AbortController().signal);
    await expect(testing).rejects.toThrow("the port is closed");
    expect(peer.attempts).toHaveLength(1);
    expect(notifications.status()[0]?.trouble?.words).toBe("the port is closed");
    expect(log.entries).toEqual([]);
    await expect(notifications.test("pone", new AbortController().signal)).rejects.toThrow(
      'Cannot test the notifier "pone": there is no such one, expected one of phone, watch',
    );
  });
});

const RECORD: Omit<RecordState, "condition"> = {
  record: { name: parseDomainName("home.example.org"), type: "A", provider: "home", mode: "replace" },
  since: undefined,
  published: undefined,
  changed: undefined,
  verification: undefined,
};

describe("signs of life", () => {
  const records = (kind: "failed" | "in-sync"): Pick<State, "records"> => ({
    records: [{ ...RECORD, condition: kind === "failed" ? { kind, words: "no such zone" } : { kind } }],
  });

  it("are sent after rounds, at most each five minutes, and at once when it changes", async () => {
    const { clock, beats, notifications } = world();
    for (let minute = 0; minute < 10; minute += 1) {
      notifications.beat(records("in-sync"));
      await clock.advance(MINUTE);
    }
    notifications.beat(records("failed"));
    await settled();
    notifications.beat(records("failed"));
    await settled();
    notifications.beat(records("in-sync"));
    await settled();
    expect(beats.map(({ isWell }) => isWell)).toEqual([true, true, false, true]);
  });

  it("say how it is now, and not how it was, when a monitor is back", async () => {
    const { clock, beats, monitor, notifications } = world();
    monitor.isDown = true;
    notifications.beat(records("in-sync"));
    await settled();
    notifications.beat(records("failed"));
    await settled();
    monitor.isDown = false;
    await clock.advance(MINUTE);
    expect(beats.map(({ isWell }) => isWell)).toEqual([false]);
  });
});
