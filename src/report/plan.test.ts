import { expect, it } from "vitest";
import { parseAddress } from "#core/address.ts";
import { ProviderError } from "#core/errors.ts";
import { parseDomainName } from "#core/name.ts";
import type { ChangeReason, Decision, KeepReason } from "#core/plan.ts";
import type { DesiredRecord, RecordSet } from "#core/record.ts";
import { instant, seconds } from "#core/units.ts";
import { describeDecision, describeOutcome, describeWithheld, reportPlan } from "#report/plan.ts";

const RECORD: DesiredRecord = {
  name: parseDomainName("home.example.org"),
  type: "A",
  provider: "home",
  mode: "replace",
};
const OLD = setOf("203.0.113.5", 300);
const NEW = setOf("203.0.113.7", 300);

it.each<[string, Decision]>([
  ["= home.example.org A: 203.0.113.7 TTL 300, in sync", inSync()],
  [
    "~ home.example.org A: 203.0.113.5 → 203.0.113.7 TTL 300 kept (our address changed)",
    change("address-changed", OLD, NEW),
  ],
  [
    "~ home.example.org A: 203.0.113.7 → 203.0.113.7 TTL 60 → 300 (the TTL differs from the configuration)",
    change("ttl", setOf("203.0.113.7", 60), NEW),
  ],
  [
    "+ home.example.org A: nothing → 203.0.113.7 (there is no such record yet)",
    change("missing", undefined, setOf("203.0.113.7")),
  ],
  [
    "+ home.example.org A: nothing → 203.0.113.7 TTL 300 (someone else removed it)",
    change("removed-elsewhere", undefined, NEW),
  ],
  [
    "! home.example.org A: left as it is, because the witnesses disagree about the IPv4 address",
    keep({ kind: "disputed" }),
  ],
  [
    "! home.example.org A: left as it is, because it could not be read: Cannot read it (ask later)",
    keep({
      kind: "unread",
      error: new ProviderError("Cannot read it", { code: "server-error", hint: "ask later" }),
    }),
  ],
])("a decision is told as %j", (line, decision) => {
  expect(describeDecision(decision)).toBe(line);
});

it("a plan is one report for each record, what stays as it is with its reason", () => {
  const plan = [inSync(), change("address-changed", OLD, NEW), keep({ kind: "unavailable" })];
  const common = { name: "home.example.org", type: "A", provider: "home" };
  expect(reportPlan(plan)).toEqual([
    { ...common, decision: "in-sync", before: { values: ["203.0.113.7"], ttl: 300 } },
    {
      ...common,
      decision: "change",
      reason: "address-changed",
      before: { values: ["203.0.113.5"], ttl: 300 },
      after: { values: ["203.0.113.7"], ttl: 300 },
    },
    {
      ...common,
      decision: "keep",
      reason: "unavailable",
      message: "because the IPv4 address is not known",
    },
  ]);
});

it("a refusal is told in the provider's words, with what to do", () => {
  const words = "The token has expired";
  expect(describeOutcome({ kind: "refused", cause: "authentication", words, hint: "make a new token" })).toBe(
    "refused by the provider (authentication): The token has expired; make a new token",
  );
});

it("what is withheld says for how long", () => {
  const until = instant(5400);
  expect(describeWithheld({ kind: "back-off", until }, instant(1000))).toContain("withheld for 5 s");
  expect(describeWithheld({ kind: "flap-hold", until }, instant(9000))).toContain("withheld for 0 s");
  expect(describeWithheld({ kind: "turn", until, before: "node-1" }, instant(1000))).toBe(
    "withheld for 5 s: it is the turn of node-1",
  );
});

function inSync(): Decision {
  return { kind: "in-sync", record: RECORD, set: NEW, address: addressOf("203.0.113.7") };
}

function change(reason: ChangeReason, before: RecordSet | undefined, after: RecordSet): Decision {
  const address = addressOf("203.0.113.7");
  return { kind: "change", record: RECORD, change: { record: RECORD, before, after, address, reason } };
}

function keep(reason: KeepReason): Decision {
  return { kind: "keep", record: RECORD, reason };
}

function setOf(text: string, ttl?: number): RecordSet {
  const { name, type } = RECORD;
  return { name, type, values: [addressOf(text)], ...(ttl === undefined ? {} : { ttl: seconds(ttl) }) };
}

function addressOf(text: string) {
  const address = parseAddress(text);
  if (!address) throw new TypeError(text);
  return address;
}
