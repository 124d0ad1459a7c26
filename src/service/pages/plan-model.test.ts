import { describe, expect, it } from "vitest";
import type { Decision, Plan } from "#core/plan.ts";
import { canonicalValues, type DesiredRecord, type RecordSet } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import { planModel } from "#service/pages/plan-model.ts";
import type { RecordState } from "#state/state.ts";
import { address, desired } from "#testing/engine-world.ts";

const OLD = "203.0.113.12";
const NEW = "203.0.113.77";

function setOf({ name, type }: DesiredRecord, values: readonly string[], ttl?: number): RecordSet {
  const addresses = canonicalValues(values.map(address));
  return { name, type, values: addresses, ...(ttl !== undefined && { ttl: seconds(ttl) }) };
}

function change(before: RecordSet | undefined, after: RecordSet, record = desired()): Decision {
  return {
    kind: "change",
    record,
    change: { record, before, after, address: address(NEW), reason: "address-changed" },
  };
}

describe("the plan's view", () => {
  const record = desired();

  it("shows a change as what goes and what comes, with the TTL and why", () => {
    const { changes } = planModel([change(setOf(record, [OLD], 300), setOf(record, [NEW], 300))]);
    expect(changes[0]).toMatchObject({ name: "home.example.org", type: "A", reason: "our address changed" });
    expect(changes[0]?.lines).toEqual([
      { sign: "-", value: OLD, ttl: "TTL 300 s" },
      { sign: "+", value: NEW, ttl: "TTL 300 s" },
    ]);
  });

  it("shows a new record as a line that comes alone", () => {
    const { changes } = planModel([change(undefined, setOf(record, [NEW]))]);
    expect(changes[0]?.lines).toEqual([{ sign: "+", value: NEW, ttl: "TTL as the provider has it" }]);
  });

  it("shows the addresses of others as lines that stay", () => {
    const { changes } = planModel([
      change(setOf(record, [OLD, "192.0.2.1"]), setOf(record, [NEW, "192.0.2.1"])),
    ]);
    expect(changes[0]?.lines.map(({ sign, value }) => `${sign} ${value}`)).toEqual([
      "= 192.0.2.1",
      `- ${OLD}`,
      `+ ${NEW}`,
    ]);
  });

  it("shows another TTL as a line that goes and one that comes", () => {
    const { changes } = planModel([change(setOf(record, [NEW], 300), setOf(record, [NEW], 60))]);
    expect(changes[0]?.lines.map(({ sign, ttl }) => `${sign} ${ttl}`)).toEqual(["- TTL 300 s", "+ TTL 60 s"]);
  });

  it("tells why a record is kept, and counts", () => {
    const plan: Plan = [
      change(undefined, setOf(record, [NEW])),
      { kind: "keep", record: desired("vpn.example.org"), reason: { kind: "disputed" } },
      { kind: "in-sync", record, set: setOf(record, [NEW], 300), address: address(NEW) },
      { kind: "in-sync", record, set: setOf(record, [NEW], 300), address: address(NEW) },
    ];
    const model = planModel(plan);
    expect(model.summary).toBe("1 change, 1 left as it is, 2 right already");
    expect(model.kept).toEqual([
      {
        reason: "because the witnesses disagree about the IPv4 address",
        records: [{ name: "vpn.example.org", type: "A", provider: "home" }],
      },
    ]);
  });

  it("says what a round may hold back", () => {
    const plan = [change(undefined, setOf(record, [NEW]))];
    const stands: RecordState = {
      record,
      condition: { kind: "withheld", words: "the address changes too often" },
      since: undefined,
      published: undefined,
      changed: undefined,
      verification: undefined,
    };
    expect(planModel(plan, [stands]).changes[0]?.held).toBe(
      "Held back at the moment: the address changes too often",
    );
    const failed: RecordState = {
      ...stands,
      condition: { kind: "failed", words: "no such zone", hint: "make it" },
    };
    expect(planModel(plan, [failed]).changes[0]?.held).toMatch(/“no such zone” What to do: make it$/);
    expect(planModel(plan, [{ ...stands, condition: { kind: "in-sync" } }]).changes[0]?.held).toBeUndefined();
  });

  it("says of no records that there are none", () => {
    expect(planModel([]).summary).toBe("no record is configured");
  });
});
