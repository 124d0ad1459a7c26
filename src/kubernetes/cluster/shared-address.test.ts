import { describe, expect, it } from "vitest";
import type { RecordId } from "#core/record.ts";
import { withAddress, withPassed, withPublished } from "#kubernetes/cluster/shared-address.ts";
import { address } from "#testing/engine-world.ts";
import { shared } from "#testing/shared-address.ts";

const HOME: RecordId = "home.example.org/A";
const OTHER: RecordId = "www.example.org/A";
const [FIRST, SECOND] = [address("44.128.10.77"), address("44.128.11.1")];
const at = new Date("2026-01-02");

function passed(...nodes: readonly string[]) {
  return shared({ passed: new Map([[HOME, nodes]]) });
}

describe("a record that is right", () => {
  it("is marked with what it holds, and nobody has to try any more", () => {
    const next = withPublished(passed("node-1", "node-2"), HOME, SECOND);
    expect([next.published.get(HOME), next.passed.has(HOME)]).toEqual([SECOND, false]);
  });

  it("that was marked as such is no news", () => {
    const now = shared();
    expect(withPublished(now, HOME, FIRST)).toBe(now);
  });

  it("is news after somebody could not read it, and leaves other records as they are", () => {
    const now = shared({
      passed: new Map([
        [HOME, ["node-1"]],
        [OTHER, ["node-2"]],
      ]),
    });
    expect(withPublished(now, HOME, FIRST).passed).toEqual(new Map([[OTHER, ["node-2"]]]));
  });
});

describe("a record that a node could not make right", () => {
  it("is left to the next ones, in the order in which they tried", () => {
    const next = withPassed(passed("node-3"), HOME, "node-1");
    expect(next.passed.get(HOME)).toEqual(["node-3", "node-1"]);
  });

  it("is no news when that node tries again while others have not", () => {
    const now = passed("node-1", "node-2");
    expect(withPassed(now, HOME, "node-1")).toBe(now);
  });

  it("begins a new turn of all when all have tried", () => {
    const now = passed("node-4", "node-2", "node-1", "node-3");
    expect(withPassed(now, HOME, "node-2").passed.get(HOME)).toEqual(["node-2"]);
  });

  it("is no news again and again in a cluster of one", () => {
    const now = shared({ members: ["node-1"], passed: new Map([[HOME, ["node-1"]]]) });
    expect(withPassed(now, HOME, "node-1")).toBe(now);
  });
});

describe("an address", () => {
  it("that is another one makes what was tried for the old one void, of its family alone", () => {
    const now = shared({
      passed: new Map<RecordId, string[]>([
        [HOME, ["node-1"]],
        ["home.example.org/AAAA", ["node-2"]],
      ]),
    });
    const next = withAddress(now, SECOND, { at, records: [HOME] });
    expect(next.addresses.get(4)).toEqual(SECOND);
    expect(next.changedAt).toBe(at);
    expect([...next.passed.keys()]).toEqual(["home.example.org/AAAA"]);
    expect(next.published).toBe(now.published);
  });

  it("that is the same is no news", () => {
    const now = passed("node-1");
    expect(withAddress(now, address("44.128.10.77"), { at, records: [HOME] })).toBe(now);
  });

  it("of the other family stays", () => {
    const six = address("2a10:ed1:77::1");
    const next = withAddress(shared(), six, { at, records: [] });
    expect([...next.addresses.values()]).toEqual([FIRST, six]);
  });
});
