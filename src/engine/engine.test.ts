import { afterEach, describe, expect, it } from "vitest";
import { TransportError } from "#core/errors.ts";
import { milliseconds } from "#core/units.ts";
import type { Engine } from "#engine/engine.ts";
import { desired, EngineWorld, finish, NEVER, operators, type WorldOptions } from "#testing/engine-world.ts";

const TRUTH = "44.128.10.77";
const NEXT = "44.128.20.5";
const LIE = "44.128.66.66";
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const UNREACHABLE = new TransportError("Cannot reach the provider: there is no way to it", {
  code: "unreachable",
  peer: "api",
  phase: "unsent",
});

const worlds: { readonly each: EngineWorld; readonly engine: Engine; readonly end: Promise<void> }[] = [];

/** A running engine, stopped and looked after at the end of the test. */
async function running(options: WorldOptions = {}, prepare: (each: EngineWorld) => void = () => {}) {
  const each = new EngineWorld(options);
  prepare(each);
  const engine = each.engine();
  const end = engine.run(NEVER);
  worlds.push({ each, engine, end });
  await each.clock.advance(500);
  return { each, engine, end };
}

afterEach(async () => {
  for (const { each, engine, end } of worlds.splice(0)) {
    await finish(each.clock, engine.stop());
    await finish(each.clock, end);
    expect(each.open, "left behind").toBe(0);
  }
});

function questionsOf(each: EngineWorld): readonly number[] {
  return each.witnesses.flatMap(({ questions }) => questions.map(({ at }) => at)).toSorted((a, b) => a - b);
}

