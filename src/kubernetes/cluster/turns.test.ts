import { describe, expect, it } from "vitest";
import type { RecordId } from "#core/record.ts";
import { isKeen, orderOfTurns, TURN, turnAlone, turnOf } from "#kubernetes/cluster/turns.ts";
import { shared } from "#testing/shared-address.ts";

const RECORD: RecordId = "home.example.org/A";
const NODES = Array.from({ length: 100 }, (_, index) => `node-${index + 1}`);
const all = (passed: readonly string[] = []) =>
  shared({ members: NODES, passed: new Map([[RECORD, passed]]) });

/** Everybody's, the earliest first. */
function waits(of: (node: string) => number, nodes = NODES): readonly number[] {
  return nodes.map(of).toSorted((a, b) => a - b);
}

describe("the order of turns", () => {
  it("is the leader's first, and then the same whoever computes it, from members in whatever order", () => {
    const order = orderOfTurns(RECORD, all());
    expect(order[0]).toBe("node-1");
    expect(order.toSorted()).toEqual(NODES.toSorted());
    expect(orderOfTurns(RECORD, shared({ members: NODES.toReversed() }))).toEqual(order);
    expect(orderOfTurns(RECORD, shared({ members: [...NODES, ...NODES] }))).toEqual(order);
  });

  it("has the leader in it although nobody counts on it", () => {
    expect(orderOfTurns(RECORD, shared({ members: ["node-2"] }))).toEqual(["node-1", "node-2"]);
  });

  it("spreads records over nodes", () => {
    const seconds = NODES.map((node) => orderOfTurns(`${node}.example.org/A`, all())[1]);
    expect(new Set(seconds).size).toBeGreaterThan(50);
  });

  it("loses one node and keeps the order of the others", () => {
    const order = orderOfTurns(RECORD, all());
    const lost = order[3];
    const without = shared({ members: NODES.filter((node) => node !== lost) });
    expect(orderOfTurns(RECORD, without)).toEqual(order.filter((node) => node !== lost));
  });

  it("puts those last that tried and could not, in the order in which they tried", () => {
    const order = orderOfTurns(RECORD, all());
    const [leader, second, third, ...others] = order;
    expect(orderOfTurns(RECORD, all([second!, leader!, "somebody"]))).toEqual([
      third,
      ...others,
      second,
      leader,
    ]);
    expect(orderOfTurns("www.example.org/A", all([leader!]))[0]).toBe(leader);
  });
});

describe("a turn", () => {
  it("is the next one's a turn after the leader, and each next one's a turn later", () => {
    const [, ...order] = orderOfTurns(RECORD, all());
    expect(order.map((node) => turnOf(RECORD, all(), node).wait)).toEqual(
      order.map((_, index) => (index + 1) * TURN),
    );
    expect(turnOf(RECORD, all(), order[1]!).before).toBe(order[0]);
  });

  it("comes last for one that leads no more, and of whom the object does not know it", () => {
    const order = orderOfTurns(RECORD, all());
    const turn = { wait: order.length * TURN, before: order.at(-1) };
    expect(turnOf(RECORD, all(), order[0]!)).toEqual(turn);
  });

  it("is the next one's at once when the leader could not", () => {
    const [leader, second, third] = orderOfTurns(RECORD, all());
    expect(turnOf(RECORD, all([leader!]), second!).wait).toBe(0);
    expect(turnOf(RECORD, all([leader!]), third!).wait).toBe(TURN);
  });

  it.each([
    [2, 2000],
    [3, 4000],
    [4, 8000],
    [6, 32_000],
    [7, 60_000],
    [90, 60_000],
  ])("comes later and later: after %d that could not, the next one's after %d ms", (tries, wait) => {
    const order = orderOfTurns(RECORD, all());
    expect(turnOf(RECORD, all(order.slice(0, tries)), order[tries]!).wait).toBe(wait);
  });

  it("is never two nodes' at once, although all could not", () => {
    const order = orderOfTurns(RECORD, all());
    const now = all(order);
    const each = waits((node) => turnOf(RECORD, now, node).wait);
    for (const [index, wait] of each.slice(1).entries()) expect(wait - each[index]!).toBe(TURN);
  });

  it("of nodes that the leader does not count on comes after all others, and spreads", () => {
    const now = shared();
    const strangers = NODES.slice(4);
    const each = waits((node) => turnOf(RECORD, now, node).wait, strangers);
    expect(each[0]).toBeGreaterThanOrEqual(4 * TURN);
    expect(new Set(each).size).toBe(strangers.length);
    expect(each.at(-1)! - each[0]!).toBeGreaterThan(10 * TURN);
    expect(turnOf(RECORD, now, "node-99").before).toBe(orderOfTurns(RECORD, now).at(-1));
  });
});

describe("a turn of a node that detects for itself", () => {
  it("comes one turn later than with a leader: that leader may be there unseen", () => {
    const order = orderOfTurns(RECORD, all());
    expect(order.map((node) => turnAlone(RECORD, all(), node).wait)).toEqual(
      order.map((_, index) => (index + 1) * TURN),
    );
    expect(turnAlone(RECORD, all(), order[0]!).before).toBe("a leader that is not seen");
  });

  it("does not rest on who could not before: nobody would hear of another try", () => {
    const order = orderOfTurns(RECORD, all());
    expect(turnAlone(RECORD, all([order[0]!]), order[1]!)).toEqual(turnAlone(RECORD, all(), order[1]!));
  });

  it("is spread by chance over nodes that know of no other", () => {
    const each = waits((node) => turnAlone(RECORD, undefined, node).wait);
    expect(each[0]).toBeGreaterThanOrEqual(TURN);
    expect(new Set(each).size).toBe(NODES.length);
    expect(each.at(-1)! - each[0]!).toBeGreaterThan(14 * TURN);
  });
});

describe("to lead next", () => {
  it("a few beside the leader are keen, the same ones whoever computes it", () => {
    const keen = NODES.filter((node) => isKeen(all(), node, 3));
    expect(keen).toHaveLength(4);
    expect(keen).toContain("node-1");
    expect(keen).toEqual(NODES.filter((node) => isKeen(all(keen), node, 3)));
  });

  it("whoever knows of no other is keen", () => {
    expect(isKeen(undefined, "node-9", 3)).toBe(true);
    expect(isKeen(shared({ members: [] }), "node-9", 3)).toBe(true);
  });
});
