import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { ProviderError, TransportError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import { milliseconds, seconds } from "#core/units.ts";
import type { Engine } from "#engine/engine.ts";
import type { RoundSummary, Trigger } from "#engine/events.ts";
import {
  desired,
  EngineWorld,
  finish,
  NEVER,
  operators,
  ScriptedProvider,
  type WorldOptions,
} from "#testing/engine-world.ts";

const TRUTH = "44.128.10.77";
const OLD = "44.128.10.1";
const NEXT = "44.128.20.5";
const LIE = "44.128.66.66";

const worlds: EngineWorld[] = [];

function world(options: WorldOptions = {}): EngineWorld {
  const made = new EngineWorld(options);
  worlds.push(made);
  return made;
}

afterEach(() => {
  for (const each of worlds.splice(0)) expect(each.open, "left behind").toBe(0);
});

/** Rounds by hand, the clock moved on by `pause` before each. */
function driver(each: EngineWorld, engine: Engine = each.engine()) {
  return async (trigger: Trigger = "command", pause = 0): Promise<RoundSummary> => {
    await each.clock.advance(pause);
    return finish(each.clock, engine.round(trigger, NEVER));
  };
}

function outcomesOf({ outcomes }: RoundSummary): readonly string[] {
  return outcomes.map(({ outcome }) => outcome.kind);
}

function reasonsOf({ withheld }: RoundSummary): readonly string[] {
  return withheld.map(({ reason }) => reason.kind);
}

const LOST: Outcome = {
  kind: "unconfirmed",
  error: new TransportError("Cannot read the answer: the connection was reset", {
    code: "reset",
    peer: "api",
    phase: "sent",
  }),
};

describe("a round", () => {
  it("reads all that is published a few times, however many records it writes and finds right", async () => {
    const records = Array.from({ length: 30 }, (_, index) => desired(`host-${index}.example.org`));
    const each = world({ records });
    const { store } = each;
    const published = store.published.bind(store);
    let reads = 0;
    store.published = () => {
      reads += 1;
      return published();
    };
    const round = driver(each);
    expect(outcomesOf(await round())).toEqual(records.map(() => "applied"));
    each.move(NEXT);
    expect(outcomesOf(await round())).toEqual(records.map(() => "applied"));
    expect(outcomesOf(await round())).toEqual([]);
    expect(reads).toBeLessThan(10);
  });

  it("makes a missing record, and stores what it did", async () => {
    const each = world();
    const summary = await driver(each)();
    expect(each.provider.values()).toBe(TRUTH);
    expect(outcomesOf(summary)).toEqual(["applied"]);
    expect(each.store.published().get("home.example.org/A")?.address.text).toBe(TRUTH);
    expect(each.store.beliefs().get(4)).toMatchObject({ kind: "known", address: { text: TRUTH } });
    expect(each.store.history(10)).toMatchObject([{ reason: "missing", outcome: "applied", after: [TRUTH] }]);
  });

  it("reads the record beside detection: what is changed costs detection and the write", async () => {
    const each = world().established(OLD);
    each.provider.latency = 100;
    await driver(each)();
    const [published] = each.of("published");
    // TLS takes three round trips of 40 ms, the reading was there before
    expect(published?.sinceStart).toBe(120 + 100);
  });

  it("tells what happens in order", async () => {
    const each = world({ records: [desired()] }).established(OLD);
    await driver(each)();
    const kinds = each.events
      .map(({ kind }) => kind)
      .filter((kind) => kind !== "asked" && kind !== "observed");
    expect(kinds).toEqual([
      "round-started",
      "called",
      "decided",
      "planned",
      "called",
      "published",
      "round-ended",
    ]);
  });

  it("writes nothing that is right, and asks the provider no more than the age of readings says", async () => {
    const each = world().established();
    const round = driver(each);
    await round("start");
    for (let count = 0; count < 20; count += 1) await round("schedule", 60_000);
    expect(each.provider.writes).toEqual([]);
    // ten minutes old at most: at the start, and twice in twenty minutes
    expect(each.provider.reads).toHaveLength(3);
  });

  it("writes nothing after a restart when all is right", async () => {
    const each = world({ records: [desired("home.example.org", "A", { ttl: seconds(300) })] });
    await driver(each)();
    await driver(each, each.engine())();
    await driver(each, each.engine())("start");
    expect(each.provider.writes).toHaveLength(1);
  });

  it("writes nothing after a restart that lost the store when all is right", async () => {
    const each = world();
    each.provider.put("home.example.org", "A", [TRUTH]);
    const summary = await driver(each)();
    expect(summary.plan.map(({ kind }) => kind)).toEqual(["in-sync"]);
    expect(each.provider.writes).toEqual([]);
  });

  it("puts right what somebody else changed, with the reason", async () => {
    const each = world().established();
    const round = driver(each);
    await round();
    each.provider.put("home.example.org", "A", [LIE]);
    await round("schedule", 11 * 60_000);
    expect(each.provider.values()).toBe(TRUTH);
    expect(each.store.history(10)).toMatchObject([{ reason: "changed-elsewhere", before: [LIE] }]);
  });

  it("that a person asks for reads again, however lately that was done", async () => {
    const each = world().established();
    const round = driver(each);
    await round();
    each.provider.put("home.example.org", "A", [LIE]);
    await round("schedule", 1000);
    expect(each.provider.values()).toBe(LIE);
    await round("command", 1000);
    expect(each.provider.values()).toBe(TRUTH);
  });

  it("keeps the values of others in a merged set, also those that came after the last reading", async () => {
    const each = world({ records: [desired("home.example.org", "A", { mode: "merge" })] }).established();
    const round = driver(each);
    await round();
    each.provider.put("home.example.org", "A", [TRUTH, "44.128.99.1"]);
    each.move(NEXT);
    await round("schedule", 60_000);
    expect(each.provider.values()).toBe(`${NEXT},44.128.99.1`);
  });

  it("changes nothing while the witnesses are silent, lie or disagree", async () => {
    for (const [a, b] of [
      ["silent", "silent"],
      [{ says: LIE }, { says: "10.0.0.1" }],
      [{ says: LIE }, { says: NEXT }],
    ] as const) {
      const each = world({
        witnesses: [
          { operator: "a", behaviour: a },
          { operator: "b", behaviour: b },
        ],
      }).established();
      const summary = await driver(each)();
      expect(summary.plan.map(({ kind }) => kind)).toEqual(["keep"]);
      expect(each.provider.values()).toBe(TRUTH);
    }
  });

  it("publishes one family while the other is dead", async () => {
    const records = [desired(), desired("home.example.org", "AAAA")];
    const each = world({ records, truth6: "offline" });
    const summary = await driver(each)();
    expect(each.provider.values("home.example.org/A")).toBe(TRUTH);
    expect(each.of("published")[0]?.sinceStart).toBeLessThan(300);
    expect(summary.verdicts.get(6)?.kind).toBe("unavailable");
  });

  it("reads both families with one question", async () => {
    const each = world({ records: [desired(), desired("home.example.org", "AAAA")] });
    await driver(each)();
    expect(each.provider.reads).toHaveLength(1);
    expect(each.provider.values("home.example.org/AAAA")).toBe("2a10:ed1:77::1");
  });

  it("plans and touches nothing when dry", async () => {
    const each = world({ dryRun: true });
    const summary = await driver(each)();
    expect(reasonsOf(summary)).toEqual(["dry-run"]);
    expect(each.provider.writes).toEqual([]);
    expect(each.store.beliefs().size).toBe(0);
    expect(each.store.history(10)).toEqual([]);
  });
});

describe("an outcome", () => {
  it("unconfirmed that landed takes no second write", async () => {
    const each = world().established(OLD);
    const round = driver(each);
    each.provider.script = (change) => {
      each.provider.land(change);
      return LOST;
    };
    expect(outcomesOf(await round())).toEqual(["unconfirmed"]);
    expect(each.store.published().get("home.example.org/A")?.address.text).toBe(OLD);
    const summary = await round("back-off", 3000);
    expect(summary.plan.map(({ kind }) => kind)).toEqual(["in-sync"]);
    expect(each.provider.writes).toHaveLength(1);
    expect(each.store.published().get("home.example.org/A")?.address.text).toBe(TRUTH);
  });

  it("unconfirmed that did not land takes exactly one more, after another reading", async () => {
    const each = world().established(OLD);
    const round = driver(each);
    each.provider.script = () => LOST;
    await round();
    each.provider.script = () => undefined;
    const readsBefore = each.provider.reads.length;
    await round("back-off", 3000);
    await round("schedule", 3000);
    expect(each.provider.reads.length).toBe(readsBefore + 1);
    expect(each.provider.writes).toHaveLength(2);
    expect(each.provider.values()).toBe(TRUTH);
  });

  it("asked to wait is not called before, neither to read nor to write", async () => {
    const each = world().established(OLD);
    const round = driver(each);
    each.provider.script = () => ({
      kind: "failed",
      error: new ProviderError("429", { code: "rate-limit" }),
      retryAfter: milliseconds(60_000),
    });
    await round();
    const askedAt = each.clock.now();
    each.provider.script = () => undefined;
    const calls = () => each.provider.reads.length + each.provider.writes.length;
    const before = calls();
    for (let count = 0; count < 11; count += 1) {
      const summary = await round("signal", 5000);
      if (each.clock.now() < askedAt + 60_000) expect(reasonsOf(summary)).toEqual(["back-off"]);
    }
    expect(calls()).toBe(before);
    await round("signal", 6000);
    expect(each.provider.values()).toBe(TRUTH);
  });

  it("asked to wait holds back every record of that account", async () => {
    const names = ["a.example.org", "b.example.org"];
    const each = world({ records: names.map((name) => desired(name)) });
    const round = driver(each);
    const retryAfter = milliseconds(60_000);
    each.provider.script = ({ record }) => ({
      kind: "failed",
      error: new Error("429"),
      ...(record.name === "a.example.org" ? { retryAfter } : {}),
    });
    await round();
    expect(reasonsOf(await round("signal", 10_000))).toEqual(["back-off", "back-off"]);
    expect(each.provider.writes).toHaveLength(2);
  });

  it("that had to wait is planned on a fresh reading", async () => {
    const records = [desired("home.example.org", "A", { mode: "merge" })];
    const each = world({ records }).established(OLD);
    const round = driver(each);
    const retryAfter = milliseconds(60_000);
    each.provider.script = () => ({ kind: "failed", error: new Error("429"), retryAfter });
    await round();
    each.provider.script = () => undefined;
    each.provider.put("home.example.org", "A", [OLD, "44.128.99.1"]);
    await round("back-off", 62_000);
    expect(each.provider.values()).toBe(`${TRUTH},44.128.99.1`);
  });

  it("asked to wait when reading is not asked again before", async () => {
    const each = world().established(OLD);
    const round = driver(each);
    const error = new ProviderError("429", { code: "rate-limit", retry: { after: milliseconds(60_000) } });
    each.provider.readScript = () => ({ kind: "unread", error });
    const summary = await round();
    expect(summary.plan).toMatchObject([{ kind: "keep", reason: { kind: "unread" } }]);
    for (let count = 0; count < 5; count += 1) await round("signal", 10_000);
    expect(each.provider.reads).toHaveLength(1);
    each.provider.readScript = () => undefined;
    await round("signal", 12_000);
    expect(each.provider.values()).toBe(TRUTH);
  });

  it("failed is tried again after 2, 4, 8 s", async () => {
    const each = world().established(OLD);
    const round = driver(each);
    each.provider.script = () => ({ kind: "failed", error: new Error("500") });
    for (let second = 0; second < 40; second += 1) await round("schedule", 1000);
    const times = each.provider.writes.map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => Math.round((at - (times[index] ?? 0)) / 1000));
    expect(gaps.length).toBeLessThanOrEqual(4);
    expect(gaps.every((gap, index) => gap >= 2 ** (index + 1))).toBe(true);
  });

  it("refused stops that record alone, until the change is another one", async () => {
    const names = ["a.example.org", "b.example.org"];
    const each = world({ records: names.map((name) => desired(name)) });
    const round = driver(each);
    each.provider.script = ({ record }) =>
      record.name === "a.example.org" ? { kind: "refused", cause: "invalid", words: "no" } : undefined;
    await round();
    expect(each.provider.values("b.example.org/A")).toBe(TRUTH);
    for (let count = 0; count < 10; count += 1) {
      expect(reasonsOf(await round("schedule", 600_000))).toEqual(["stopped"]);
    }
    expect(each.provider.writes).toHaveLength(2);
    each.move(NEXT);
    await round("schedule", 600_000);
    expect(each.provider.writes).toHaveLength(4);
    expect(each.provider.values("b.example.org/A")).toBe(NEXT);
  });

  it("refused is forgotten once the record is found right", async () => {
    const each = world().established(OLD);
    const round = driver(each);
    each.provider.script = () => ({ kind: "refused", cause: "not-allowed", words: "no" });
    await round();
    each.provider.put("home.example.org", "A", [TRUTH]);
    each.provider.script = () => undefined;
    await round("schedule", 660_000);
    each.provider.put("home.example.org", "A", [OLD]);
    await round("schedule", 660_000);
    expect(each.provider.values()).toBe(TRUTH);
  });

  it("refused for its credentials is tried again by the hour: they may have been replaced", async () => {
    const each = world().established(OLD);
    const round = driver(each);
    each.provider.script = () => ({ kind: "refused", cause: "authentication", words: "no" });
    await round();
    for (let count = 0; count < 119; count += 1) await round("schedule", 60_000);
    expect(each.provider.writes).toHaveLength(2);
  });

  it("refused for its credentials is tried again at once when a person asks for a round", async () => {
    const each = world().established(OLD);
    const round = driver(each);
    each.provider.script = () => ({ kind: "refused", cause: "authentication", words: "no" });
    await round();
    each.provider.script = () => undefined;
    await round("schedule", 60_000);
    expect(each.provider.values()).toBe(OLD);
    await round("signal", 1000);
    expect(each.provider.values()).toBe(TRUTH);
  });

  it("refused for what may pass by itself is tried again by the hour, and at once when the change is another", async () => {
    const each = world().established(OLD);
    const round = driver(each);
    each.provider.script = () => ({ kind: "refused", cause: "not-found", words: "no zone", mayPass: true });
    await round();
    for (let count = 0; count < 119; count += 1) await round("schedule", 60_000);
    expect(each.provider.writes).toHaveLength(2);
    each.move(NEXT);
    each.provider.script = () => undefined;
    await round("schedule", 60_000);
    expect(each.provider.values()).toBe(NEXT);
  });

  it("of one provider does not hold up another", async () => {
    const each = world({
      records: [desired("a.example.org"), desired("b.example.org", "A", { provider: "other" })],
    });
    const other = new ScriptedProvider(each.clock);
    each.providers.set("other", other);
    each.provider.latency = 20_000;
    other.latency = 10;
    await driver(each)();
    expect(other.writes[0]?.at).toBeLessThan(200);
  });

  it("of a provider with a bug is unknown: it is reported, read again, and written again when needed", async () => {
    const each = world().established(OLD);
    const round = driver(each);
    each.provider.script = () => {
      throw new TypeError("undefined is not a function");
    };
    const summary = await round();
    expect(outcomesOf(summary)).toEqual(["unconfirmed"]);
    expect(each.of("crashed")).toHaveLength(1);
    expect(each.bugs).toHaveLength(1);
    each.provider.script = () => undefined;
    await round("back-off", 5000);
    expect(each.provider.values()).toBe(TRUTH);
  });

  it("applied with another TTL than wished is written once, also over a restart", async () => {
    const each = world({ records: [desired("home.example.org", "A", { ttl: seconds(60) })] });
    each.provider.script = (change) => {
      each.provider.land({ ...change, after: { ...change.after, ttl: seconds(300) } });
      return { kind: "applied" };
    };
    const round = driver(each);
    await round();
    expect(reasonsOf(await round("schedule", 660_000))).toEqual(["ttl-not-kept"]);
    await round("schedule", 660_000);
    await driver(each, each.engine())("start");
    expect(each.provider.writes).toHaveLength(1);
  });
});

