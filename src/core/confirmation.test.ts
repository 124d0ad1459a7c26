import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress } from "#core/address.ts";
import { judge, judgeFinally, lacking, type Standing } from "#core/confirmation.ts";
import type { ConsensusRule } from "#core/consensus.ts";
import type { Observation } from "#core/observation.ts";
import { milliseconds } from "#core/units.ts";
import { operator } from "#core/witness.ts";

const OLD = "81.2.69.1";
const NEW = "81.2.69.142";
const LIE = "81.2.69.200";
const QUORUM: ConsensusRule = { kind: "quorum", quorum: 2 };

const STANDING: Standing = {
  confirmed: parseAddress(OLD)!,
  confirms: true,
  suspicious: false,
  canAuthenticate: true,
  exhausted: false,
};

/** `a` says it; `a!` in its own verified name; `a?` over plain DNS. */
function say(address: string, ...names: readonly string[]): readonly Observation[] {
  return names.map((name, index) => ({
    kind: "seen",
    family: 4,
    elapsed: milliseconds(10),
    witness: {
      id: `${name}:${address}:${index}`,
      source: name.endsWith("?") ? "whoami" : "stun",
      operator: operator(name.replace(/[!?]$/, "")),
      authenticated: name.endsWith("!"),
      families: [4],
      decisive: !name.endsWith("?"),
      fallback: false,
    },
    testimony: { address: parseAddress(address)! },
  }));
}

function evidence(observations: readonly Observation[], standing: Partial<Standing> = {}, rule = QUORUM) {
  return { family: 4, observations, rule, standing: { ...STANDING, ...standing } } as const;
}

/** The address that was judged known, with the notes; `open` while there is none. */
function judged(...scene: Parameters<typeof evidence>): string {
  const judgement = judge(evidence(...scene));
  if (!judgement) return "open";
  return [judgement.verdict.kind === "known" ? judgement.verdict.address.text : "", ...judgement.notes].join(
    "; ",
  );
}

function judgedFinally(...scene: Parameters<typeof evidence>): string {
  const { verdict } = judgeFinally(evidence(...scene));
  switch (verdict.kind) {
    case "known":
      return `known ${verdict.basis}`;
    case "disputed":
      return "disputed";
    case "unavailable":
      return verdict.reason;
    default:
      return verdict satisfies never;
  }
}

