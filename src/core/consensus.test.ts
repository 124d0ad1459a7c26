import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress } from "#core/address.ts";
import {
  conclude,
  type ConsensusRule,
  decideEarly,
  dissenters,
  tallyVotes,
  type Verdict,
} from "#core/consensus.ts";
import type { Observation } from "#core/observation.ts";
import { milliseconds } from "#core/units.ts";
import { operator } from "#core/witness.ts";

const X = "81.2.69.142";
const Y = "81.2.69.143";
const Z = "81.2.69.144";
const UNANIMOUS: ConsensusRule = { kind: "unanimous" };

function quorum(count: number): ConsensusRule {
  return { kind: "quorum", quorum: count };
}

interface Options {
  readonly server?: string | undefined;
  readonly plain?: boolean;
  readonly authenticated?: boolean;
  readonly probation?: boolean;
  readonly id?: string;
}

/** The observation that an operator's witness says an address. */
function says(by: string, address: string, options: Options = {}): Observation {
  const { server, plain = false, authenticated = false, probation = false } = options;
  return {
    kind: "seen",
    family: 4,
    elapsed: milliseconds(10),
    witness: {
      id: options.id ?? `${plain ? "whoami" : "stun"}:${by}:${server ?? ""}`,
      source: plain ? "whoami" : "stun",
      operator: operator(by),
      authenticated,
      families: [4],
      decisive: !plain,
      fallback: false,
      ...(probation ? { probation } : {}),
    },
    testimony: { address: parseAddress(address)!, ...(server ? { server: parseAddress(server)! } : {}) },
  };
}

/** As many operators as counted say each address. */
function votes(...counts: readonly (readonly [address: string, count: number])[]): Observation[] {
  return counts.flatMap(([address, count]) =>
    Array.from({ length: count }, (_, index) => says(`${address}-${index}`, address)),
  );
}

function failed(by: string): Observation {
  const { witness, elapsed } = says(by, X);
  return { kind: "failed", family: 4, elapsed, witness, error: new Error("no answer") };
}

function rejected(by: string): Observation {
  const { witness, elapsed } = says(by, X);
  const testimony = { address: parseAddress("100.64.0.1")! };
  return { kind: "rejected", family: 4, elapsed, witness, testimony, reason: "cgnat" };
}

function early(observations: readonly Observation[], rule = quorum(2)): string | undefined {
  return decideEarly(4, observations, rule)?.address.text;
}

function final(observations: readonly Observation[], rule = quorum(2), published?: string): Verdict {
  return conclude(4, observations, rule, published === undefined ? undefined : parseAddress(published));
}

/** A verdict in words: `known 81.2.69.142 quorum`, `disputed`, `unavailable too-few`. */
function words(verdict: Verdict): string {
  switch (verdict.kind) {
    case "known":
      return `known ${verdict.address.text} ${verdict.basis}`;
    case "disputed":
      return "disputed";
    case "unavailable":
      return `unavailable ${verdict.reason}`;
    default:
      return verdict satisfies never;
  }
}

describe("decideEarly", () => {
  it.each([
    // runner-up, and what 1, 2, 3, 4 votes for the leader then make: the table above the function
    [0, ["open", "KNOWN", "KNOWN", "KNOWN"]],
    [1, ["open", "open", "KNOWN", "KNOWN"]],
    [2, ["open", "open", "KNOWN", "KNOWN"]],
    [3, ["open", "open", "open", "KNOWN"]],
  ])("with quorum 2 and a runner-up of %i", (runnerUp, row) => {
    const decided = [1, 2, 3, 4].map((leader) =>
      early(votes([X, leader], [Y, runnerUp])) === X ? "KNOWN" : "open",
    );
    expect(decided).toEqual(row);
  });

  it("follows the rule for any small number of votes", () => {
    for (let q = 1; q <= 3; q += 1)
      for (let x = 0; x <= 5; x += 1)
        for (let y = 0; y <= x; y += 1)
          for (let z = 0; z <= y; z += 1)
            for (const isSplit of [false, true])
              for (const plain of [undefined, X, Y, Z]) {
                const observations = [
                  ...votes([X, x], [Y, y], [Z, z]),
                  ...(isSplit ? [says("split", X), says("split", Y)] : []),
                  ...(plain ? [says("dns", plain, { plain: true })] : []),
                ];
                const others = Math.max(y + (plain === Y ? 1 : 0), z + (plain === Z ? 1 : 0));
                const dissent = others > 0 || isSplit ? 1 : 0;
                const expected = x >= q + dissent && x > others ? X : undefined;
                expect(early(observations, quorum(q)), JSON.stringify({ q, x, y, z, isSplit, plain })).toBe(
                  expected,
                );
              }
  });

  it("leaves the unanimous rule to the end", () => {
    expect(early(votes([X, 7]), UNANIMOUS)).toBeUndefined();
  });

  it("does not count failures and rejected answers, neither for nor against", () => {
    const noise = [failed("f"), rejected("r")];
    expect(early([...votes([X, 2]), ...noise])).toBe(X);
    expect(early([...votes([X, 1]), ...noise])).toBeUndefined();
  });

  it("is content with two at first, although a late dissent would have kept it open", () => {
    expect(early(votes([X, 2]))).toBe(X);
    expect(early(votes([X, 2], [Y, 1]))).toBeUndefined();
  });
});