describe("a running engine", () => {
  it("starts with a round", async () => {
    const { each } = await running();
    expect(each.provider.values()).toBe(TRUTH);
    expect(each.of("round-started").map(({ trigger }) => trigger)).toEqual(["start"]);
  });

  it("makes a round every interval and asks one witness between rounds", async () => {
    const { each } = await running({ seed: 4 }, (world) => world.established());
    // four intervals of 5.5 minutes at most, or five of 4.5 at least
    await each.clock.advance(22.2 * MINUTE);
    expect(each.of("round-started").map(({ trigger }) => trigger)).toEqual([
      "start",
      ...Array<string>(4).fill("schedule"),
    ]);
    const probes = each.of("probed");
    expect(probes.length).toBeGreaterThan(120);
    expect(probes.every(({ result }) => result === "unchanged")).toBe(true);
    expect(new Set(probes.map(({ witness }) => witness.operator)).size).toBe(5);
    expect(each.provider.writes).toEqual([]);
  });

  it("reads again as soon as the pause after a failed reading is over, not at the next interval", async () => {
    const { each } = await running({}, (world) => world.established());
    await each.clock.advance(MINUTE);
    let failures = 2;
    each.provider.readScript = () => (failures-- > 0 ? { kind: "unread", error: UNREACHABLE } : undefined);
    each.move(NEXT);
    // a probe, two pauses (2 and 4 s and their jitter), and the write
    await each.clock.advance(20 * SECOND);
    expect(each.provider.values()).toBe(NEXT);
  });

  it("reads again what alone of its account could not be read", async () => {
    const other = "other.example.org";
    const { each } = await running({ records: [desired(), desired(other)] }, (world) => {
      world.established();
      world.provider.put(other, "A", [TRUTH]);
    });
    await each.clock.advance(MINUTE);
    let failures = 1;
    each.provider.readScript = ({ name }) =>
      name === other && failures-- > 0 ? { kind: "unread", error: UNREACHABLE } : undefined;
    each.move(NEXT);
    await each.clock.advance(20 * SECOND);
    expect(each.provider.values(`${other}/A`)).toBe(NEXT);
  });

  it("holds nothing against a provider that a dead line kept it from", async () => {
    const { each } = await running({}, (world) => world.established());
    each.provider.readScript = () => ({ kind: "unread", error: UNREACHABLE });
    each.move("offline");
    await each.clock.advance(8 * HOUR);
    expect(each.provider.reads.length).toBeLessThan(5);
    each.provider.readScript = () => undefined;
    each.move(NEXT);
    await each.clock.advance(10 * SECOND);
    expect(each.provider.values()).toBe(NEXT);
  });

  it("spreads rounds and probes at random", async () => {
    const { each } = await running({ seed: 11 }, (world) => world.established());
    await each.clock.advance(HOUR);
    const spans = each
      .of("scheduled")
      .filter(({ next }) => next === "probe")
      .map(({ within }) => within);
    expect(Math.min(...spans)).toBeGreaterThanOrEqual(8 * SECOND);
    expect(Math.max(...spans)).toBeLessThanOrEqual(12 * SECOND);
    expect(new Set(spans).size).toBeGreaterThan(spans.length / 2);
  });

  it("never probes one operator twice in a row", async () => {
    const { each } = await running({ seed: 11 }, (world) => world.established());
    await each.clock.advance(HOUR);
    const asked = each.of("probed").map(({ witness }) => witness.operator);
    expect(asked.filter((operator, index) => operator === asked[index - 1])).toEqual([]);
  });

  it("says what comes next", async () => {
    const { each } = await running();
    const next = each.of("scheduled").map(({ next, within }) => `${next} ${Math.round(within / SECOND)}`);
    expect(next).toContain("round 300");
    expect(next).toContain("probe 10");
  });

  it("has the record right within a second of the probe that sees a change", async () => {
    const { each } = await running({}, (world) => world.established());
    await each.clock.advance(MINUTE);
    each.move(NEXT);
    const movedAt = each.clock.now();
    await each.clock.advance(30 * SECOND);
    const [probe] = each.of("probed").filter(({ result }) => result === "changed");
    const [write] = each.provider.writes;
    expect(each.provider.values()).toBe(NEXT);
    expect(probe?.took).toBe(40);
    expect((write?.at ?? Infinity) - movedAt).toBeLessThan(10 * SECOND + SECOND);
    const round = each.of("round-started").find(({ trigger }) => trigger === "probe");
    expect(round).toBeDefined();
    // the round: three round trips, and the write
    expect(each.of("published")[0]?.sinceStart).toBe(3 * 40 + 50);
  });

  it("sees a change although one witness always says that there is none", async () => {
    const { each } = await running({ witnesses: operators(4, 2), seed: 5 }, (world) => {
      world.established();
      const [liar] = world.witnesses;
      if (liar) liar.behaviour = { says: TRUTH };
    });
    each.move(NEXT);
    await each.clock.advance(MINUTE);
    expect(each.provider.values()).toBe(NEXT);
  });

  it("sees a change within seconds although no STUN server answers any more", async () => {
    const stun = operators(8, 0);
    const http = operators(0, 4).map((each) => ({ ...each, source: "http" as const }));
    const { each } = await running({ witnesses: [...stun, ...http], seed: 3 }, (world) =>
      world.established(),
    );
    for (const witness of each.witnesses) if (witness.source === "stun") witness.behaviour = "silent";
    await each.clock.advance(2 * MINUTE);
    const rounds = each.of("round-started").length;
    each.move(NEXT);
    await each.clock.advance(20 * SECOND);
    expect(each.provider.values()).toBe(NEXT);
    expect(rounds).toBeLessThan(4);
  });

  it("is not moved by a probe that lies, and quarantines who keeps lying", async () => {
    const { each } = await running({ seed: 2 }, (world) => {
      world.established();
      const [liar] = world.witnesses;
      if (liar) liar.behaviour = { says: LIE, after: 5 };
    });
    await each.clock.advance(HOUR);
    expect(each.provider.writes).toEqual([]);
    expect(each.of("quarantined").map(({ witness, reason }) => [witness.operator, reason])).toEqual([
      ["udp0", "dissent"],
    ]);
  });

  it("asks whom it was told to pardon, as if nothing had been", async () => {
    const { each, engine } = await running({ seed: 2 }, (world) => {
      world.established();
      const [liar] = world.witnesses;
      if (liar) liar.behaviour = { says: LIE, after: 5 };
    });
    await each.clock.advance(HOUR);
    const [liar] = each.witnesses;
    if (liar) liar.behaviour = { says: "honest" };
    engine.pardon();
    engine.pardon();
    expect(each.of("released").map(({ witness, family }) => [witness.operator, family])).toEqual([
      ["udp0", 4],
    ]);
    const before = liar?.questions.length ?? 0;
    await each.clock.advance(HOUR);
    expect(liar?.questions.length).toBeGreaterThan(before);
    expect(each.of("quarantined")).toHaveLength(1);
  });

  it("notices silence after two probes, and has the record right at once when the line is back", async () => {
    const { each } = await running({}, (world) => world.established());
    each.move("offline");
    await each.clock.advance(40 * SECOND);
    expect(each.of("round-started").some(({ trigger }) => trigger === "silence")).toBe(true);
    expect(each.provider.writes).toEqual([]);
    each.move(NEXT);
    const backAt = each.clock.now();
    await each.clock.advance(5 * SECOND);
    expect(each.provider.values()).toBe(NEXT);
    expect((each.provider.writes[0]?.at ?? Infinity) - backAt).toBeLessThan(2500);
  });

  it("keeps every record while all witnesses are dead for hours, with bounded attempts, and comes back", async () => {
    const { each } = await running({}, (world) => world.established());
    each.move("offline");
    await each.clock.advance(6 * HOUR);
    expect(each.provider.writes).toEqual([]);
    expect(each.provider.values()).toBe(TRUTH);
    const rounds = each.of("round-started").length;
    expect(rounds).toBeLessThan((6 * HOUR) / (30 * SECOND) + 20);
    expect(each.provider.reads.length).toBeLessThan(60);
    const questions = questionsOf(each).filter((at) => at > 5 * HOUR).length;
    expect(questions).toBeLessThan(2500);
    each.move(NEXT);
    await each.clock.advance(30 * SECOND);
    expect(each.provider.values()).toBe(NEXT);
  }, 20_000);

  it("backs off to a minute while the witnesses disagree", async () => {
    const witnesses = ["a", "b", "c", "d"].map((operator, index) => ({
      operator,
      behaviour: { says: index % 2 ? LIE : TRUTH },
    }));
    const { each } = await running({ witnesses }, (world) => world.established(NEXT));
    await each.clock.advance(HOUR);
    const rounds = each.of("round-started").length;
    expect(rounds).toBeGreaterThan(50);
    expect(rounds).toBeLessThan(80);
    expect(each.provider.writes).toEqual([]);
  });

  it("is not hurried in one family by the other", async () => {
    const records = [desired(), desired("home.example.org", "AAAA")];
    const { each } = await running({ records, truth6: "offline" }, (world) => world.established());
    await each.clock.advance(30 * MINUTE);
    const forFour = each.of("round-started").filter(({ families }) => families.includes(4));
    const forSix = each.of("round-started").filter(({ families }) => families.includes(6));
    expect(forFour.length).toBeLessThan(10);
    expect(forSix.length).toBeGreaterThan(50);
  });

  it("writes a flapping address less and less often", async () => {
    const { each } = await running({}, (world) => world.established());
    await each.clock.advance(11 * MINUTE);
    for (let change = 1; change <= 6; change += 1) {
      each.move(change % 2 ? NEXT : TRUTH);
      await each.clock.advance(10 * SECOND);
    }
    await each.clock.advance(MINUTE);
    const writes = each.provider.writes.length;
    expect(writes).toBeGreaterThanOrEqual(2);
    expect(writes).toBeLessThanOrEqual(5);
    const gaps = each.provider.writes.slice(1).map(({ at }, i) => at - (each.provider.writes[i]?.at ?? 0));
    for (const gap of gaps.slice(1)) expect(gap).toBeGreaterThanOrEqual(5 * SECOND);
    await each.clock.advance(10 * MINUTE);
    expect(each.provider.values()).toBe(TRUTH);
  });

  it("makes one round of a burst of triggers", async () => {
    const { each, engine } = await running({}, (world) => world.established());
    const before = each.of("round-started").length;
    for (let count = 0; count < 10; count += 1) {
      engine.trigger("gateway");
      await each.clock.advance(2);
    }
    await each.clock.advance(2 * SECOND);
    expect(each.of("round-started").length).toBe(before + 1);
  });

  it("tries a failed write again by itself, and honours what the provider asks for", async () => {
    const failures = [undefined, milliseconds(60_000)];
    for (const retryAfter of failures) {
      const { each } = await running({}, (world) => {
        world.provider.script = () => ({ kind: "failed", error: new Error("no"), retryAfter });
      });
      each.provider.script = () => undefined;
      const calledAt = each.provider.writes[0]?.at ?? 0;
      await each.clock.advance(2 * MINUTE);
      const [, second, third] = each.provider.writes;
      expect(third).toBeUndefined();
      expect((second?.at ?? 0) - calledAt).toBeGreaterThanOrEqual(retryAfter ?? 2000);
      expect((second?.at ?? Infinity) - calledAt).toBeLessThan((retryAfter ?? 2000) * 1.25 + SECOND);
      expect(each.provider.values()).toBe(TRUTH);
    }
  });

  it("does not notice a wall clock that is set", async () => {
    const { each } = await running({}, (world) => world.established());
    for (const date of ["1999-01-01T00:00:00Z", "2099-01-01T00:00:00Z"]) {
      each.clock.setDate(new Date(date));
      await each.clock.advance(MINUTE);
    }
    expect(each.of("round-started")).toHaveLength(1);
  });

  it("goes on with what there is when the sources cannot be prepared", async () => {
    const each = new EngineWorld();
    const [source] = each.sources();
    const hanging = { ...source, prepare: () => new Promise<void>(() => {}) };
    each.sources = () => [{ kind: "stun", witnesses: () => each.witnesses, ...hanging }];
    const engine = each.engine();
    const summary = await finish(each.clock, engine.round("start", NEVER));
    expect(summary.verdicts.get(4)?.kind).toBe("known");
    expect(each.clock.now()).toBeLessThan(3000);
    await engine.stop();
  });

  it("survives a source with a bug", async () => {
    const { each } = await running({}, (world) => {
      const [broken] = world.witnesses;
      if (broken) broken.ask = () => Promise.reject(new TypeError("undefined is not a function"));
    });
    expect(each.provider.values()).toBe(TRUTH);
  });

  it("stays as small as it was after a thousand rounds", async () => {
    const { each, engine } = await running({ schedule: { interval: milliseconds(MINUTE) } });
    await each.clock.advance(10 * MINUTE);
    const sleeps = each.clock.pending;
    each.events.length = 0;
    for (let count = 0; count < 1000; count += 1) {
      engine.trigger("signal");
      await each.clock.advance(SECOND);
      each.events.length = 0;
    }
    expect(each.clock.pending).toBe(sleeps);
    expect(each.provider.writes).toHaveLength(1);
  }, 30_000);
});

