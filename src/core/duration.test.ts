import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { milliseconds } from "#core/units.ts";
import { formatDuration, parseDuration } from "#core/duration.ts";

describe("a duration", () => {
  it.each([
    ["250ms", 250],
    ["0s", 0],
    ["2.5s", 2500],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["1d2h3m4s5ms", 93_784_005],
    ["90s", 90_000],
  ])("%s is %d ms", (text, span) => {
    expect(parseDuration(text)).toBe(span);
  });

  it.each([
    "",
    "5",
    "m",
    "5 m",
    "-5m",
    "+5m",
    "5M",
    "5m1h",
    "5m5m",
    "1e3s",
    "5.m",
    ".5m",
    "5w",
    "Infinitys",
    "5m\n",
    "９s",
    `${"9".repeat(400)}d`,
  ])("%j is none", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it("reads back as it was written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 * 86_400_000 }), (span) => {
        expect(parseDuration(formatDuration(milliseconds(span)))).toBe(span);
      }),
    );
  });
});