describe("a belief", () => {
  it("is as old as its address, and outlives rounds that know nothing", async () => {
    const each = world();
    const round = driver(each);
    await round();
    const { since } = each.store.beliefs().get(4) ?? {};
    await round("schedule", 60_000);
    each.move("offline");
    await round("schedule", 60_000);
    expect(each.store.beliefs().get(4)).toMatchObject({
      kind: "unavailable",
      address: { text: TRUTH },
      since,
    });
    each.move(NEXT);
    await round("schedule", 60_000);
    const belief = each.store.beliefs().get(4);
    expect(belief?.address?.text).toBe(NEXT);
    expect(belief?.since).not.toEqual(since);
    expect(belief?.for.length).toBeGreaterThanOrEqual(4);
  });
});

describe("a flapping line", () => {
  it("is counted by its changes, not by its records", async () => {
    const names = ["a.example.org", "b.example.org", "c.example.org", "d.example.org"];
    const each = world({ records: names.map((name) => desired(name)) });
    const round = driver(each);
    await round();
    each.move(NEXT);
    expect(outcomesOf(await round("probe", 3000))).toEqual(Array<string>(4).fill("applied"));
    each.move(TRUTH);
    expect(reasonsOf(await round("probe", 2000))).toEqual(Array<string>(4).fill("flap-hold"));
  });
});

