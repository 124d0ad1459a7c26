import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress } from "#core/address.ts";
import { type Claim, independentOperators } from "#core/independence.ts";
import { operator } from "#core/witness.ts";

/** `server` without a dot or colon is a number: a server in a network of that number. */
function claim(by: string, server?: string): Claim {
  const address = server && parseAddress(/[.:]/.test(server) ? server : `81.2.${server}.1`);
  return {
    witness: {
      id: `stun:${by}:${server}`,
      source: "stun",
      operator: operator(by),
      authenticated: false,
      families: [4],
      decisive: true,
      fallback: false,
    },
    testimony: { address: parseAddress("81.2.69.142")!, ...(address ? { server: address } : {}) },
  };
}

/** The same by trying every selection. */
function largestSelection(claims: readonly Claim[]): number {
  let largest = 0;
  for (let chosen = 0; chosen < 1 << claims.length; chosen += 1) {
    const selection = claims.filter((_, index) => chosen & (1 << index));
    const operators = new Set(selection.map(({ witness }) => witness.operator));
    const networks = new Set(
      selection.map(({ witness, testimony: { server } }) =>
        server ? [...server.bytes.subarray(0, 3)].join(".") : witness.operator,
      ),
    );
    if (operators.size === selection.length && networks.size === selection.length)
      largest = Math.max(largest, selection.length);
  }
  return largest;
}

const claims = fc.array(
  fc
    .tuple(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom("1", "2", "3", undefined))
    .map(([by, network]) => claim(by, network)),
  { maxLength: 8 },
);

describe("independentOperators", () => {
  it.each<[string, readonly Claim[], readonly string[]]>([
    ["nobody", [], []],
    ["two operators in two networks", [claim("b", "1"), claim("a", "2")], ["a", "b"]],
    ["one operator in two networks", [claim("a", "1"), claim("a", "2")], ["a"]],
    ["two operators in one /24", [claim("b", "81.2.69.1"), claim("a", "81.2.69.254")], ["a"]],
    ["two operators in adjacent /24s", [claim("a", "81.2.69.255"), claim("b", "81.2.70.0")], ["a", "b"]],
    ["two operators in one /48", [claim("a", "2a00:1:2::1"), claim("b", "2a00:1:2:ffff::1")], ["a"]],
    ["two operators in adjacent /48s", [claim("a", "2a00:1:2::1"), claim("b", "2a00:1:3::1")], ["a", "b"]],
    ["operators without a server", [claim("a"), claim("b")], ["a", "b"]],
    ["one that has a server and one that has none", [claim("a"), claim("a", "1")], ["a"]],
    ["operators of a lab on loopback", [claim("a", "127.0.0.1"), claim("b", "127.0.0.2")], ["a", "b"]],
    ["operators of a private lab", [claim("a", "10.0.0.1"), claim("b", "10.0.0.2")], ["a", "b"]],
    [
      "three of which one pair can make room",
      [claim("a", "1"), claim("a", "2"), claim("b", "1"), claim("c", "3")],
      ["a", "b", "c"],
    ],
  ])("of %s", (_, list, expected) => {
    expect(independentOperators(list)).toEqual(expected);
  });

  it("one with a server beside each of three honest operators takes away none of their voices", () => {
    const honest = [claim("x", "1"), claim("y", "2"), claim("z", "3")];
    const everywhere = [claim("m", "1"), claim("m", "2"), claim("m", "3")];
    expect(independentOperators([...everywhere, ...honest])).toHaveLength(3);
  });

  it("finds a selection as large as any", () => {
    fc.assert(
      fc.property(claims, (list) => {
        const found = independentOperators(list);
        expect(found).toHaveLength(largestSelection(list));
        expect(found).toEqual([...new Set(found)].toSorted());
      }),
      { numRuns: 500 },
    );
  });

  it("does not depend on the order, and a further claim never takes a voice away", () => {
    const shuffled = claims.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(independentOperators(other)).toHaveLength(independentOperators(list).length);
        expect(independentOperators(list.slice(1)).length).toBeLessThanOrEqual(
          independentOperators(list).length,
        );
      }),
    );
  });
});