describe("conclude", () => {
  it.each<[string, readonly Observation[], ConsensusRule, string | undefined, string]>([
    ["nothing", [], quorum(2), X, "unavailable no-answer"],
    ["failures alone", [failed("a"), rejected("b")], quorum(2), X, "unavailable no-answer"],
    ["a quorum", votes([X, 2]), quorum(2), undefined, `known ${X} quorum`],
    ["a quorum against what is published", votes([X, 2]), quorum(2), Y, `known ${X} quorum`],
    ["a lone witness", votes([X, 1]), quorum(2), undefined, "unavailable too-few"],
    ["a lone witness for what is published", votes([X, 1]), quorum(2), X, `known ${X} confirms-published`],
    ["a lone witness against it", votes([X, 1]), quorum(2), Y, "unavailable too-few"],
    ["a lone witness that suffices", votes([X, 1]), quorum(1), Y, `known ${X} quorum`],
    ["two of three for what is published", votes([X, 2]), quorum(3), X, `known ${X} confirms-published`],
    ["two against one", votes([X, 2], [Y, 1]), quorum(2), X, "disputed"],
    ["three against one", votes([X, 3], [Y, 1]), quorum(2), X, `known ${X} quorum`],
    ["three against two", votes([X, 3], [Y, 2]), quorum(2), X, `known ${X} quorum`],
    ["a tie", votes([X, 3], [Y, 3]), quorum(2), X, "disputed"],
    ["one against one, one of them published", votes([X, 1], [Y, 1]), quorum(2), X, "disputed"],
    ["one against one with quorum 1", votes([X, 1], [Y, 1]), quorum(1), X, "disputed"],
    [
      "plain DNS alone for what is published",
      [says("a", X, { plain: true })],
      quorum(2),
      X,
      "unavailable too-few",
    ],
    ["plain DNS alone with quorum 1", [says("a", X, { plain: true })], quorum(1), X, "unavailable too-few"],
    [
      "an operator that contradicts itself",
      [says("a", X), says("a", Y, { id: "b" })],
      quorum(2),
      X,
      "disputed",
    ],
    [
      "that, beside a vote for what is published",
      [says("a", X), says("a", Y, { id: "b" }), says("c", X)],
      quorum(2),
      X,
      "disputed",
    ],
    [
      "that, beside two votes",
      [says("a", X), says("a", Y, { id: "b" }), ...votes([X, 2])],
      quorum(2),
      X,
      "disputed",
    ],
    [
      "that, beside three votes",
      [says("a", X), says("a", Y, { id: "b" }), ...votes([X, 3])],
      quorum(2),
      X,
      `known ${X} quorum`,
    ],
  ])("%s", (_, observations, rule, published, expected) => {
    expect(words(final(observations, rule, published))).toBe(expected);
  });

  it.each<[string, readonly Observation[], string]>([
    ["nothing", [failed("a")], "unavailable no-answer"],
    ["one answer", [says("a", X), failed("b")], `known ${X} unanimous`],
    ["one answer among rejected ones", [says("a", X), rejected("b")], `known ${X} unanimous`],
    ["many that match", votes([X, 5]), `known ${X} unanimous`],
    ["one mismatch among many", votes([X, 5], [Y, 1]), "disputed"],
    ["a mismatch within one operator", [says("a", X), says("a", Y, { id: "b" })], "disputed"],
    ["an answer from a public list", [says("a", X, { probation: true })], `known ${X} unanimous`],
    ["a mismatch from a public list", [says("a", X), says("b", Y, { probation: true })], "disputed"],
    ["a mismatch over plain DNS", [says("a", X), says("a", Y, { plain: true })], "disputed"],
  ])("by the original's rule: %s", (_, observations, expected) => {
    expect(words(final(observations, UNANIMOUS, Z))).toBe(expected);
  });

  it("shows who speaks for the address and who against it", () => {
    const verdict = final([...votes([X, 3], [Y, 1]), failed("f"), says("new", Y, { probation: true })]);
    expect(verdict.kind === "known" && verdict.for.map(({ witness }) => witness.operator)).toEqual([
      `${X}-0`,
      `${X}-1`,
      `${X}-2`,
    ]);
    expect(dissenters(verdict).map(({ operator }) => operator)).toEqual([`${Y}-0`, "new"]);
    expect(verdict.observations).toHaveLength(6);
  });

  it("names no dissenters where nothing is known", () => {
    expect(dissenters(final(votes([X, 2], [Y, 2])))).toEqual([]);
  });

  it("shows the positions of a dispute, the strongest first", () => {
    const verdict = final(votes([Z, 1], [Y, 2], [X, 2]));
    expect(verdict.kind === "disputed" && verdict.positions.map(({ address }) => address.text)).toEqual([
      X,
      Y,
      Z,
    ]);
  });
});