describe("a bug", () => {
  it("in the store ends the family's part of the round, with every record as it was", async () => {
    const each = world().established(OLD);
    each.store.isBroken = true;
    const round = driver(each);
    const summary = await round();
    expect(summary.crashed).toBe(true);
    expect(each.of("crashed")).toHaveLength(1);
    expect(each.provider.values()).toBe(OLD);
    each.store.isBroken = false;
    await round();
    expect(each.provider.values()).toBe(TRUTH);
  });

  it("in a listener is told to the others, and changes nothing", async () => {
    const each = world();
    const engine = each.engine();
    engine.subscribe(() => {
      throw new TypeError("a listener");
    });
    await finish(each.clock, engine.round("command", NEVER));
    expect(each.of("crashed")).toHaveLength(1);
    expect(each.provider.values()).toBe(TRUTH);
  });
});

describe("verification", () => {
  function authority(took: number, each: () => EngineWorld) {
    return {
      read: () => Promise.reject(new Error("not asked")),
      verify: async (_set: unknown, _deadline: unknown, signal: AbortSignal) => {
        await each().clock.sleep(milliseconds(took), signal);
        return { kind: "converged", servers: ["ns1"], took: milliseconds(took) } as const;
      },
    };
  }

  it("follows a write without holding up the round", async () => {
    const each: EngineWorld = world({
      authority: authority(5000, () => each),
      verification: { deadline: milliseconds(30_000), awaited: false },
    });
    const engine = each.engine();
    const { took } = await finish(each.clock, engine.round("command", NEVER));
    expect(took).toBeLessThan(300);
    expect(each.of("verified")).toEqual([]);
    await each.clock.advance(6000);
    expect(each.of("verified")).toMatchObject([{ result: { kind: "converged" } }]);
    expect(each.store.history(10)).toMatchObject([{ converged: 5000 }]);
    await engine.stop();
  });

  it("of an earlier write ends with the next one", async () => {
    const asked: { readonly signal: AbortSignal }[] = [];
    const each: EngineWorld = world({
      authority: {
        read: () => Promise.reject(new Error("not asked")),
        verify: async (_set, _deadline, signal) => {
          asked.push({ signal });
          await each.clock.sleep(milliseconds(25_000), signal);
          return { kind: "incomplete", right: [], wrong: ["ns1"], took: milliseconds(25_000) };
        },
      },
      verification: { deadline: milliseconds(25_000), awaited: false },
    });
    const engine = each.engine();
    const round = driver(each, engine);
    await round();
    each.move(NEXT);
    await round("probe", 1000);
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    await finish(each.clock, engine.stop());
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(each.of("verified")).toEqual([]);
  });

  it("is waited for when told so", async () => {
    const each: EngineWorld = world({
      authority: authority(5000, () => each),
      verification: { deadline: milliseconds(30_000), awaited: true },
    });
    const engine = each.engine();
    const round = engine.round("command", NEVER);
    await finish(each.clock, round);
    expect(each.of("verified")).toHaveLength(1);
  });
});

