import { describe, expect, it } from "vitest";
import { parseRetryAfter } from "#core/retry-after.ts";

const NOW = new Date("2026-01-01T00:00:00Z");

describe("parseRetryAfter", () => {
  it.each([
    ["7", 7000],
    [" 30 ", 30_000],
    ["0", 1000],
    ["1.5004", 1501],
    ["86400", 3_600_000],
    ["Thu, 01 Jan 2026 00:02:00 GMT", 120_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 1000],
    ["Fri, 02 Jan 2026 00:00:00 GMT", 3_600_000],
  ])("reads %j as %i ms", (header, span) => {
    expect(parseRetryAfter(header, NOW)).toBe(span);
  });

  it.each([[undefined], [""], ["soon"], ["-5"], ["1e9"]])("finds nothing in %j", (header) => {
    expect(parseRetryAfter(header, NOW)).toBeUndefined();
  });
});
