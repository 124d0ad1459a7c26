import { describe, expect, it } from "vitest";
import type { Decision, Plan } from "#core/plan.ts";
import { canonicalValues, type DesiredRecord, type RecordSet } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import { makeAgreedChanges, planDigest } from "#service/agreed-plan.ts";
import { address, desired } from "#testing/engine-world.ts";

const OLD = "203.0.113.12";
const NEW = "203.0.113.77";
const record = desired();

function setOf({ name, type }: DesiredRecord, text: string, ttl = 300): RecordSet {
  return { name, type, values: canonicalValues([address(text)]), ttl: seconds(ttl) };
}

function change(before: RecordSet | undefined, after: RecordSet, about = record): Decision {
  const decided = { record: about, before, after, address: address(NEW), reason: "address-changed" } as const;
  return { kind: "change", record: about, change: decided };
}

const agreed: Plan = [change(setOf(record, OLD), setOf(record, NEW))];
const other = desired("a.example.org");

describe("the plan's digest", () => {
  it("is the same for the same changes, whatever is kept beside them", () => {
    const kept: Decision = { kind: "keep", record: other, reason: { kind: "unavailable" } };
    expect(planDigest([...agreed, kept])).toBe(planDigest(agreed));
  });

  it.each([
    ["another address", [change(setOf(record, OLD), setOf(record, "203.0.113.78"))]],
    ["another TTL", [change(setOf(record, OLD), setOf(record, NEW, 60))]],
    ["another value that is there now", [change(setOf(record, "192.0.2.1"), setOf(record, NEW))]],
    ["another record", [change(undefined, setOf(other, NEW), other)]],
    ["no change", []],
  ])("is another one for %s", (_, plan) => {
    expect(planDigest(plan)).not.toBe(planDigest(agreed));
  });
});

describe("changes that a person agreed to", () => {
  async function make(current: Plan) {
    let rounds = 0;
    const operations = {
      plan: () => Promise.resolve(current),
      round: async () => {
        rounds += 1;
      },
    };
    const changed = await makeAgreedChanges(operations, planDigest(agreed), AbortSignal.timeout(1000));
    return { changed, rounds };
  }

  it("are made when the plan is still the same", async () => {
    expect(await make(agreed)).toEqual({ changed: undefined, rounds: 1 });
  });

  it("are not made when it is another one, which comes back", async () => {
    const current: Plan = [change(setOf(record, OLD), setOf(record, "203.0.113.78"))];
    expect(await make(current)).toEqual({ changed: current, rounds: 0 });
  });
});
