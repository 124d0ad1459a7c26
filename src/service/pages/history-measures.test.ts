import { describe, expect, it } from "vitest";
import type { Measure } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";
import { operator } from "#core/witness.ts";
import { measuresTable } from "#service/pages/history-measures.ts";
import { HISTORY_SPANS } from "#service/pages/history-query.ts";

const NOW = new Date("2026-03-14T08:10:00Z");
const DAY = HISTORY_SPANS[0];

function measure(at: string, name: string, mean: number | undefined, more: Partial<Measure> = {}): Measure {
  const span = (value: number) => milliseconds(value);
  return {
    at: new Date(at),
    family: 4,
    witness: `stun:${name}`,
    operator: operator(name),
    asked: 4,
    answered: mean === undefined ? 0 : 4,
    agreed: mean === undefined ? 0 : 4,
    differed: 0,
    ...(mean !== undefined && { roundTrip: { mean: span(mean), min: span(mean), max: span(mean) } }),
    ...more,
  };
}

describe("the table of measures", () => {
  it("has a row for each step of time, the newest first, and a column for each operator", () => {
    const table = measuresTable(
      [
        measure("2026-03-14T06:00:00Z", "bravo", 20),
        measure("2026-03-14T06:15:00Z", "alpha", 10),
        measure("2026-03-14T07:45:00Z", "alpha", 12),
      ],
      DAY,
      NOW,
    );
    expect(table.operators).toEqual(["alpha", "bravo"]);
    expect(table.rows.map(({ from, roundTrips }) => [from.toISOString(), roundTrips])).toEqual([
      ["2026-03-14T07:00:00.000Z", [12, undefined]],
      ["2026-03-14T06:00:00.000Z", [10, 20]],
    ]);
  });

  it("weighs round trips by how many answers they come from", () => {
    const [row] = measuresTable(
      [
        measure("2026-03-14T06:00:00Z", "alpha", 10, { answered: 3 }),
        measure("2026-03-14T06:15:00Z", "alpha", 20, { answered: 1 }),
      ],
      DAY,
      NOW,
    ).rows;
    expect(row?.roundTrips).toEqual([12.5]);
  });

  it("tells agreement of those that could agree, and answers of all that were asked", () => {
    const [row] = measuresTable(
      [
        measure("2026-03-14T06:00:00Z", "alpha", 10, { asked: 4, answered: 4, agreed: 3, differed: 1 }),
        measure("2026-03-14T06:00:00Z", "bravo", undefined, { asked: 4 }),
      ],
      DAY,
      NOW,
    ).rows;
    expect(row).toMatchObject({ agreement: 75, answered: 50 });
  });

  it("leaves out the step that the span begins within", () => {
    const all = [measure("2026-03-13T08:30:00Z", "alpha", 10), measure("2026-03-13T09:00:00Z", "alpha", 10)];
    expect(measuresTable(all, DAY, NOW).rows.map(({ from }) => from.toISOString())).toEqual([
      "2026-03-13T09:00:00.000Z",
    ]);
  });

  it("knows no agreement where there was no verdict", () => {
    const [row] = measuresTable([measure("2026-03-14T06:00:00Z", "alpha", 10, { agreed: 0 })], DAY, NOW).rows;
    expect(row?.agreement).toBeUndefined();
  });
});