describe("judge", () => {
  const exhausted = { exhausted: true };
  const reused = "confirmed by the same 2 operators: there are too few others";
  const unverified = "confirmed without an authenticated witness: none is configured";

  it.each<[string, readonly Observation[], Partial<Standing>, string]>([
    ["the confirmed address by one", say(OLD, "a"), {}, "open"],
    ["the confirmed address by two", say(OLD, "a", "b"), {}, OLD],
    ["the confirmed address by two against one", [...say(OLD, "a", "b"), ...say(LIE, "c")], {}, "open"],
    ["the confirmed address by three against one", [...say(OLD, "a", "b", "d"), ...say(LIE, "c")], {}, OLD],
    ["another by two", say(NEW, "a!", "b"), {}, "open"],
    ["another by three", say(NEW, "a!", "b", "c"), {}, "open"],
    ["another by four, one authenticated", say(NEW, "a!", "b", "c", "d"), {}, NEW],
    ["another by four, none authenticated", say(NEW, "a", "b", "c", "d"), {}, "open"],
    [
      "another by four where none can be",
      say(NEW, "a", "b", "c", "d"),
      { canAuthenticate: false },
      `${NEW}; ${unverified}`,
    ],
    ["another by four against one", [...say(NEW, "a!", "b", "c", "d"), ...say(OLD, "e")], {}, "open"],
    ["another by five against one", [...say(NEW, "a!", "b", "c", "d", "f"), ...say(OLD, "e")], {}, NEW],
    ["the first address ever by two", say(NEW, "a!", "b"), { confirmed: undefined }, "open"],
    ["the first address ever by four", say(NEW, "a!", "b", "c", "d"), { confirmed: undefined }, NEW],
    ["another by two that need no second look", say(NEW, "a", "b"), { confirms: false }, NEW],
    ["another by the same two again", say(NEW, "a!", "b", "a!", "b"), {}, "open"],
    [
      "another by the same two again, nobody else left",
      say(NEW, "a!", "b", "a!", "b"),
      exhausted,
      `${NEW}; ${reused}`,
    ],
    ["another by two once, nobody else left", say(NEW, "a!", "b"), exhausted, "open"],
    ["another by one, four times, nobody else left", say(NEW, "a!", "a!", "a!", "a!"), exhausted, "open"],
    [
      "another by two, plain DNS standing in for their second answers",
      say(NEW, "a!", "b", "c?", "d?"),
      exhausted,
      "open",
    ],
    [
      "another by two again, one of them changing its mind",
      [...say(NEW, "a!", "b", "a!"), ...say(OLD, "b")],
      exhausted,
      "open",
    ],
  ])("%s", (_, observations, standing, expected) => {
    expect(judged(observations, standing)).toBe(expected);
  });

  it("waits to the end by the original's rule", () => {
    expect(judged(say(NEW, "a!", "b", "c", "d"), {}, { kind: "unanimous" })).toBe("open");
  });

  it("never lets 2 × quorum - 1 operators that lie move anything while others can be asked", () => {
    const scene = fc.record({
      lies: fc.array(fc.tuple(fc.constantFrom("x!", "y!", "z"), fc.constantFrom(NEW, LIE)), {
        maxLength: 12,
      }),
      plain: fc.array(fc.constantFrom(NEW, LIE), { maxLength: 4 }),
      truths: fc.subarray(["a", "b!", "c", "d!"]),
    });
    fc.assert(
      fc.property(scene, ({ lies, plain, truths }) => {
        const observations = [
          ...lies.flatMap(([name, address]) => say(address, name)),
          ...plain.flatMap((address, index) => say(address, `dns${index}?`)),
          ...say(OLD, ...truths),
        ];
        expect(["open", OLD]).toContain(judged(observations));
        const { verdict } = judgeFinally(evidence(observations));
        if (verdict.kind === "known") expect(verdict.address.text).toBe(OLD);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("judgeFinally", () => {
  it.each<[string, readonly Observation[], Partial<Standing>, string]>([
    ["nothing", [], {}, "no-answer"],
    ["one for the confirmed address", say(OLD, "a"), {}, "known confirms-published"],
    ["one for another", say(NEW, "a!"), {}, "too-few"],
    ["two for another", say(NEW, "a!", "b"), {}, "unconfirmed"],
    ["four for another, none authenticated", say(NEW, "a", "b", "c", "d"), {}, "unconfirmed"],
    ["four for another", say(NEW, "a!", "b", "c", "d"), {}, "known quorum"],
    ["four for another against one", [...say(NEW, "a!", "b", "c", "d"), ...say(OLD, "e")], {}, "disputed"],
    ["two against one", [...say(OLD, "a", "b"), ...say(NEW, "c")], {}, "disputed"],
  ])("%s: %s", (_, observations, standing, expected) => {
    expect(judgedFinally(observations, standing)).toBe(expected);
  });

  it("says what a changed address lacks", () => {
    expect(judgeFinally(evidence(say(NEW, "a!", "b"))).notes).toEqual([
      `${NEW} is not confirmed: too few other operators support it`,
    ]);
    expect(judgeFinally(evidence(say(NEW, "a", "b", "c", "d"))).notes).toEqual([
      `${NEW} is not confirmed: no authenticated witness supports it`,
    ]);
  });

  it("takes one answer by the original's rule", () => {
    expect(judgedFinally(say(NEW, "a"), {}, { kind: "unanimous" })).toBe("known unanimous");
  });
});

describe("lacking", () => {
  it.each<[string, readonly Observation[], Partial<Standing>, ReturnType<typeof lacking>]>([
    ["at first", [], {}, { look: "first", votes: 2, authenticated: false }],
    ["at first, under suspicion", [], { suspicious: true }, { look: "first", votes: 4, authenticated: true }],
    ["with the confirmed address", say(OLD, "a"), {}, { look: "first", votes: 1, authenticated: false }],
    [
      "with the confirmed address, under suspicion",
      say(OLD, "a"),
      { suspicious: true },
      { look: "first", votes: 1, authenticated: false },
    ],
    [
      "with a changed one, short of a quorum",
      say(NEW, "a"),
      {},
      { look: "first", votes: 1, authenticated: false },
    ],
    ["with a changed one", say(NEW, "a", "b"), {}, { look: "second", votes: 2, authenticated: true }],
    [
      "with a changed one, authenticated already",
      say(NEW, "a!", "b"),
      {},
      { look: "second", votes: 2, authenticated: false },
    ],
    [
      "with dissent",
      [...say(OLD, "a"), ...say(NEW, "b")],
      {},
      { look: "first", votes: 2, authenticated: false },
    ],
    [
      "with a strong runner-up",
      [...say(OLD, "a", "b", "c"), ...say(NEW, "d", "e", "f")],
      {},
      { look: "first", votes: 1, authenticated: false },
    ],
  ])("%s", (_, observations, standing, lack) => {
    expect(lacking(evidence(observations, standing))).toEqual(lack);
  });

  it("is everybody by the original's rule", () => {
    expect(lacking(evidence([], {}, { kind: "unanimous" })).votes).toBe(Infinity);
  });
});
