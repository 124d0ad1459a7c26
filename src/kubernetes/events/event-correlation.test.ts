import { beforeEach, describe, expect, it } from "vitest";
import { EventCorrelation } from "#kubernetes/events/event-correlation.ts";
import type { Note } from "#kubernetes/events/event-note.ts";
import { ManualClock } from "#testing/manual-clock.ts";

const NOTE: Note = {
  about: { apiVersion: "v1", kind: "ConfigMap", namespace: "home", name: "esddns-wan-ip", uid: "u-1" },
  type: "Normal",
  reason: "AddressChanged",
  message: "now 192.0.2.1",
};
const ANOTHER: Note = { ...NOTE, about: { ...NOTE.about, kind: "Lease", name: "esddns-leader" } };
const MINUTE = 60_000;

let clock: ManualClock;
let correlation: EventCorrelation;

beforeEach(() => {
  clock = new ManualClock();
  correlation = new EventCorrelation(clock);
});

/** How many of so many notes become an Event. */
function admitted(count: number, note = NOTE): number {
  return Array.from({ length: count }, () => correlation.correlate(note)).filter(
    ({ kind }) => kind === "event",
  ).length;
}

/** The message of each Event, in order. */
function told(notes: readonly Note[]): readonly string[] {
  return notes.map((note) => {
    const correlated = correlation.correlate(note);
    return correlated.kind === "event" ? correlated.message : "spam";
  });
}

function numbered(from: number, to: number, note = NOTE): readonly Note[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({ ...note, message: `now ${from + index}` }));
}

// As client-go has it (tools/record/events_cache.go)
describe("the filter for spam", () => {
  it("lets 25 notes about one object pass at once, and one more every five minutes", async () => {
    expect(admitted(100)).toBe(25);
    await clock.advance(5 * MINUTE - 1);
    expect(admitted(100)).toBe(0);
    await clock.advance(1);
    expect(admitted(100)).toBe(1);
    await clock.advance(15 * MINUTE);
    expect(admitted(100)).toBe(3);
  });

  it("lets no more pass at once after a quiet day than at first", async () => {
    admitted(1);
    await clock.advance(24 * 60 * MINUTE);
    expect(admitted(1000)).toBe(25);
  });

  it("counts each object for itself, whatever is said of it", () => {
    expect(admitted(100)).toBe(25);
    expect(admitted(1, { ...NOTE, type: "Warning", reason: "RecordFailed" })).toBe(0);
    expect(admitted(100, ANOTHER)).toBe(25);
    expect(admitted(100, { ...NOTE, about: { ...NOTE.about, uid: "u-2" } })).toBe(25);
  });
});

describe("what differs by its message alone", () => {
  it("is an Event each up to the ninth, and one for all that follow", () => {
    const messages = told(numbered(1, 12));
    expect(messages.slice(0, 9)).toEqual(numbered(1, 9).map(({ message }) => message));
    expect(messages.slice(9)).toEqual([
      "(combined from similar events): now 10",
      "(combined from similar events): now 11",
      "(combined from similar events): now 12",
    ]);
  });

  it("is counted up under one key once it is put together", () => {
    const keys = numbered(1, 12).map((note) => {
      const correlated = correlation.correlate(note);
      return correlated.kind === "event" ? correlated.key : "";
    });
    expect(new Set(keys.slice(0, 9)).size).toBe(9);
    expect(new Set(keys.slice(9)).size).toBe(1);
    expect(keys.slice(0, 9)).not.toContain(keys[9]);
  });

  it("keeps its own Event when one of the last nine is said again, also after others were put together", () => {
    told(numbered(1, 12));
    expect(told(numbered(12, 12))).toEqual(["now 12"]);
    expect(told(numbered(13, 13))).toEqual(["(combined from similar events): now 13"]);
  });

  it("is never put together with what differs in object, type or reason", () => {
    told(numbered(1, 9));
    const others: readonly Note[] = [
      { ...NOTE, type: "Warning" },
      { ...NOTE, reason: "RecordChanged" },
      ANOTHER,
    ];
    for (const other of others) {
      expect(told(numbered(10, 10, other))).toEqual(["now 10"]);
    }
    expect(told(numbered(10, 10))).toEqual(["(combined from similar events): now 10"]);
  });

  it("is put together for as long as no ten minutes pass between two of them", async () => {
    for (const note of numbered(1, 9)) {
      told([note]);
      await clock.advance(10 * MINUTE);
    }
    expect(told(numbered(10, 10))).toEqual(["(combined from similar events): now 10"]);
    await clock.advance(10 * MINUTE + 1);
    expect(told(numbered(11, 19))).toEqual(numbered(11, 19).map(({ message }) => message));
  });
});
