import { describe, expect, it } from "vitest";
import { elapsed, instant, milliseconds, seconds, toMilliseconds } from "#core/units.ts";

describe("units", () => {
  it.each([NaN, Infinity, -Infinity])("%s is no span and no instant", (value) => {
    expect(() => milliseconds(value)).toThrow(RangeError);
    expect(() => seconds(value)).toThrow(RangeError);
    expect(() => instant(value)).toThrow(RangeError);
  });

  it("seconds are a thousand milliseconds each", () => {
    expect(toMilliseconds(seconds(1.5))).toBe(1500);
    expect(toMilliseconds(seconds(0))).toBe(0);
  });

  it("time elapses from the earlier to the later instant", () => {
    expect(elapsed(instant(1000), instant(1250))).toBe(250);
    expect(elapsed(instant(1250), instant(1000))).toBe(-250);
  });
});
