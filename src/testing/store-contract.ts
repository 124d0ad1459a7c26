import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Address, parseAddress } from "#core/address.ts";
import type { Archive, HistoryEntry } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";
import { describeArchiveContract } from "#testing/archive-contract.ts";

const LIMIT = 20;

export const STORE_CONTRACT_LIMITS = { history: LIMIT, episodes: LIMIT, happenings: LIMIT };

/**
 * What every store and archive keeps to.
 *
 * @param open yields an empty one that keeps {@link STORE_CONTRACT_LIMITS}
 */
export function describeStoreContract(title: string, open: () => Archive): void {
  describeArchiveContract(title, LIMIT, open);
  describe(`${title} as a store`, () => {
    let store: Archive;
    beforeEach(() => (store = open()));
    afterEach(() => store.close());

    it("knows nothing at first", () => {
      expect(store.published().size).toBe(0);
      expect(store.beliefs().size).toBe(0);
      expect(store.history(10)).toEqual([]);
    });

    it("what was published last counts, for each record by itself", () => {
      store.setPublished({ record: "a.example.org/A", address: address("192.0.2.1"), at: day(1) });
      store.setPublished({ record: "a.example.org/A", address: address("192.0.2.2"), ttl: 300, at: day(2) });
      store.setPublished({ record: "*.example.org/AAAA", address: address("2001:db8::1"), at: day(3) });
      expect([...store.published().values()].toSorted((a, b) => Number(a.at) - Number(b.at))).toEqual([
        { record: "a.example.org/A", address: address("192.0.2.2"), ttl: 300, at: day(2) },
        { record: "*.example.org/AAAA", address: address("2001:db8::1"), at: day(3) },
      ]);
      expect(store.publishedIn("a.example.org/A")).toMatchObject({ address: address("192.0.2.2"), ttl: 300 });
      expect(store.publishedIn("b.example.org/A")).toBeUndefined();
    });

    it("forgets what was published in one record alone", () => {
      store.setPublished({ record: "a.example.org/A", address: address("192.0.2.1"), at: day(1) });
      store.setPublished({ record: "b.example.org/A", address: address("192.0.2.1"), at: day(1) });
      store.clearPublished("a.example.org/A");
      store.clearPublished("never.example.org/A");
      expect([...store.published().keys()]).toEqual(["b.example.org/A"]);
    });

    it("believes the last of each family, whole", () => {
      const known = {
        family: 4,
        kind: "known",
        address: address("192.0.2.1"),
        since: day(1),
        lastRound: day(2),
        for: ["stun:a", "stun:b"],
        against: ["http:c"],
      } as const;
      const unavailable = {
        family: 6,
        kind: "unavailable",
        lastRound: day(2),
        for: [],
        against: [],
      } as const;
      store.setBelief({ ...known, kind: "disputed", lastRound: day(1) });
      store.setBelief(unavailable);
      store.setBelief(known);
      expect(store.beliefs()).toEqual(
        new Map<number, unknown>([
          [4, known],
          [6, unavailable],
        ]),
      );
    });

    it("what was read does not change with what is written later", () => {
      const before = store.published();
      store.setPublished({ record: "a.example.org/A", address: address("192.0.2.1"), at: day(1) });
      expect(before.size).toBe(0);
    });

    it("tells its history newest first, with everything that was in it", () => {
      const full = { ...entry(2), words: "provider's \"words\"\n'; --", converged: milliseconds(12.5) };
      store.addHistory(entry(1));
      store.addHistory(full);
      expect(store.history(10)).toEqual([full, entry(1)]);
      expect(store.history(1)).toEqual([full]);
      expect(store.history(0)).toEqual([]);
    });

    it("adds to a line when its record had converged", () => {
      store.addHistory(entry(1));
      store.addHistory(entry(2));
      store.setConverged("home.example.org/A", day(1), milliseconds(700));
      store.setConverged("other.example.org/A", day(2), milliseconds(1));
      expect(store.history(10).map(({ converged }) => converged)).toEqual([undefined, 700]);
    });

    it("drops the oldest lines beyond its limit", () => {
      for (let number = 1; number <= 3 * LIMIT; number += 1) store.addHistory(entry(number));
      const kept = store.history(1000);
      expect(kept).toHaveLength(LIMIT);
      expect(kept[0]).toEqual(entry(3 * LIMIT));
    });
  });
}

function entry(number: number): HistoryEntry {
  return {
    at: day(number),
    record: "home.example.org/A",
    provider: "home",
    before: number === 1 ? [] : ["192.0.2.1", "192.0.2.9"],
    after: ["192.0.2.2"],
    reason: "address-changed",
    outcome: "applied",
    took: milliseconds(41.25),
  };
}

function day(number: number): Date {
  return new Date(Date.UTC(2026, 0, number));
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new TypeError(text);
  return parsed;
}
