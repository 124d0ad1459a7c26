import { beforeEach, describe, expect, it } from "vitest";
import { WitnessError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Provider } from "#core/provider.ts";
import type { DesiredRecord } from "#core/record.ts";
import { milliseconds } from "#core/units.ts";
import type { EngineOptions } from "#engine/assembly.ts";
import { compareBeforeWrite } from "#kubernetes/cluster/compare-before-write.ts";
import { withOwnWitnesses } from "#kubernetes/cluster/own-witnesses.ts";
import { WriteWindow } from "#kubernetes/cluster/write-window.ts";
import { address, desired, EngineWorld, finish, NEVER, operators } from "#testing/engine-world.ts";
import { fakeSource } from "#testing/fake-witness.ts";

const [TRUE, LIE, SIX] = ["44.128.11.1", "44.128.99.1", "2a10:ed1:77::1"];
const [HOME, HOME6] = [desired(), desired("home.example.org", "AAAA")];

let world: EngineWorld;
beforeEach(() => {
  world = new EngineWorld({ truth: TRUE, truth6: SIX });
});

interface Parts {
  readonly provider: Provider;
  readonly engine: EngineOptions;
  readonly window: WriteWindow;
}

function witnessing(parts: Partial<Parts> = {}): Provider {
  const { provider, clock } = world;
  return withOwnWitnesses({
    provider,
    engine: world.engineOptions(),
    window: new WriteWindow(clock),
    ...parts,
  });
}

/** To what the shared address says. */
function told(text: string, record: DesiredRecord = HOME): Change {
  const { name, type } = record;
  const after = { name, type, values: [address(text)] };
  return { record, before: undefined, after, address: address(text), reason: "missing" };
}

function apply(changes: readonly Change[], provider = witnessing()): Promise<readonly Outcome[]> {
  return finish(world.clock, provider.apply(changes, NEVER));
}

function kinds(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.map(({ kind }) => kind);
}

describe("an address that was told", () => {
  it("is written where this node's own witnesses say the same", async () => {
    expect(await apply([told(TRUE)])).toEqual([{ kind: "applied" }]);
    expect(world.provider.values()).toBe(TRUE);
    // It is for whoever compares before it writes to read
    expect(world.provider.reads).toEqual([]);
  });

  it("is not written where they say another one", async () => {
    const [outcome] = await apply([told(LIE)]);
    expect(outcome).toMatchObject({ kind: "failed", error: { code: "not-confirmed" } });
    expect(outcome).toHaveProperty("error.message", expect.stringContaining(`own witnesses say ${TRUE}`));
    expect(world.provider.writes).toEqual([]);
  });

  it("is not written where they do not agree on any", async () => {
    world.move("offline");
    const [outcome] = await apply([told(TRUE)]);
    expect(outcome).toHaveProperty("error", expect.any(WitnessError));
    expect(outcome).toHaveProperty("error.message", expect.stringContaining("do not agree on any"));
    expect(world.provider.writes).toEqual([]);
  });

  it("takes witnesses as one that is new does, although this node's store has it already", async () => {
    world.established(TRUE);
    // Two operators over UDP are enough for an address that is known, and for no other
    for (const witness of world.witnesses.slice(2)) witness.behaviour = "silent";
    expect(kinds(await apply([told(TRUE)]))).toEqual(["failed"]);
    expect(world.provider.writes).toEqual([]);
  });

  it("leaves the store as it is, whatever the witnesses say", async () => {
    world.established(LIE);
    await apply([told(TRUE)]);
    expect(world.store.beliefs().get(4)?.address?.text).toBe(LIE);
    expect(world.store.history(9)).toEqual([]);
  });
});

describe("several changes", () => {
  it("have their outcomes in their order, whichever of them are confirmed", async () => {
    const other = desired("www.example.org");
    const changes = [told(LIE), told(SIX, HOME6), told(TRUE, other)];
    expect(kinds(await apply(changes))).toEqual(["failed", "applied", "applied"]);
    expect(kinds(await apply(changes.toReversed()))).toEqual(["applied", "applied", "failed"]);
    expect(world.provider.writes.map(({ change }) => change)).toEqual([
      changes[1],
      changes[2],
      changes[2],
      changes[1],
    ]);
  });

  it("make only the witnesses of their family answer", async () => {
    await apply([told(SIX, HOME6)]);
    const families = world.witnesses.flatMap(({ questions }) => questions.map(({ family }) => family));
    expect(new Set(families)).toEqual(new Set([6]));
  });

  it("are unconfirmed where the provider lost count", async () => {
    const careless: Provider = { ...methods(), apply: () => Promise.resolve([{ kind: "applied" }]) };
    const outcomes = await apply([told(TRUE), told(SIX, HOME6)], witnessing({ provider: careless }));
    expect(kinds(outcomes)).toEqual(["applied", "unconfirmed"]);
  });
});

describe("a look at this node's own witnesses", () => {
  it("leaves nothing behind, not even a source that is still being prepared", async () => {
    let preparing: AbortSignal | undefined;
    const prepare = (signal: AbortSignal) => {
      preparing = signal;
      return new Promise<void>(() => {});
    };
    const engine = { ...world.engineOptions(), sources: [fakeSource(world.witnesses, prepare)] };
    expect(kinds(await apply([told(TRUE)], witnessing({ engine })))).toEqual(["applied"]);
    expect(preparing?.aborted).toBe(true);
    expect(world.open).toBe(0);
  });

  it("is a part of the write: one that takes too long, as in a process that stood still, writes nothing", async () => {
    const patient = { count: 7, deadline: milliseconds(60_000), patience: milliseconds(60_000) };
    const detection = { limits: { ...patient, grace: milliseconds(250) } };
    world = new EngineWorld({ truth: TRUE, detection, witnesses: operators(3, 2) });
    const window = new WriteWindow(world.clock);
    const comparing = compareBeforeWrite({ provider: world.provider, mayWrite: () => true, window });
    const answerAfter = (after: number) => {
      for (const witness of world.witnesses) witness.behaviour = { says: "honest", after };
    };
    answerAfter(30_000);
    await expect(apply([told(TRUE)], witnessing({ provider: comparing, window }))).rejects.toThrow(
      "Another node may write",
    );
    expect(world.provider.writes).toEqual([]);
    answerAfter(14_000);
    const outcomes = await apply([told(TRUE)], witnessing({ provider: comparing, window }));
    expect(kinds(outcomes)).toEqual(["applied"]);
  });
});

describe("the provider beside", () => {
  it("reads, checks and counts as it does by itself", async () => {
    world.provider.put("home.example.org", "A", [LIE]);
    const provider = witnessing({ provider: { ...methods(), budget: () => 7 } });
    expect(await finish(world.clock, provider.read([HOME], NEVER))).toEqual(
      await finish(world.clock, world.provider.read([HOME], NEVER)),
    );
    expect(await provider.check([HOME], NEVER)).toEqual(["all is well"]);
    expect(provider.budget?.()).toBe(7);
    expect("budget" in witnessing()).toBe(false);
    expect(provider.capabilities).toBe(world.provider.capabilities);
    expect(world.asked).toBe(0);
  });
});

function methods(): Provider {
  const { provider } = world;
  return {
    capabilities: provider.capabilities,
    read: (keys, signal) => provider.read(keys, signal),
    apply: (changes, signal) => provider.apply(changes, signal),
    check: () => provider.check(),
  };
}
