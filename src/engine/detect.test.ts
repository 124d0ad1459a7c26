import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { milliseconds } from "#core/units.ts";
import { DEFAULT_LIMITS } from "#engine/detect.ts";
import {
  address,
  EngineWorld,
  finish,
  NEVER,
  operators,
  prefixes,
  type WorldOptions,
} from "#testing/engine-world.ts";
import type { Behaviour, FakeWitnessOptions } from "#testing/fake-witness.ts";

const RTT = 40;
const TRUTH = "44.128.10.77";
const OLD = "44.128.10.1";
const LIE = "44.128.66.66";
const confirmed = address(TRUTH);

const worlds: EngineWorld[] = [];

function world(options: WorldOptions = {}): EngineWorld {
  const made = new EngineWorld(options);
  worlds.push(made);
  return made;
}

afterEach(() => {
  for (const each of worlds.splice(0)) expect(each.open, "left behind").toBe(0);
});

function withBehaviours(behaviours: readonly Behaviour[]): readonly FakeWitnessOptions[] {
  return behaviours.map((behaviour, index) => ({ operator: `op${index}`, behaviour }));
}

describe("the first look", () => {
  it("decides with the second fastest answer, whoever it is", async () => {
    for (const rtts of [
      [10, 20, 300],
      [300, 10, 20],
      [20, 300, 10],
    ]) {
      const each = world({ witnesses: rtts.map((rtt, i) => ({ operator: `op${i}`, rtt })) });
      const { verdict, took } = await each.detect({ confirmed });
      expect(verdict).toMatchObject({ kind: "known", address: { text: TRUTH }, basis: "quorum" });
      expect(took).toBe(20);
    }
  });

  it("takes one round trip", async () => {
    const { took, asked } = await world().detect({ confirmed });
    expect({ took, asked }).toEqual({ took: RTT, asked: 3 });
  });

  it("takes one round trip with one server dead", async () => {
    for (let dead = 0; dead < 3; dead += 1) {
      const each = world({ witnesses: operators(3) });
      const witness = each.witnesses[dead];
      if (witness) witness.behaviour = "silent";
      const { took, verdict } = await each.detect({ confirmed });
      expect(verdict.kind).toBe("known");
      expect(took).toBe(RTT);
    }
  });

  it("asks the next at once when one fails for certain, or says what cannot be", async () => {
    for (const behaviour of [
      { fails: "refused", after: 5 },
      { says: "10.1.2.3", after: 5 },
    ] as const) {
      const each = world({ witnesses: operators(4) });
      for (const witness of each.witnesses.slice(0, 1)) witness.behaviour = behaviour;
      const { took, verdict } = await each.detect({ confirmed });
      expect(verdict.kind).toBe("known");
      expect(took).toBe(RTT);
      const [first] = each.witnesses[0]?.questions ?? [];
      expect(each.of("asked")).toHaveLength(first ? 4 : 3);
    }
  });

  it("asks one more for every hedge while nobody answers, and seven at most", async () => {
    const each = world({ witnesses: operators(9).map((one) => ({ ...one, behaviour: "silent" })) });
    const { verdict, took } = await each.detect({ confirmed });
    expect(verdict).toMatchObject({ kind: "unavailable", reason: "no-answer" });
    expect(took).toBe(3000);
    const times = each.witnesses.flatMap(({ questions }) => questions.map(({ at }) => at));
    expect(times.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 100, 200, 300, 400]);
  });

  it("ends the other questions one round trip after the decision, and reports late dissent", async () => {
    const each = world({
      witnesses: [
        { operator: "a", rtt: 20 },
        { operator: "b", rtt: 40 },
        { operator: "c", behaviour: { says: LIE, after: 60 } },
      ],
    });
    const { verdict, took } = await each.detect({ confirmed });
    expect(took).toBe(40);
    expect(verdict).toMatchObject({ kind: "known", against: [] });
    expect(each.clock.now()).toBe(60);
    const late = each.of("observed").filter((event) => event.late);
    expect(late.map(({ observation }) => observation.witness.operator)).toEqual(["c"]);
  });

  it("cancels who is slower than that", async () => {
    const each = world({ witnesses: [...operators(2), { operator: "slow", rtt: 500 }] });
    await each.detect({ confirmed });
    expect(each.clock.now()).toBe(2 * RTT);
    expect(each.of("observed").map(({ observation }) => observation.kind)).toEqual([
      "seen",
      "seen",
      "cancelled",
    ]);
  });

  it("leaves nobody time for dissent when told so", async () => {
    const limits = { ...DEFAULT_LIMITS, grace: milliseconds(0) };
    const each = world({
      witnesses: [...operators(2), { operator: "slow", rtt: 500 }],
      detection: { limits },
    });
    await each.detect({ confirmed });
    expect(each.clock.now()).toBe(RTT);
  });

  it("asks witnesses of the last resort only when the others cannot decide", async () => {
    const interfaceWitness = { operator: "local", source: "interface", fallback: true, rtt: 0 } as const;
    const quiet = world({ witnesses: [...operators(3), interfaceWitness] });
    await quiet.detect({ confirmed });
    expect(quiet.witnesses[3]?.questions).toEqual([]);

    const needed = world({
      witnesses: [...withBehaviours([{ says: "honest" }, { fails: "refused" }]), interfaceWitness],
    });
    const { verdict } = await needed.detect({ confirmed });
    expect(verdict).toMatchObject({ kind: "known", basis: "quorum" });
    expect(needed.witnesses[2]?.questions).toHaveLength(1);
  });

  it("goes on with TCP and the web when UDP is blocked", async () => {
    const each = world({
      witnesses: [
        ...operators(9).map((one) => ({ ...one, behaviour: "silent" as const })),
        { operator: "tcp0", roundTrips: 2 },
        { operator: "tcp1", roundTrips: 2 },
        { operator: "web0", source: "http", authenticated: true },
      ],
    });
    const { verdict, took } = await each.detect({ confirmed });
    expect(verdict.kind).toBe("known");
    expect(took).toBeLessThan(500);
  });

  it("finds another way to the same operators when their UDP is silent", async () => {
    const each = world({
      witnesses: ["a", "b"].flatMap((operator) => [
        { operator, id: `stun:${operator}:udp`, behaviour: "silent" as const },
        { operator, id: `stun:${operator}:tcp`, roundTrips: 2 },
      ]),
    });
    const { verdict } = await each.detect({ confirmed });
    expect(verdict.kind).toBe("known");
  });

  it("says of those that are silent to the end that no answer came, and not that nobody was asked", async () => {
    const each = world({ witnesses: withBehaviours(["silent", "silent", "silent"]) });
    const { verdict } = await each.detect();
    expect(verdict).toMatchObject({ kind: "unavailable", reason: "no-answer" });
    const results = verdict.observations.map((one) => (one.kind === "failed" ? one.error : one.kind));
    expect(results).toEqual(Array.from({ length: 3 }, () => expect.objectContaining({ code: "timeout" })));
    const observed = each.of("observed").map(({ observation }) => observation);
    expect(observed).toEqual(verdict.observations);
  });

  it("counts no private, carrier or multicast address, and says why", async () => {
    const each = world({
      witnesses: withBehaviours([
        { says: "192.168.1.5" },
        { says: "100.64.7.7" },
        { says: "224.0.0.1" },
        { says: "198.51.100.7" },
      ]),
    });
    const { verdict } = await each.detect();
    expect(verdict).toMatchObject({ kind: "unavailable", reason: "no-answer" });
    const reasons = each
      .of("observed")
      .map(({ observation }) => (observation.kind === "rejected" ? observation.reason : observation.kind));
    expect(reasons.toSorted()).toEqual(["cgnat", "documentation", "multicast", "private"]);
  });

  it("takes addresses of opened ranges", async () => {
    const each = world({
      truth: "100.64.7.7",
      detection: { allowRanges: prefixes("100.64.0.0/10"), confirms: false },
    });
    const { verdict } = await each.detect();
    expect(verdict).toMatchObject({ kind: "known", address: { text: "100.64.7.7" } });
  });

  it("takes whatever comes, ten ways of failing at once", async () => {
    const behaviours: readonly Behaviour[] = [
      { says: "honest" },
      { says: "honest", after: 200 },
      { says: LIE },
      { says: "10.0.0.1" },
      { says: "2a10:ed1:77::1" },
      { says: "<html>" },
      { fails: "refused" },
      { fails: "nonsense" },
      { fails: "refused", after: 700 },
      "silent",
    ];
    for (let seed = 1; seed <= 30; seed += 1) {
      const each = world({ witnesses: withBehaviours(behaviours), seed });
      const { verdict, took } = await each.detect({ confirmed });
      expect(took).toBeLessThanOrEqual(3000);
      if (verdict.kind === "known") expect(verdict.address.text).toBe(TRUTH);
    }
  });
});