describe("whatever happens,", () => {
  it("a plan that says in sync is never written", async () => {
    const step = fc.record({
      truth: fc.constantFrom(TRUTH, NEXT, "offline"),
      elsewhere: fc.option(fc.constantFrom(OLD, LIE), { freq: 6 }),
      outcome: fc.constantFrom("applied", "failed", "lost", "lost-landed", "refused"),
      pause: fc.integer({ min: 0, max: 700_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), fc.nat(), async (steps, seed) => {
        const each = world({ seed: seed + 1, witnesses: operators(5, 2) }).established();
        const round = driver(each);
        for (const { truth, elsewhere, outcome, pause } of steps) {
          each.move(truth);
          if (elsewhere) each.provider.put("home.example.org", "A", [elsewhere]);
          each.provider.script = (change) => {
            if (outcome === "lost-landed") each.provider.land(change);
            if (outcome.startsWith("lost")) return LOST;
            if (outcome === "refused") return { kind: "refused", cause: "invalid", words: "no" };
            return outcome === "failed" ? { kind: "failed", error: new Error("500") } : undefined;
          };
          const before = each.provider.writes.length;
          const { plan } = await round("schedule", pause);
          const written = each.provider.writes.length - before;
          expect(written).toBeLessThanOrEqual(plan.filter(({ kind }) => kind === "change").length);
        }
        for (const { change } of each.provider.writes) {
          expect([TRUTH, NEXT]).toContain(change.address.text);
          expect(change.before?.values.map(({ text }) => text)).not.toEqual([change.address.text]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