describe("votes", () => {
  const networks = (address: string, ...servers: readonly string[]) =>
    servers.map((server, index) => says(`op${index}`, address, { server }));

  it("an operator has one, however many witnesses it runs", () => {
    const one = ["1", "2", "3"].map((id) => says("a", X, { id }));
    expect(early(one)).toBeUndefined();
    expect(early([...one, says("b", X)])).toBe(X);
  });

  it("operators whose servers share a /24 have one", () => {
    expect(early(networks(X, "8.8.8.1", "8.8.8.254"))).toBeUndefined();
    expect(early(networks(X, "8.8.8.1", "8.8.9.1"))).toBe(X);
  });

  it("operators whose servers share a /48 have one", () => {
    expect(early(networks(X, "2600:1:2::1", "2600:1:2:ffff::1"))).toBeUndefined();
    expect(early(networks(X, "2600:1:2::1", "2600:1:3::1"))).toBe(X);
  });

  it("servers of the user's own lab share a network and vote nonetheless", () => {
    expect(early(networks(X, "127.0.0.1", "127.0.0.1"))).toBe(X);
    expect(early(networks(X, "10.0.0.1", "10.0.0.2"))).toBe(X);
  });

  it("who shares a network with a liar keeps its own", () => {
    const beside = [says("liar", Y, { server: "8.8.8.9" }), says("good", X, { server: "8.8.8.8" })];
    expect(tallyVotes(beside).split).toEqual([]);
    expect(early([...beside, ...votes([X, 2])])).toBe(X);
  });

  it("one operator with a name in many networks does not make one vote of all who are there", () => {
    const servers = ["8.8.8.8", "9.9.9.9", "1.1.1.1"];
    const everywhere = servers.map((server) => says("liar", X, { server }));
    expect(early([...everywhere, ...networks(X, ...servers)], quorum(3))).toBe(X);
  });

  it("an operator that contradicts itself has none", () => {
    const { positions, split } = tallyVotes([says("a", X), says("a", Y, { id: "other" }), says("b", X)]);
    expect(split).toEqual(["a"]);
    expect(positions.map(({ operators }) => operators)).toEqual([["b"]]);
  });

  it("an operator without a vote does not lend its verified name to an address", () => {
    const loose = [
      says("split", X, { authenticated: true }),
      says("split", Y, { id: "other" }),
      says("new", X, { authenticated: true, probation: true }),
    ];
    const verdict = final([...votes([X, 3]), ...loose]);
    expect(verdict.kind === "known" && verdict.for.some(({ witness }) => witness.authenticated)).toBe(false);
  });

  it("witnesses on probation have none, for or against", () => {
    const onProbation = (address: string) =>
      ["p", "q", "r"].map((by) => says(by, address, { probation: true }));
    expect(words(final(onProbation(X)))).toBe("unavailable no-answer");
    expect(early([...votes([X, 1]), ...onProbation(X)])).toBeUndefined();
    expect(early([...votes([X, 2]), ...onProbation(Y)])).toBe(X);
  });

  describe("of plain DNS", () => {
    const dns = (by: string, address: string) => says(by, address, { plain: true });

    it("never carry a decision, however many they are", () => {
      const many = ["d", "e", "f", "g"].map((by) => dns(by, X));
      expect(early(many)).toBeUndefined();
      expect(early([...votes([X, 1]), ...many])).toBeUndefined();
      expect(early([...votes([X, 2], [Y, 1]), ...many])).toBeUndefined();
    });

    it("are one in all, and dissent", () => {
      expect(early([...votes([X, 2]), dns("d", Y)])).toBeUndefined();
      expect(early([...votes([X, 3]), dns("d", Y), dns("e", Y), dns("f", Y), dns("g", Y)])).toBe(X);
    });

    it("are none when they disagree among themselves, and dissent still", () => {
      const { positions, split } = tallyVotes([...votes([X, 2]), dns("d", X), dns("e", Y)]);
      expect(positions.map(({ operators }) => operators.length)).toEqual([2]);
      expect(split).toEqual(["d", "e"]);
      expect(early([...votes([X, 2]), dns("d", X), dns("e", Y)])).toBeUndefined();
    });

    it("do not contradict an operator that answers over something better", () => {
      const answers = [says("a", X), says("b", X)];
      expect(early([...answers, dns("a", Y), dns("b", Y)])).toBe(X);
      expect(tallyVotes([...answers, dns("a", Y)]).positions).toHaveLength(1);
    });

    it("do not join the operators that run them", () => {
      const both = ["a", "b"].flatMap((by) => [says(by, X), dns(by, X)]);
      expect(early(both)).toBe(X);
    });
  });
});

