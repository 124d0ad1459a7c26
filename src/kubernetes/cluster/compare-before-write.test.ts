import { beforeEach, describe, expect, it } from "vitest";
import { CancelledError, ProviderError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Provider } from "#core/provider.ts";
import { canonicalValues, type DesiredRecord, type RecordSet } from "#core/record.ts";
import { milliseconds, seconds } from "#core/units.ts";
import { compareBeforeWrite } from "#kubernetes/cluster/compare-before-write.ts";
import { WriteWindow } from "#kubernetes/cluster/write-window.ts";
import { address, desired, finish, NEVER, ScriptedProvider } from "#testing/engine-world.ts";
import { ManualClock } from "#testing/manual-clock.ts";

const [OLD, NEW] = ["44.128.10.77", "44.128.11.1"];
const NAMES = ["a.example.org", "b.example.org", "c.example.org", "d.example.org"] as const;

let clock: ManualClock;
let real: ScriptedProvider;
let mayWrite: boolean;
beforeEach(() => {
  clock = new ManualClock();
  real = new ScriptedProvider(clock);
  mayWrite = true;
});

function comparing(provider: Provider = real): Provider {
  return compareBeforeWrite({ provider, mayWrite: () => mayWrite, window: new WriteWindow(clock) });
}

function set({ name, type }: DesiredRecord, ...values: readonly string[]): RecordSet {
  return { name, type, values: canonicalValues(values.map(address)) };
}

/** As planned when the old address was there. */
function change(name: string, more: Partial<DesiredRecord> = {}, others: readonly string[] = []): Change {
  const record = desired(name, "A", more);
  return {
    record,
    before: set(record, OLD, ...others),
    after: set(record, NEW, ...others),
    address: address(NEW),
    reason: "address-changed",
  };
}

function apply(changes: readonly Change[], provider = comparing()): Promise<readonly Outcome[]> {
  return finish(clock, provider.apply(changes, NEVER));
}

function kinds(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.map(({ kind }) => kind);
}

describe("a change", () => {
  it("is made when nothing has changed since it was planned", async () => {
    real.put("a.example.org", "A", [OLD], 300);
    const [outcome] = await apply([change("a.example.org")]);
    expect(real.values("a.example.org/A")).toBe(NEW);
    // The engine remembers what was written, which has the TTL that was there
    expect(outcome).toMatchObject({ kind: "applied", set: { ttl: 300 } });
  });

  it("is remembered as the provider says that it made it", async () => {
    real.put("a.example.org", "A", [OLD], 300);
    const made = { ...set(desired("a.example.org"), NEW), ttl: seconds(3600) };
    real.script = () => ({ kind: "applied", set: made });
    expect(await apply([change("a.example.org")])).toEqual([{ kind: "applied", set: made }]);
  });

  it("is not made when another node has made it", async () => {
    real.put("a.example.org", "A", [NEW]);
    expect(await apply([change("a.example.org")])).toEqual([{ kind: "unchanged" }]);
    expect(real.writes).toEqual([]);
  });

  it("is made over what somebody else has put there since", async () => {
    real.put("a.example.org", "A", ["44.128.99.99"]);
    expect(kinds(await apply([change("a.example.org")]))).toEqual(["applied"]);
    expect(real.values("a.example.org/A")).toBe(NEW);
  });

  it("keeps what others have added to a set that is shared, and takes away our old address alone", async () => {
    real.put("a.example.org", "A", [OLD, "44.128.20.1", "44.128.20.2"]);
    await apply([change("a.example.org", { mode: "merge" }, ["44.128.20.1"])]);
    expect(real.values("a.example.org/A").split(",").toSorted()).toEqual(
      [NEW, "44.128.20.1", "44.128.20.2"].toSorted(),
    );
  });

  it("of a record that is gone makes it anew", async () => {
    expect(kinds(await apply([change("a.example.org")]))).toEqual(["applied"]);
    expect(real.values("a.example.org/A")).toBe(NEW);
  });

  it("is not made when the record cannot be read, and fails with what the provider said", async () => {
    const error = new ProviderError("down", { code: "server-error", retry: { after: milliseconds(7000) } });
    real.readScript = () => ({ kind: "unread", error });
    expect(await apply([change("a.example.org")])).toEqual([{ kind: "failed", error }]);
    expect(real.writes).toEqual([]);
  });

  it("fails when the provider says nothing about the record", async () => {
    const forgetful: Provider = {
      capabilities: real.capabilities,
      read: () => Promise.resolve(new Map()),
      apply: (changes, signal) => real.apply(changes, signal),
      check: () => Promise.resolve([]),
    };
    expect(kinds(await apply([change("a.example.org")], comparing(forgetful)))).toEqual(["failed"]);
    expect(real.writes).toEqual([]);
  });

  it("is made blindly where the provider cannot be read at all", async () => {
    real = new ScriptedProvider(clock, { read: { no: "it only takes updates" } });
    real.readScript = () => ({ kind: "unread", error: new ProviderError("never", { code: "no-read" }) });
    expect(kinds(await apply([change("a.example.org")]))).toEqual(["applied"]);
    expect(real.writes).toHaveLength(1);
  });
});

