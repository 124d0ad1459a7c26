import { describe, expect, it } from "vitest";
import { milliseconds } from "#core/units.ts";
import { rememberFor } from "#service/pages/remember.ts";

function rememberer() {
  let time = 1_000_000;
  let made = 0;
  const remember = rememberFor<number>(milliseconds(60_000), () => new Date(time));
  const ask = (key = "a") => remember(key, () => (made += 1));
  return { ask, pass: (span: number) => (time += span) };
}

describe("what is remembered", () => {
  it("is made once within the span, and anew after it", () => {
    const { ask, pass } = rememberer();
    expect([ask(), ask()]).toEqual([1, 1]);
    pass(59_999);
    expect(ask()).toBe(1);
    pass(1);
    expect(ask()).toBe(2);
  });

  it("is something else for each key", () => {
    const { ask } = rememberer();
    expect([ask("a"), ask("b"), ask("a")]).toEqual([1, 2, 1]);
  });

  it("is made anew when the clock was set back", () => {
    const { ask, pass } = rememberer();
    ask();
    pass(-3_600_000);
    expect(ask()).toBe(2);
  });
});