describe("whatever liars do", () => {
  /** A round of which q - 1 operators or networks are corrupt: what touches one of them may say anything. */
  const round = fc
    .record({ q: fc.integer({ min: 2, max: 4 }), seed: fc.infiniteStream(fc.nat(0xffff)) })
    .map(({ q, seed }) => {
      const next = (limit: number) => (seed.next().value ?? 0) % limit;
      const corrupt = new Set(
        Array.from({ length: q - 1 }, () => (next(2) ? `op${next(6)}` : `8.0.${next(6)}`)),
      );
      const observations = Array.from({ length: next(14) }, (_, index): Observation => {
        const [by, network] = [`op${next(6)}`, `8.0.${next(6)}`];
        const plain = next(6) === 0;
        const probation = next(6) === 0;
        const isLie = corrupt.has(by) || corrupt.has(network) || plain || probation;
        const address = isLie ? [X, Y, Z][next(3)]! : X;
        return says(by, address, { server: `${network}.${next(200)}`, plain, probation, id: `w${index}` });
      });
      return { q, observations };
    });

  it("no lie is ever known while q - 1 operators or networks lie, in any order of arrival", () => {
    fc.assert(
      fc.property(round, fc.constantFrom(X, Y, Z), ({ q, observations }, published) => {
        for (let count = 0; count <= observations.length; count += 1) {
          const known = early(observations.slice(0, count), quorum(q)) ?? X;
          expect(known).toBe(X);
        }
        const verdict = final(observations, quorum(q), published);
        if (verdict.kind === "known" && verdict.basis === "quorum") expect(verdict.address.text).toBe(X);
      }),
      { numRuns: 2000 },
    );
  });

  it("the truth is known in the end when q + 1 others in networks of their own tell it", () => {
    const scene = fc.record({
      q: fc.integer({ min: 1, max: 4 }),
      lies: fc.array(fc.tuple(fc.nat(2), fc.nat(7), fc.nat(3)), { maxLength: 20 }),
    });
    fc.assert(
      fc.property(scene, ({ q, lies }) => {
        const honest = Array.from({ length: q + 1 }, (_, index) =>
          says(`good${index}`, X, { server: `8.0.${index}.1` }),
        );
        // Liars may have servers in the networks of honest operators, and forge all of plain DNS
        const lying = lies.map(([address, network, by], index) =>
          by < q - 1
            ? says(`bad${by}`, [X, Y, Z][address]!, { server: `8.0.${network}.2`, id: `bad${index}` })
            : says(`good${network}`, [X, Y, Z][address]!, { plain: true, id: `dns${index}` }),
        );
        expect(words(final([...lying, ...honest], quorum(q), Y))).toBe(`known ${X} quorum`);
      }),
      { numRuns: 1000 },
    );
  });

  it("the end does not depend on the order of arrival", () => {
    const shuffled = round.chain(({ q, observations }) =>
      fc.tuple(
        fc.constant(q),
        fc.constant(observations),
        fc.shuffledSubarray(observations, { minLength: observations.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, fc.boolean(), ([q, first, second], isUnanimous) => {
        const rule = isUnanimous ? UNANIMOUS : quorum(q);
        const [a, b] = [final(first, rule, X), final(second, rule, X)];
        expect({ ...a, observations: [] }).toEqual({ ...b, observations: [] });
        expect(tallyVotes(first)).toEqual(tallyVotes(second));
      }),
      { numRuns: 1000 },
    );
  });
});