describe("stopping", () => {
  async function stopDuringWrite(writeLatency: number) {
    const each = new EngineWorld();
    each.provider.writeLatency = writeLatency;
    const engine = each.engine();
    const end = engine.run(NEVER);
    await each.clock.advance(300);
    expect(each.provider.writes).toHaveLength(1);
    const stoppedAt = each.clock.now();
    await finish(each.clock, engine.stop());
    await finish(each.clock, end);
    expect(each.open).toBe(0);
    return { each, took: each.clock.now() - stoppedAt };
  }

  it("lets a write in flight finish, and stores it", async () => {
    const { each, took } = await stopDuringWrite(5000);
    expect(each.provider.values()).toBe(TRUTH);
    expect(each.store.published().get("home.example.org/A")?.address.text).toBe(TRUTH);
    expect(took).toBeLessThanOrEqual(5000);
  });

  it("cuts a write that takes longer than ten seconds", async () => {
    const { each, took } = await stopDuringWrite(25_000);
    expect(each.provider.values()).toBe("");
    expect(took).toBe(10_000);
  });

  it("ends everything else at once, at any moment", async () => {
    for (let at = 0; at <= 12_000; at += 373) {
      const each = new EngineWorld({ witnesses: operators(3, 2) }).established();
      const engine = each.engine();
      const end = engine.run(NEVER);
      await each.clock.advance(at);
      await engine.stop();
      await end;
      expect(each.open).toBe(0);
    }
  });

  it("ends with the signal of its run", async () => {
    const each = new EngineWorld().established();
    const stop = new AbortController();
    const end = each.engine().run(stop.signal);
    await each.clock.advance(20_000);
    stop.abort();
    await end;
    expect(each.open).toBe(0);
  });

  it("writes nothing more when it starts again on the same store", async () => {
    const each = new EngineWorld();
    for (let run = 0; run < 3; run += 1) {
      const engine = each.engine();
      const end = engine.run(NEVER);
      await each.clock.advance(MINUTE);
      await finish(each.clock, engine.stop());
      await end;
    }
    expect(each.provider.writes).toHaveLength(1);
  });
});