describe("a liar", () => {
  it("is outvoted in every position of five", async () => {
    for (let position = 0; position < 5; position += 1) {
      for (let seed = 1; seed <= 10; seed += 1) {
        const each = world({ witnesses: operators(5), seed });
        const liar = each.witnesses[position];
        if (liar) liar.behaviour = { says: LIE, after: 5 };
        const { verdict, took } = await each.detect({ confirmed });
        expect(verdict).toMatchObject({ kind: "known", address: { text: TRUTH } });
        expect(took).toBeLessThanOrEqual(2 * RTT);
      }
    }
  });

  it("has one vote with two witnesses", async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const each = world({
        witnesses: [
          ...operators(3),
          ...["x", "y"].map((id) => ({ operator: "liar", id, behaviour: { says: LIE, after: 5 } })),
        ],
        seed,
      });
      const { verdict } = await each.detect({ confirmed });
      expect(verdict).toMatchObject({ kind: "known", address: { text: TRUTH } });
    }
  });

  it("has one vote under two names in one network", async () => {
    const each = world({
      witnesses: [
        ...["x", "y"].map((operator, i) => ({
          operator,
          server: `198.41.0.${i + 1}`,
          behaviour: { says: LIE, after: 5 },
        })),
        { operator: "a" },
        { operator: "b" },
      ],
    });
    const { verdict } = await each.detect({ confirmed });
    expect(verdict.kind).toBe("disputed");
  });

  it("never decides as one of quorum - 1 operators, whatever the others do", async () => {
    const behaviour = fc.oneof(
      fc.constant<Behaviour>("silent"),
      fc.record({ says: fc.constant("honest"), after: fc.integer({ min: 0, max: 500 }) }),
      fc.record({ fails: fc.constant("refused" as const), after: fc.integer({ min: 0, max: 500 }) }),
    );
    const scenario = fc.record({
      quorum: fc.integer({ min: 1, max: 3 }),
      honest: fc.array(behaviour, { minLength: 0, maxLength: 6 }),
      liars: fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 2 }),
      seed: fc.integer({ min: 1, max: 1_000_000 }),
      suspicious: fc.boolean(),
      isConfirmed: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ quorum, honest, liars, seed, suspicious, isConfirmed }) => {
        const each = world({
          rule: { kind: "quorum", quorum },
          seed,
          witnesses: [
            ...withBehaviours(honest),
            ...liars.slice(0, quorum - 1).flatMap((after, index) => [
              { operator: `liar${index}`, behaviour: { says: LIE, after } },
              {
                operator: `liar${index}`,
                id: `tls${index}`,
                authenticated: true,
                behaviour: { says: LIE, after },
              },
            ]),
          ],
        });
        const { verdict } = await each.detect({ suspicious, confirmed: isConfirmed ? confirmed : undefined });
        if (verdict.kind === "known") expect(verdict.address.text).toBe(TRUTH);
        expect(each.open).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});

