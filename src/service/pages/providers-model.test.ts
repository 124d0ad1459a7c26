import { describe, expect, it } from "vitest";
import { milliseconds } from "#core/units.ts";
import { providersModel } from "#service/pages/providers-model.ts";
import type { ProviderState, RecordState } from "#state/state.ts";
import { desired } from "#testing/engine-world.ts";

const NOW = new Date("2026-03-14T08:00:00Z");
const later = (span: number) => new Date(NOW.getTime() + span);

function provider(more: Partial<ProviderState> = {}): ProviderState {
  return {
    name: "home",
    type: "gandi",
    title: "Gandi LiveDNS",
    calls: [],
    lastSuccess: later(-1000),
    trouble: undefined,
    pausedUntil: undefined,
    limit: { requests: 300, per: milliseconds(60_000), source: "https://api.gandi.net/docs/reference/" },
    ...more,
  };
}

function record(name: string, at = "home"): RecordState {
  return {
    record: desired(name, "A", { provider: at }),
    condition: { kind: "in-sync" },
    since: NOW,
    published: undefined,
    changed: undefined,
    verification: undefined,
  };
}

function cardOf(state: ProviderState, records: readonly RecordState[] = []) {
  const [card] = providersModel({ providers: [state], records }, NOW).cards;
  if (!card) throw new Error("no card");
  return card;
}

describe("the providers' view", () => {
  it("tells the budget left of a limit, and that nobody counts", () => {
    expect(cardOf(provider({ budget: 290 })).budget).toMatchObject({ left: 290, requests: 300, per: "60 s" });
    expect(cardOf(provider()).budget.left).toBeUndefined();
  });

  it("counts calls by operation and result, what went well first", () => {
    const { calls } = cardOf(
      provider({
        calls: [
          { operation: "apply", result: "refused", count: 1 },
          { operation: "read", result: "failed", count: 2 },
          { operation: "read", result: "ok", count: 120 },
        ],
      }),
    );
    expect(calls).toEqual([
      {
        operation: "read",
        results: [
          { result: "ok", count: 120 },
          { result: "failed", count: 2 },
        ],
      },
      { operation: "apply", results: [{ result: "refused", count: 1 }] },
    ]);
  });

  it.each([
    ["well", {}],
    ["unknown", { lastSuccess: undefined }],
    ["failed", { trouble: { operation: "apply", at: NOW, words: "no" }, pausedUntil: later(5000) }],
    ["paused", { pausedUntil: later(5000) }],
    ["well", { pausedUntil: later(-5000) }],
  ] as const)("stands as %s", (standing, more) => {
    expect(cardOf(provider(more)).standing).toBe(standing);
  });

  it("lists the records that depend on it, and no others", () => {
    const { records } = cardOf(provider(), [record("a.example.org"), record("b.example.org", "office")]);
    expect(records.map(({ name }) => name)).toEqual(["a.example.org"]);
  });

  it("counts those that are well", () => {
    const providers = [
      provider(),
      provider({ name: "office", trouble: { operation: "apply", at: NOW, words: "no" } }),
    ];
    expect(providersModel({ providers, records: [] }, NOW).summary).toBe("1 of 2 is well");
  });
});
