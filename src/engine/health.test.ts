import { describe, expect, it } from "vitest";
import type { Verdict } from "#core/consensus.ts";
import type { Observation } from "#core/observation.ts";
import { instant, milliseconds } from "#core/units.ts";
import type { Witness } from "#core/witness.ts";
import { Health } from "#engine/health.ts";
import { assemblePanel } from "#engine/panel.ts";
import { address, EngineWorld, fixedRandom, operators, QUORUM_OF_TWO } from "#testing/engine-world.ts";
import { fakeSource, FakeWitness } from "#testing/fake-witness.ts";

const HOUR = 3_600_000;
const TRUTH = address("44.128.10.77");
const LIE = address("44.128.66.66");
const network = new EngineWorld();
const [a, b, c, d] = operators(4).map((options) => new FakeWitness(network, options));
if (!a || !b || !c || !d) throw new Error("four witnesses");

function seen(witness: Witness, text = TRUTH.text, elapsed = 40): Extract<Observation, { kind: "seen" }> {
  return {
    kind: "seen",
    family: 4,
    witness,
    elapsed: milliseconds(elapsed),
    testimony: { address: address(text) },
  };
}

function failed(witness: Witness): Observation {
  return { kind: "failed", family: 4, witness, elapsed: milliseconds(1), error: new Error("no") };
}

function cancelled(witness: Witness, elapsed: number): Observation {
  return { kind: "cancelled", family: 4, witness, elapsed: milliseconds(elapsed) };
}

function known(...supporters: readonly Witness[]): Verdict {
  const observations = supporters.map((witness) => seen(witness));
  return {
    kind: "known",
    family: 4,
    basis: "quorum",
    address: TRUTH,
    observations,
    for: observations,
    against: [],
  };
}

const unavailable: Verdict = { kind: "unavailable", family: 4, reason: "no-answer", observations: [] };

function learn(health: Health, observations: readonly Observation[], hours = 0, verdict = known(a!, b!)) {
  return health.learn(verdict, observations, instant(hours * HOUR));
}

describe("quarantine", () => {
  it("follows the third dissent in twenty known rounds", () => {
    const health = new Health();
    expect(learn(health, [seen(c, LIE.text)])).toEqual([]);
    expect(learn(health, [seen(c, LIE.text)])).toEqual([]);
    for (let round = 0; round < 17; round += 1) learn(health, [seen(c)]);
    expect(learn(health, [seen(c, LIE.text)])).toEqual([
      [c, { kind: "quarantined", reason: "dissent", span: HOUR }],
    ]);
    expect(health.standing(c, 4, instant(HOUR / 2))).toBe("quarantined");
  });

  it("does not follow dissents that are twenty rounds apart", () => {
    const health = new Health();
    for (let round = 0; round < 60; round += 1) {
      expect(learn(health, [seen(c, round % 20 === 0 ? LIE.text : TRUTH.text)])).toEqual([]);
    }
  });

  it("follows five failures in a row, of the family that failed", () => {
    const health = new Health();
    for (let round = 0; round < 4; round += 1) expect(learn(health, [failed(c)])).toEqual([]);
    expect(learn(health, [failed(c)])).toEqual([
      [c, { kind: "quarantined", reason: "failures", span: HOUR }],
    ]);
    expect(health.standing(c, 4, instant(0))).toBe("quarantined");
    expect(health.standing(c, 6, instant(0))).toBe("voting");
  });

  it("is not for a dead line: rounds without a known verdict count nothing", () => {
    const health = new Health();
    for (let round = 0; round < 100; round += 1) learn(health, [failed(c)], 0, unavailable);
    expect(health.standing(c, 4, instant(0))).toBe("voting");
  });

  it("ends in one round without a vote, and doubles up to a day while that fails", () => {
    const health = new Health();
    for (let round = 0; round < 5; round += 1) learn(health, [failed(c)]);
    const spans: number[] = [];
    let hours = 1;
    for (let round = 0; round < 6; round += 1) {
      expect(health.standing(c, 4, instant(hours * HOUR))).toBe("on-trial");
      const [sentence] = learn(health, [failed(c)], hours).map(([, each]) => each);
      if (sentence?.kind === "quarantined") spans.push(sentence.span / HOUR);
      hours += spans.at(-1) ?? 0;
    }
    expect(spans).toEqual([2, 4, 8, 16, 24, 24]);
    expect(learn(health, [seen(c)], hours)).toEqual([[c, { kind: "released" }]]);
    expect(health.standing(c, 4, instant(hours * HOUR))).toBe("voting");
  });
});

it("a single dissent in the round without a vote is enough for another quarantine", () => {
  const health = new Health();
  for (let round = 0; round < 5; round += 1) learn(health, [failed(c)]);
  expect(learn(health, [seen(c, LIE.text)], 1)).toEqual([
    [c, { kind: "quarantined", reason: "dissent", span: 2 * HOUR }],
  ]);
});

