import { describe, expect, it } from "vitest";
import type { HistoryEntry } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";
import { changeRow } from "#service/pages/history-changes.ts";

function line(more: Partial<HistoryEntry> = {}): HistoryEntry & { readonly id: number } {
  return {
    id: 7,
    at: new Date("2026-03-14T08:00:00Z"),
    record: "home.example.org/A",
    provider: "home",
    before: ["203.0.113.12"],
    after: ["203.0.113.77"],
    reason: "address-changed",
    outcome: "applied",
    took: milliseconds(120),
    ...more,
  };
}

describe("a change in the history", () => {
  it("tells old, new, why and by whom", () => {
    expect(changeRow(line({ operators: ["alpha", "bravo"] }))).toMatchObject({
      name: "home.example.org",
      type: "A",
      before: ["203.0.113.12"],
      after: ["203.0.113.77"],
      why: "our address changed",
      operators: ["alpha", "bravo"],
      outcome: "published",
    });
  });

  it("tells the way from first sight over the provider to everywhere", () => {
    const row = changeRow(line({ sight: milliseconds(3100), converged: milliseconds(2400) }));
    expect(row.steps).toEqual(["3.1 s from first sight", "everywhere 2.4 s later"]);
  });

  it("counts from the first answer when no probe saw it", () => {
    expect(changeRow(line()).steps).toEqual(["120 ms from the first answer"]);
  });

  it("has no way to tell of what never arrived, but the provider's words", () => {
    const row = changeRow(line({ outcome: "refused", words: "no such zone" }));
    expect(row).toMatchObject({ standing: "failed", outcome: "refused", words: "no such zone", steps: [] });
  });
});
