import { describe, expect, it } from "vitest";
import { sayMoment } from "#service/assets/moments.js";

const NOW = new Date("2026-11-22T14:03:12Z");

function before(seconds: number): Date {
  return new Date(NOW.getTime() - seconds * 1000);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("a point in time", () => {
  it.each([
    [0, "0 s"],
    [-3, "0 s"],
    [119, "119 s"],
    [2 * MINUTE, "2 min"],
    [119 * MINUTE, "119 min"],
    [2 * HOUR, "2 h"],
    [47 * HOUR, "47 h"],
    [2 * DAY, "2 days"],
  ])("was %s s ago: %s", (seconds, words) => {
    expect(sayMoment("age", before(seconds), NOW, true)).toBe(words);
  });

  it.each([
    [0.2, "1 s"],
    [7, "7 s"],
    [-5, "0 s"],
    [5 * MINUTE, "5 min"],
  ])("is %s s ahead: %s", (seconds, words) => {
    expect(sayMoment("until", before(-seconds), NOW, true)).toBe(words);
  });

  it.each([
    ["clock", 30 * MINUTE, "13:33"],
    ["clock", DAY, "21 Nov 14:03"],
    ["clock", 400 * DAY, "18 Oct 2025"],
    ["exact", 30 * MINUTE, "13:33:12"],
    ["exact", DAY, "21 Nov 14:03:12"],
    ["exact", 400 * DAY, "18 Oct 2025 14:03:12"],
    ["since", 30 * MINUTE, "13:33 today"],
    ["since", 2 * DAY, "Friday 14:03"],
    ["since", 40 * DAY, "13 October"],
    ["since", 400 * DAY, "18 October 2025"],
    ["time", DAY, "14:03"],
    ["ago", 12, "12 s ago"],
  ] as const)("is said as %s, %s s ago: %s", (format, seconds, words) => {
    expect(sayMoment(format, before(seconds), NOW, true)).toBe(words);
  });

  it("is said in the reader's zone by the browser", () => {
    const local = sayMoment("exact", NOW, NOW, false);
    expect(local).toBe(NOW.toTimeString().slice(0, 8));
  });
});