describe("a stranger from a public list", () => {
  const stranger = new FakeWitness(network, { operator: "stranger", probation: true });

  it("votes after five agreements", () => {
    const health = new Health();
    for (let round = 0; round < 5; round += 1) {
      expect(health.standing(stranger, 4, instant(0))).toBe("on-trial");
      learn(health, [seen(stranger)]);
    }
    expect(health.standing(stranger, 4, instant(0))).toBe("voting");
  });

  it("starts again after a dissent", () => {
    const health = new Health();
    for (let round = 0; round < 4; round += 1) learn(health, [seen(stranger)]);
    learn(health, [seen(stranger, LIE.text)]);
    learn(health, [seen(stranger)]);
    expect(health.standing(stranger, 4, instant(0))).toBe("on-trial");
  });
});

describe("the panel", () => {
  function panel(health: Health, witnesses: readonly FakeWitness[]) {
    const random = fixedRandom(7);
    const fraction = () => random.fraction();
    return assemblePanel(4, instant(0), {
      sources: [fakeSource(witnesses)],
      rule: QUORUM_OF_TWO,
      health,
      fraction,
    });
  }

  it("asks a stranger beside the others, without a vote", () => {
    const strangers = ["x", "y"].map((operator) => new FakeWitness(network, { operator, probation: true }));
    const { primary, onTrial } = panel(new Health(), [a, b, c, ...strangers]);
    expect(primary.map(({ witness }) => witness.probation)).toEqual([false, false, false]);
    expect(onTrial.map(({ witness }) => witness.probation)).toEqual([true]);
  });

  it("lets strangers vote where there are too few others", () => {
    const strangers = ["x", "y"].map((operator) => new FakeWitness(network, { operator, probation: true }));
    const { primary, onTrial } = panel(new Health(), [a, ...strangers]);
    expect(primary.every(({ witness }) => !witness.probation)).toBe(true);
    expect([primary.length, onTrial.length]).toEqual([3, 0]);
  });

  it("leaves the quarantined out, and takes the least bad of them where there are too few others", () => {
    const health = new Health();
    for (let round = 0; round < 3; round += 1) learn(health, [seen(c, LIE.text)]);
    for (let round = 0; round < 5; round += 1) learn(health, [failed(d)]);
    const ids = (witnesses: readonly FakeWitness[]) =>
      panel(health, witnesses)
        .primary.map(({ witness }) => witness.operator)
        .toSorted();
    const e = new FakeWitness(network, { operator: "udp4" });
    expect(ids([a, b, c, d, e])).toEqual(["udp0", "udp1", "udp4"]);
    expect(ids([a, b, c, d])).toEqual(["udp0", "udp1", "udp3"]);
  });
});

describe("timing", () => {
  it("hedges after the 95th percentile of what is known, between 50 and 250 ms", () => {
    const health = new Health();
    expect(health.hedge([a], 4)).toBe(100);
    for (let round = 0; round < 30; round += 1) {
      learn(health, [
        seen(a, TRUTH.text, 40),
        seen(b, TRUTH.text, 90 + (round % 2) * 20),
        seen(c, TRUTH.text, 900),
      ]);
    }
    expect(health.hedge([a], 4)).toBe(50);
    expect(health.hedge([a, b], 4)).toBeGreaterThan(110);
    expect(health.hedge([a, b], 4)).toBeLessThan(130);
    expect(health.hedge([a, c], 4)).toBe(250);
  });

  it("asks last who left its questions unanswered, mostly", () => {
    const health = new Health();
    for (let round = 0; round < 3; round += 1) learn(health, [cancelled(c, 80)]);
    expect(health.isSunk(c, 4, 0.2)).toBe(true);
    expect(health.isSunk(c, 4, 0.1)).toBe(false);
    learn(health, [seen(c)]);
    expect(health.isSunk(c, 4, 0.9)).toBe(false);
  });

  it("holds nothing against who was cancelled before its time", () => {
    const health = new Health();
    learn(health, [cancelled(c, 41)]);
    expect(health.isSunk(c, 4, 0.9)).toBe(false);
  });

  it("asks one more from the start while packets get lost", () => {
    const health = new Health();
    expect(health.spare()).toBe(1);
    for (let round = 0; round < 20; round += 1) {
      learn(health, [seen(a), seen(b), seen(d), ...(round % 2 ? [cancelled(c, 80)] : [])]);
    }
    expect(health.spare()).toBe(2);
    for (let round = 0; round < 20; round += 1) learn(health, [seen(a), seen(b), seen(c)]);
    expect(health.spare()).toBe(1);
  });
});

it("forgets who is not there any more", () => {
  const health = new Health();
  learn(health, [seen(a), seen(b), seen(c)]);
  health.retain([a]);
  expect(health.size).toBe(1);
});