describe("the second look", () => {
  const changed = { confirmed: address(OLD) };

  it("confirms a changed address by other operators, one of them authenticated", async () => {
    const each = world();
    const { verdict, took, notes } = await each.detect(changed);
    expect(verdict).toMatchObject({ kind: "known", address: { text: TRUTH } });
    // one for the first look, three for TLS
    expect(took).toBe(4 * RTT);
    expect(notes).toEqual([]);
    if (verdict.kind !== "known") return;
    expect(new Set(verdict.for.map(({ witness }) => witness.operator)).size).toBeGreaterThanOrEqual(4);
    expect(verdict.for.some(({ witness }) => witness.authenticated)).toBe(true);
    const second = each.of("asked").filter(({ look }) => look === "second");
    expect(second.length).toBeGreaterThanOrEqual(2);
  });

  it("takes three round trips where a change is suspected", async () => {
    const { verdict, took } = await world().detect({ ...changed, suspicious: true });
    expect(verdict.kind).toBe("known");
    expect(took).toBe(3 * RTT);
  });

  it("takes three round trips where a change is suspected and one of each kind is dead", async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const each = world({ witnesses: operators(4, 2), seed });
      for (const index of [0, 4]) {
        const witness = each.witnesses[index];
        if (witness) witness.behaviour = "silent";
      }
      const { verdict, took } = await each.detect({ ...changed, suspicious: true });
      expect(verdict.kind).toBe("known");
      expect(took).toBeLessThanOrEqual(3 * RTT + 100 + RTT);
    }
  });

  it("is not made where the suspicion was wrong", async () => {
    const { verdict, took } = await world().detect({ confirmed, suspicious: true });
    expect(verdict.kind).toBe("known");
    expect(took).toBe(RTT);
  });

  it("is not made for an address that is only shown", async () => {
    const each = world({ detection: { confirms: false } });
    const { took, asked } = await each.detect({ suspicious: true });
    expect({ took, asked }).toEqual({ took: RTT, asked: 3 });
  });

  it("suspects as soon as the first look has found another address", async () => {
    const each = world();
    const suspicions: number[] = [];
    await each.detect({ ...changed, onSuspicion: () => suspicions.push(each.clock.now()) });
    expect(suspicions[0]).toBe(RTT);
  });

  it("cannot be won by three operators of seven that lie alike, even when they are asked first", async () => {
    for (const [confirmedBefore, suspicious] of [
      [confirmed, false],
      [confirmed, true],
      [undefined, true],
    ] as const) {
      for (let seed = 1; seed <= 25; seed += 1) {
        const each = world({
          seed,
          witnesses: [
            ...["a", "b", "c"].map((operator) => ({ operator, behaviour: { says: LIE, after: 1 } })),
            { operator: "a", id: "a:tls", authenticated: true, behaviour: { says: LIE, after: 1 } },
            // preferred last: the liars are the only ones over UDP
            ...["d", "e", "f", "g"].map((operator) => ({ operator, roundTrips: 2 })),
          ],
        });
        const { verdict } = await each.detect({ confirmed: confirmedBefore, suspicious });
        if (verdict.kind === "known") expect(verdict.address.text).toBe(TRUTH);
      }
    }
  });

  it("asks the same operators again where there are too few, and says so", async () => {
    for (const count of [2, 3]) {
      const each = world({ witnesses: operators(count) });
      const { verdict, notes, took } = await each.detect(changed);
      expect(verdict.kind).toBe("known");
      expect(notes).toEqual([
        `confirmed by the same ${count} operators: there are too few others`,
        "confirmed without an authenticated witness: none is configured",
      ]);
      expect(took).toBeLessThanOrEqual(2 * RTT);
    }
  });

  it("does not take the same operators again while others could be asked", async () => {
    const each = world({
      witnesses: [...operators(3), ...withBehaviours(Array<Behaviour>(5).fill("silent"))],
    });
    const { verdict } = await each.detect(changed);
    expect(verdict).toMatchObject({ kind: "unavailable", reason: "unconfirmed" });
  });

  it("confirms within a second or so where half of the operators are dead", async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const each = world({
        seed,
        witnesses: [...operators(2, 1), ...withBehaviours(["silent", "silent", "silent"])],
      });
      const { verdict, took, notes } = await each.detect({ ...changed, suspicious: true });
      expect(verdict.kind).toBe("known");
      expect(took).toBeLessThan(1800);
      expect(notes).toHaveLength(1);
    }
  });

  it("confirms within a second or so where UDP is blocked, however many are asked over it in vain", async () => {
    for (const count of [2, 3, 4, 5]) {
      for (let seed = 1; seed <= 10; seed += 1) {
        const each = world({
          seed,
          witnesses: [
            ...operators(9).map((one) => ({ ...one, behaviour: "silent" as const })),
            ...Array.from({ length: count }, (_, index) => ({
              operator: `web${index}`,
              source: "http" as const,
              authenticated: true,
            })),
          ],
        });
        const { verdict, took, notes } = await each.detect({ ...changed, suspicious: true });
        expect(verdict).toMatchObject({ kind: "known", address: { text: TRUTH } });
        expect(took).toBeLessThan(1800);
        expect(notes).toHaveLength(count < 4 ? 1 : 0);
      }
    }
  });

  it("confirms where two of five are dead and there are as many witnesses as may be asked", async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const dead = ["a", "b"].map((operator) => ({ operator, behaviour: { fails: "refused" } as const }));
      const alive = ["c", "d", "e"].map((operator) => ({ operator }));
      const web = ["d", "e"].map((operator) => ({ operator, source: "http" as const, authenticated: true }));
      const each = world({ seed, witnesses: [...dead, ...alive, ...web] });
      const { verdict, notes } = await each.detect({ ...changed, suspicious: true });
      expect(verdict).toMatchObject({ kind: "known", address: { text: TRUTH } });
      expect(notes).toEqual(["confirmed by the same 3 operators: there are too few others"]);
    }
  });

  it("leaves an address unconfirmed that no authenticated witness supports", async () => {
    for (const behaviour of ["silent", { fails: "refused" }, { fails: "nonsense" }] as const) {
      const each = world({
        witnesses: [...operators(5), { operator: "tls", source: "http", authenticated: true, behaviour }],
      });
      const { verdict, notes } = await each.detect(changed);
      expect(verdict).toMatchObject({ kind: "unavailable", reason: "unconfirmed" });
      expect(notes).toEqual([`${TRUTH} is not confirmed: no authenticated witness supports it`]);
    }
  });

  it("is lost when the confirmed address returns meanwhile", async () => {
    const each = world({ witnesses: operators(5, 2) });
    const pending = each.detect({ confirmed: address(OLD) });
    each.clock.sleep(milliseconds(RTT / 2), NEVER).then(
      () => each.move(OLD),
      () => {},
    );
    const { verdict } = await pending;
    // three have seen the other one, four the old
    expect(verdict).toMatchObject({ kind: "known", address: { text: OLD } });
  });
});

