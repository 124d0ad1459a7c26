import { describe, expect, it } from "vitest";
import { demoScreen, type LabFacts } from "#cli/demo-screen.ts";
import { type DemoState, EMPTY_DEMO } from "#cli/demo-state.ts";

const RECORDS = ["*.lab.example A", "home.lab.example A", "vpn.lab.example A", "home.lab.example AAAA"];

const STATE: DemoState = {
  ...EMPTY_DEMO,
  round: 2,
  trigger: "probe",
  witnesses: new Map(
    ([4, 6] as const).flatMap((family) =>
      ["alpha", "bravo", "charlie", "delta", "foxtrot"].map((operator) => [
        `${family} ${operator}`,
        { look: "first", family, sign: "✓", text: `${operator} says so` } as const,
      ]),
    ),
  ),
  verdicts: new Map([
    [4, "IPv4 203.0.113.3: 4 operators agree"],
    [6, "IPv6 2001:db8::3: 4 operators agree"],
  ]),
  plan: new Map([
    [4, RECORDS.slice(0, 3).map((record) => `~ ${record}`)],
    [6, [`~ ${RECORDS[3]}`]],
  ]),
  writes: [
    ...RECORDS.map((record) => ({ record, text: "written" })),
    ...RECORDS.map((record) => ({ record, text: "verified" })),
  ],
  story: RECORDS.map((record) => `round 2 (probe): ${record} moved`),
};

const LAB: LabFacts = {
  addresses: ["203.0.113.3", "2001:db8::3"],
  digLine: "dig",
  liar: undefined,
  dead: undefined,
  dashboard: "http://127.0.0.1:51339",
};

describe("the demo's screen", () => {
  it("has something of everything in a terminal of 80 by 24", () => {
    const lines = demoScreen(STATE, LAB, { width: 80, height: 23 });
    expect(lines.length).toBeLessThanOrEqual(23);
    for (const operator of ["alpha", "bravo", "charlie", "delta", "foxtrot"])
      expect(lines).toContain(`  ✓ IPv4 first   ${operator} says so`);
    for (const record of RECORDS) expect(lines).toContain(`  ${record}: written; verified`);
    expect(lines).toContain("  round 2 (probe): home.lab.example AAAA moved");
    expect(lines.at(-1)).toContain("q ends");
  });

  it("shows the plan there when nothing was written", () => {
    const lines = demoScreen({ ...STATE, writes: [] }, LAB, { width: 80, height: 23 });
    expect(lines).toContain("  ~ home.lab.example AAAA");
  });

  it("shows all of it where there is room", () => {
    const lines = demoScreen(STATE, LAB, { width: 100, height: 60 });
    expect(lines.filter((line) => line.startsWith("  ✓"))).toHaveLength(10);
    expect(lines).toContain("  ~ home.lab.example AAAA");
    expect(lines).toContain("  home.lab.example AAAA: written; verified");
  });

  it("is never larger than the terminal", () => {
    for (const [width, height] of [
      [80, 23],
      [40, 10],
      [10, 1],
    ] as const) {
      const lines = demoScreen(STATE, LAB, { width, height });
      expect(lines.length).toBeLessThanOrEqual(height);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
    }
  });
});
