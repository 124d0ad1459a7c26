import { expect, it } from "vitest";
import { describeSpan } from "#report/span.ts";

it("has one or two figures that mean something", () => {
  const spans = [0, 96.4, 3140, 41_000, 720_000, 10_800_000, 9 * 86_400_000];
  expect(spans.map(describeSpan)).toEqual(["0 ms", "96 ms", "3.1 s", "41 s", "12 min", "3 hours", "9 days"]);
});

it("is never negative: a clock that was set back is no news", () => {
  expect(describeSpan(-691_188_236)).toBe("0 ms");
});
