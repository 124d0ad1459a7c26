import { describe, expect, it } from "vitest";
import type { Belief, Published } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";
import { describeHistory, describeStatus } from "#report/status.ts";
import { address, desired } from "#testing/engine-world.ts";

const AT = new Date("2026-11-22T03:00:00Z");
const BELIEF: Belief = {
  family: 4,
  kind: "known",
  address: address("44.128.20.5"),
  since: AT,
  lastRound: AT,
  for: [],
  against: [],
};

function lineOf(published: string | undefined): string | undefined {
  const entry: readonly Published[] =
    published === undefined ? [] : [{ record: "home.example.org/A", address: address(published), at: AT }];
  const state = new Map(entry.map((each) => [each.record, each]));
  return describeStatus([desired()], new Map([[4, BELIEF]]), state)[1];
}

describe("the status", () => {
  it("says of a record that follows no more than what it holds, and since when", () => {
    expect(lineOf("44.128.20.5")).toBe(
      "home.example.org A holds 44.128.20.5, confirmed 2026-11-22T03:00:00.000Z",
    );
  });

  it.each(["44.128.10.1", undefined])("says what a record at %s should hold and does not", (published) => {
    expect(lineOf(published)).toContain("should hold 44.128.20.5");
  });
});

describe("the history", () => {
  it("says why in the words of the plan", () => {
    const line = describeHistory({
      at: AT,
      record: "home.example.org/A",
      provider: "home",
      before: ["44.128.20.4"],
      after: ["44.128.20.5"],
      reason: "wrong-address",
      outcome: "applied",
      took: milliseconds(135.4),
    });
    expect(line).toBe(
      "2026-11-22T03:00:00.000Z home.example.org/A 44.128.20.4 → 44.128.20.5: applied, it holds another address (135 ms)",
    );
  });
});
