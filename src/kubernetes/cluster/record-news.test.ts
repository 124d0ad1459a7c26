import { describe, expect, it } from "vitest";
import { ProviderError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change, Decision } from "#core/plan.ts";
import { milliseconds } from "#core/units.ts";
import type { EngineEvent } from "#engine/events.ts";
import { recordNewsOf } from "#kubernetes/cluster/record-news.ts";
import { address, desired } from "#testing/engine-world.ts";

const record = desired();
const set = { name: record.name, type: record.type, values: [address("44.128.11.1")] };
const change: Change = {
  record,
  before: undefined,
  after: set,
  address: address("44.128.11.1"),
  reason: "missing",
};
const error = new ProviderError("no", { code: "server-error" });
const RIGHT = { kind: "right", record: "home.example.org/A", address: address("44.128.11.1") };

function published(outcome: Outcome): EngineEvent {
  const took = milliseconds(1);
  return { kind: "published", round: 1, change, outcome, took, sinceStart: took };
}

describe("what an engine learnt", () => {
  it.each<[string, Outcome, readonly object[]]>([
    ["was written", { kind: "applied" }, [RIGHT]],
    ["was right already", { kind: "unchanged" }, [RIGHT]],
    [
      "could not be written",
      { kind: "failed", error },
      [{ kind: "passed", record: "home.example.org/A", address: change.address }],
    ],
    ["was refused, as it would be to others", { kind: "refused", cause: "authentication", words: "no" }, []],
    ["was perhaps written", { kind: "unconfirmed", error }, []],
  ])("of a record that %s", (_, outcome, news) => {
    expect(recordNewsOf(published(outcome))).toEqual(news);
  });

  it.each<[string, Decision, readonly object[]]>([
    ["is right", { kind: "in-sync", record, set, address: change.address }, [RIGHT]],
    ["is wrong", { kind: "change", record, change }, []],
    [
      "cannot be read",
      { kind: "keep", record, reason: { kind: "unread", error } },
      [{ kind: "passed", record: "home.example.org/A" }],
    ],
    ["has no address", { kind: "keep", record, reason: { kind: "unavailable" } }, []],
    ["has several", { kind: "keep", record, reason: { kind: "disputed" } }, []],
  ])("of a plan in which a record %s", (_, decision, news) => {
    expect(recordNewsOf({ kind: "planned", round: 1, family: 4, plan: [decision] })).toEqual(news);
  });

  it("of all else: nothing", () => {
    expect(recordNewsOf({ kind: "scheduled", next: "round", within: milliseconds(1) })).toEqual([]);
  });
});