describe("several changes", () => {
  it("have their outcomes in their order, whichever of them are made", async () => {
    const [a, b, c, d] = NAMES;
    real.put(a, "A", [NEW]);
    real.put(b, "A", [OLD]);
    real.put(d, "A", [OLD]);
    real.readScript = ({ name }) =>
      name === c ? { kind: "unread", error: new ProviderError("no", { code: "x" }) } : undefined;
    real.script = ({ record }) =>
      record.name === d ? { kind: "refused", cause: "invalid", words: "no" } : undefined;
    const changes = [a, b, c, d].map((name) => change(name));
    expect(kinds(await apply(changes))).toEqual(["unchanged", "applied", "failed", "refused"]);
    expect(kinds(await apply(changes.toReversed()))).toEqual(["refused", "failed", "unchanged", "unchanged"]);
    expect(real.writes.map(({ change: { record } }) => record.name)).toEqual([b, d, d]);
  });

  it("are read in one question, and what is right already is asked for no more", async () => {
    for (const name of NAMES) real.put(name, "A", [NEW]);
    await apply(NAMES.map((name) => change(name)));
    expect(real.reads.map(({ keys }) => keys)).toEqual([NAMES.map((name) => `${name}/A`)]);
  });

  it("are unconfirmed where the provider lost count", async () => {
    const careless: Provider = {
      capabilities: real.capabilities,
      read: (keys, signal) => real.read(keys, signal),
      apply: () => Promise.resolve([{ kind: "applied" }]),
      check: () => Promise.resolve([]),
    };
    const outcomes = await apply([change("a.example.org"), change("b.example.org")], comparing(careless));
    expect(kinds(outcomes)).toEqual(["applied", "unconfirmed"]);
  });
});

describe("a node that may not write any more", () => {
  it("since it read leaves all as it is, as if nothing had been planned", async () => {
    real.put("a.example.org", "A", [OLD]);
    real.readScript = () => {
      mayWrite = false;
      return undefined;
    };
    await expect(apply([change("a.example.org")])).rejects.toThrow(CancelledError);
    expect(real.writes).toEqual([]);
  });

  it("because it stood still since it read leaves all as it is", async () => {
    real.latency = 30_000;
    await expect(apply([change("a.example.org")])).rejects.toThrow(CancelledError);
    expect(real.writes).toEqual([]);
    real.latency = 29_900;
    expect(kinds(await apply([change("a.example.org")]))).toEqual(["applied"]);
  });
});

describe("the provider beside", () => {
  it("reads, checks and counts as it does by itself", async () => {
    real.put("a.example.org", "A", [OLD]);
    const provider = comparing({ ...methods(), budget: () => 7 });
    const record = desired("a.example.org");
    expect(await finish(clock, provider.read([record], NEVER))).toEqual(
      await finish(clock, real.read([record], NEVER)),
    );
    expect(await provider.check([record], NEVER)).toEqual(["all is well"]);
    expect(provider.budget?.()).toBe(7);
    expect("budget" in comparing()).toBe(false);
    expect(provider.capabilities).toBe(real.capabilities);
  });
});

function methods(): Provider {
  return {
    capabilities: real.capabilities,
    read: (keys, signal) => real.read(keys, signal),
    apply: (changes, signal) => real.apply(changes, signal),
    check: () => real.check(),
  };
}