describe("the original's rule", () => {
  const rule = { kind: "unanimous" } as const;

  it("asks everybody at once, waits for all, and wants all to match", async () => {
    const each = world({
      rule,
      witnesses: withBehaviours([{ says: "honest" }, { says: "honest", after: 900 }, { fails: "refused" }]),
    });
    const { verdict, took } = await each.detect();
    expect(verdict).toMatchObject({ kind: "known", basis: "unanimous" });
    expect(took).toBe(900);
  });

  it("reports a mismatch", async () => {
    const each = world({ rule, witnesses: withBehaviours([{ says: "honest" }, { says: LIE }]) });
    const { verdict } = await each.detect();
    expect(verdict.kind).toBe("disputed");
    expect(each.of("mismatch")[0]?.positions.map((position) => position.address.text)).toEqual([TRUTH, LIE]);
  });

  it("is content with one answer, whoever else is silent", async () => {
    const each = world({ rule, witnesses: withBehaviours(["silent", { says: "honest" }, "silent"]) });
    const { verdict, took } = await each.detect();
    expect(verdict).toMatchObject({ kind: "known", address: { text: TRUTH } });
    expect(took).toBe(3000);
  });

  it("makes three attempts with a growing pause when nobody answers", async () => {
    const retry = { attempts: 3, coolDown: milliseconds(5000) };
    const each = world({
      rule,
      witnesses: withBehaviours([{ fails: "refused", after: 10 }]),
      detection: { retry },
    });
    const { verdict } = await each.detect();
    expect(verdict.kind).toBe("unavailable");
    expect(each.witnesses[0]?.questions.map(({ at }) => at)).toEqual([0, 5010, 15_020]);
    expect(each.of("retrying").map(({ attempt, within }) => [attempt, within])).toEqual([
      [2, 5000],
      [3, 10_000],
    ]);
  });
});

describe("the end of a detection", () => {
  it("leaves nothing behind when it is cancelled at any moment", async () => {
    for (let at = 0; at < 200; at += 7) {
      const each = world({ witnesses: [...operators(3, 2), { operator: "x", behaviour: "silent" }] });
      const engine = each.engine();
      const stop = new AbortController();
      const round = engine.round("start", stop.signal);
      round.catch(() => {});
      await each.clock.advance(at);
      stop.abort();
      await finish(each.clock, engine.stop());
      expect(each.open).toBe(0);
    }
  });
});
