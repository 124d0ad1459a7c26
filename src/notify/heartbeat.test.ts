import { describe, expect, it } from "vitest";
import { parseDomainName } from "#core/name.ts";
import { instant, milliseconds } from "#core/units.ts";
import { heartbeatOf, Rhythm } from "#notify/heartbeat.ts";
import type { Condition, RecordState } from "#state/state.ts";

function record(condition: Condition): RecordState {
  return {
    record: { name: parseDomainName("home.example.org"), type: "A", provider: "home", mode: "replace" },
    condition,
    since: undefined,
    published: undefined,
    changed: undefined,
    verification: undefined,
  };
}

const well: Condition = { kind: "in-sync" };
const failed: Condition = { kind: "failed", words: "no such zone" };

describe("the sign of life after a round", () => {
  it.each<[string, readonly Condition[], object | undefined]>([
    ["all in sync", [well, well], { isWell: true, words: "2 records in sync" }],
    ["one failed", [well, failed], { isWell: false, words: "home.example.org A: no such zone" }],
    ["none looked at yet", [{ kind: "unknown" }], undefined],
    ["the address is not known", [{ kind: "kept", words: "disputed" }], undefined],
    ["one held back", [well, { kind: "withheld", words: "dry run" }], undefined],
    ["failed and kept", [failed, { kind: "kept", words: "disputed" }], { isWell: false }],
    ["no records", [], undefined],
  ])("%s", (_, conditions, expected) => {
    const heartbeat = heartbeatOf({ records: conditions.map(record) });
    if (expected) expect(heartbeat).toMatchObject(expected);
    else expect(heartbeat).toBeUndefined();
  });
});

describe("the rhythm of signs of life", () => {
  it("lets one through in so long, a tenth early at most, and at once what is new", () => {
    const rhythm = new Rhythm(milliseconds(300_000));
    const admits = (isWell: boolean, at: number) => rhythm.admits({ isWell, words: "" }, instant(at));
    expect(admits(true, 0)).toBe(true);
    expect(admits(true, 200_000)).toBe(false);
    expect(admits(true, 299_000)).toBe(true);
    expect(admits(false, 300_000)).toBe(true);
    expect(admits(false, 301_000)).toBe(false);
    expect(admits(true, 302_000)).toBe(true);
  });
});
