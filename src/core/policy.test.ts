import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress } from "#core/address.ts";
import { parseDomainName } from "#core/name.ts";
import type { Change } from "#core/plan.ts";
import { dryRun, flapHold, type Policy, withholdChanges } from "#core/policy.ts";
import { type Instant, instant } from "#core/units.ts";

const address = parseAddress("81.2.69.142")!;

function change(index: number): Change {
  const key = { name: parseDomainName(`n${index}.example.org`), type: "A" } as const;
  return {
    record: { ...key, provider: "home", mode: "replace" },
    before: undefined,
    after: { ...key, values: [address] },
    address,
    reason: "missing",
  };
}

const changes = Array.from({ length: 6 }, (_, index) => change(index));

/** Objects to the changes of these names. */
function stops(words: string, indices: ReadonlySet<number>): Policy {
  const names = new Set<string>([...indices].map((index) => `n${index}.example.org`));
  return ({ record }) => (names.has(record.name) ? { kind: "stopped", words } : undefined);
}

describe("policies", () => {
  it("let everything pass when there are none", () => {
    expect(withholdChanges(changes, [])).toEqual({ released: changes, withheld: [] });
  });

  it("withhold everything in a dry run", () => {
    const { released, withheld } = withholdChanges(changes, [dryRun]);
    expect(released).toEqual([]);
    expect(withheld.map(({ reason }) => reason.kind)).toEqual(changes.map(() => "dry-run"));
  });

  it("give the reason of the first that objects", () => {
    const policies = [stops("one", new Set([0])), stops("two", new Set([0, 1]))];
    expect(withholdChanges(changes.slice(0, 3), policies)).toEqual({
      released: [changes[2]],
      withheld: [
        { change: changes[0], reason: { kind: "stopped", words: "one" } },
        { change: changes[1], reason: { kind: "stopped", words: "two" } },
      ],
    });
  });

  it("only ever narrow: none is added, altered or lost, and one more policy never releases more", () => {
    const indices = fc.uniqueArray(fc.nat(5)).map((list) => new Set(list));
    fc.assert(
      fc.property(
        fc.subarray(changes),
        fc.array(indices, { maxLength: 4 }),
        indices,
        (planned, before, more) => {
          const policies = before.map((set) => stops("no", set));
          const { released, withheld } = withholdChanges(planned, policies);
          expect(new Set([...released, ...withheld.map(({ change }) => change)])).toEqual(new Set(planned));
          expect(released.length + withheld.length).toBe(planned.length);
          expect(planned.filter((change) => released.includes(change))).toEqual(released);
          const narrower = withholdChanges(planned, [...policies, stops("more", more)]).released;
          expect(narrower.every((change) => released.includes(change))).toBe(true);
        },
      ),
    );
  });
});

describe("flapHold", () => {
  const second = 1000;
  const minute = 60 * second;

  function at(...times: readonly number[]): readonly Instant[] {
    return times.map(instant);
  }

  /** Seconds from the last publication until the next may be made; 0 at once. */
  function holdAfter(count: number): number {
    const published = Array.from({ length: count }, (_, index) => instant(index * second));
    const last = published.at(-1) ?? instant(0);
    const until = flapHold(published, last);
    return until === undefined ? 0 : (until - last) / second;
  }

  it("lets the first two changes pass, then doubles from 5 s to 5 minutes", () => {
    expect(Array.from({ length: 12 }, (_, count) => holdAfter(count))).toEqual([
      0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300, 300,
    ]);
    expect(holdAfter(2000)).toBe(300);
  });

  it("counts from the last publication and ends in time", () => {
    const published = at(0, 10 * second);
    expect(flapHold(published, instant(10 * second))).toBe(15 * second);
    expect(flapHold(published, instant(15 * second - 1))).toBe(15 * second);
    expect(flapHold(published, instant(15 * second))).toBeUndefined();
  });

  it("forgets after ten quiet minutes, and not before", () => {
    const storm = Array.from({ length: 9 }, (_, index) => index * second);
    const quiet = (span: number) => 8 * second + span;
    // one more after the quiet: the second of a new count, or the eleventh of the old one
    expect(flapHold(at(...storm, quiet(10 * minute)), instant(quiet(10 * minute)))).toBeUndefined();
    expect(flapHold(at(...storm, quiet(10 * minute - 1)), instant(quiet(10 * minute)))).toBe(
      quiet(15 * minute - 1),
    );
    expect(flapHold(at(...storm), instant(quiet(10 * minute)))).toBeUndefined();
  });

  it("does not grow milder while a line goes on flapping", () => {
    const published: Instant[] = [];
    let now = instant(0);
    const waits: number[] = [];
    for (let round = 0; round < 40; round += 1) {
      const until = flapHold(published, now) ?? now;
      waits.push(until - now);
      now = instant(until);
      published.push(now);
    }
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits.at(-1)).toBe(5 * minute);
  });

  it("needs no more than the last eight", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 11 * minute }), { maxLength: 20 });
    fc.assert(
      fc.property(gaps, fc.nat(11 * minute), (spans, later) => {
        let time = 0;
        const published = spans.map((span) => instant((time += span)));
        const now = instant(time + later);
        const until = flapHold(published, now);
        expect(flapHold(published.slice(-8), now)).toBe(until);
        if (until !== undefined) {
          expect(until).toBeGreaterThan(now);
          expect(until - time).toBeLessThanOrEqual(5 * minute);
        }
      }),
    );
  });
});
