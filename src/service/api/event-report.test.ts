import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProviderError } from "#core/errors.ts";
import { Secret } from "#core/secret.ts";
import { milliseconds } from "#core/units.ts";
import type { EngineEvent } from "#engine/events.ts";
import { reportEvent } from "#service/api/event-report.ts";
import { EVENT_KINDS } from "#service/api/schemas/events.ts";
import { expectValidEvent } from "#testing/api-contract.ts";
import { address } from "#testing/engine-world.ts";
import { type ServiceWorld, serviceWorld } from "#testing/service-world.ts";

let worlds: readonly ServiceWorld[];

beforeAll(async () => {
  worlds = await Promise.all([serviceWorld("lived"), serviceWorld("troubled")]);
});

afterAll(async () => {
  for (const { close } of worlds) await close();
});

/** What no world does by itself: other rules, and bugs. */
function rareEvents(): readonly EngineEvent[] {
  const [witness] = worlds[0]!.world.witnesses;
  return [
    { kind: "retrying", round: 1, family: 4, attempt: 2, within: milliseconds(5000) },
    {
      kind: "mismatch",
      round: 1,
      family: 4,
      positions: [{ address: address("192.0.2.1"), operators: [], decisive: 0, observations: [] }],
    },
    { kind: "released", family: 6, witness: witness! },
    { kind: "crashed", error: new RangeError("broken") },
    { kind: "crashed", round: 3, error: "broken" },
  ];
}

describe("events as JSON", () => {
  it("are as the document says, of every kind", () => {
    const events = [...worlds.flatMap(({ world }) => world.events), ...rareEvents()];
    for (const event of events) expectValidEvent(event.kind, JSON.parse(JSON.stringify(reportEvent(event))));

    const others = ["cluster-changed", "happening", "lab-changed", "state"];
    const kinds = new Set<string>([...events.map(({ kind }) => kind), ...others]);
    expect(EVENT_KINDS.filter((kind) => !kinds.has(kind))).toEqual([]);
  });

  it("say of an error its words alone, and never what it carries", () => {
    const secret = new Secret(() => "hunter2");
    const cause = Object.assign(new Error("token hunter2 was refused"), { secret, token: "hunter2" });
    const error = new ProviderError("Cannot write: the token is refused", { code: "authentication", cause });
    const events: readonly EngineEvent[] = [
      { kind: "crashed", error },
      { kind: "called", provider: "home", operation: "read", result: "failed", took: milliseconds(1), error },
    ];
    for (const event of events) {
      const text = JSON.stringify(reportEvent(event));
      expect(text).toContain("Cannot write: the token is refused");
      expect(text).not.toContain("hunter2");
    }
  });
});
