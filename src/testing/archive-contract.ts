import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Address, type Family, parseAddress } from "#core/address.ts";
import type { Archive, Episode, HistoryEntry, HistoryQuery, Measure, StoredHappening } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";

const ALL = 1000;
const EVER = new Date(0);

/**
 * What every {@link Archive} keeps to beside the contract of a store.
 *
 * @param open yields an empty archive that keeps so many lines of history, happenings, and episodes of a family
 */
export function describeArchiveContract(title: string, limit: number, open: () => Archive): void {
  describe(`${title} as an archive`, () => {
    let archive: Archive;
    beforeEach(() => (archive = open()));
    afterEach(() => archive.close());

    it("remembers nothing at first", () => {
      expect(archive.historyPage({ limit: ALL })).toEqual([]);
      expect(archive.episodes(4, EVER)).toEqual([]);
      expect(archive.measures(4, EVER)).toEqual([]);
      expect(archive.happenings(ALL)).toEqual([]);
    });

    describe("its pages of the history", () => {
      it("are the history, each line with an id that grows", () => {
        for (let number = 1; number <= 5; number += 1) archive.addHistory(entry(number));
        const page = archive.historyPage({ limit: ALL });
        expect(page.map(({ id: _id, ...rest }) => rest)).toEqual(archive.history(ALL));
        expect(idsOf(page)).toEqual(idsOf(page).toSorted((a, b) => b - a));
        expect(new Set(idsOf(page)).size).toBe(5);
      });

      it("follow one another without a gap and without a line twice, while lines are added", () => {
        for (let number = 1; number <= 9; number += 1) archive.addHistory(entry(number));
        const first = archive.historyPage({ limit: 4 });
        archive.addHistory(entry(10));
        const second = archive.historyPage({ limit: 4, before: first.at(-1)?.id });
        const third = archive.historyPage({ limit: 4, before: second.at(-1)?.id });
        expect([...first, ...second, ...third].map(({ at }) => at)).toEqual(
          [9, 8, 7, 6, 5, 4, 3, 2, 1].map(day),
        );
        expect(archive.historyPage({ limit: 4, before: third.at(-1)?.id })).toEqual([]);
        expect(archive.historyPage({ limit: 0 })).toEqual([]);
        expect(archive.historyPage({ limit: -1 })).toEqual([]);
      });

      it.each<[string, HistoryQuery, readonly number[]]>([
        ["a record", { limit: ALL, record: "b.example.org/A" }, [8, 6, 4, 2]],
        ["a record that there is none of", { limit: ALL, record: "c.example.org/A" }, []],
        ["the time since then, inclusive", { limit: ALL, since: day(6) }, [8, 7, 6]],
        ["the time before then, exclusive", { limit: ALL, until: day(3) }, [2, 1]],
        ["a span", { limit: ALL, since: day(3), until: day(6) }, [5, 4, 3]],
        ["a span without any", { limit: ALL, since: day(6), until: day(3) }, []],
        [
          "a record in a span",
          { limit: ALL, record: "b.example.org/A", since: day(3), until: day(8) },
          [6, 4],
        ],
        ["so many", { limit: 2, record: "b.example.org/A", until: day(8) }, [6, 4]],
      ])("are narrowed to %s", (_, query, days) => {
        for (let number = 1; number <= 8; number += 1) archive.addHistory(entry(number));
        expect(archive.historyPage(query).map(({ at }) => at)).toEqual(days.map(day));
      });

      it("are narrowed by every filter at once", () => {
        for (let number = 1; number <= 8; number += 1) archive.addHistory(entry(number));
        const query = { limit: ALL, record: "b.example.org/A", since: day(2), until: day(8) } as const;
        const [newest] = archive.historyPage(query);
        expect(archive.historyPage({ ...query, before: newest?.id }).map(({ at }) => at)).toEqual(
          [4, 2].map(day),
        );
      });

      it("are narrowed by time although the clock was set back", () => {
        for (const number of [5, 1, 6, 2, 3]) archive.addHistory(entry(number));
        const page = archive.historyPage({ limit: ALL, since: day(3), until: day(6) });
        expect(page.map(({ at }) => at)).toEqual([day(3), day(5)]);
      });

      it("say who decided, and how long it was in sight", () => {
        const told = { ...entry(1), operators: ["a", "b"], sight: milliseconds(310.5) };
        archive.addHistory(told);
        archive.addHistory({ ...entry(2), operators: [] });
        expect(archive.history(ALL)).toEqual([{ ...entry(2), operators: [] }, told]);
        expect(archive.historyPage({ limit: 1, record: told.record })).toMatchObject([told]);
      });
    });

    describe("its episodes", () => {
      it("end where the next one of their family begins", () => {
        archive.beginEpisode(known(1, "192.0.2.1"));
        archive.beginEpisode({ family: 6, kind: "unavailable", from: day(2) });
        archive.beginEpisode({ family: 4, kind: "disputed", from: day(3), until: day(9) });
        archive.beginEpisode({ family: 4, kind: "unwatched", from: day(4) });
        expect(archive.episodes(4, EVER)).toEqual([
          { ...known(1, "192.0.2.1"), until: day(3) },
          { family: 4, kind: "disputed", from: day(3), until: day(4) },
          { family: 4, kind: "unwatched", from: day(4) },
        ]);
        expect(archive.episodes(6, EVER)).toEqual([{ family: 6, kind: "unavailable", from: day(2) }]);
      });

      it("are told when they reach into the time that is asked for", () => {
        for (const number of [1, 3, 5]) archive.beginEpisode(known(number, "192.0.2.1"));
        const begunAfter = (since: Date) => archive.episodes(4, since).map(({ from }) => from);
        expect(begunAfter(day(2))).toEqual([1, 3, 5].map(day));
        expect(begunAfter(day(3))).toEqual([3, 5].map(day));
        expect(begunAfter(day(4))).toEqual([3, 5].map(day));
        expect(begunAfter(day(9))).toEqual([day(5)]);
      });

      it("that begin at the same moment are one, the later", () => {
        archive.beginEpisode(known(1, "192.0.2.1"));
        archive.beginEpisode({ family: 4, kind: "disputed", from: day(2) });
        archive.beginEpisode(known(2, "192.0.2.2"));
        expect(archive.episodes(4, EVER)).toEqual([
          { ...known(1, "192.0.2.1"), until: day(2) },
          known(2, "192.0.2.2"),
        ]);
      });

      it("stay in the order in which they were begun when the clock is set back", () => {
        archive.beginEpisode(known(5, "192.0.2.1"));
        archive.beginEpisode(known(2, "192.0.2.2"));
        expect(archive.episodes(4, EVER)).toEqual([
          { ...known(5, "192.0.2.1"), until: day(5) },
          known(2, "192.0.2.2"),
        ]);
        for (const since of [1, 3, 9]) {
          expect(archive.episodes(4, day(since)).at(-1)).toEqual(known(2, "192.0.2.2"));
        }
      });

      it("are kept up to a limit for each family", () => {
        archive.beginEpisode({ family: 6, kind: "unavailable", from: day(1) });
        for (let number = 1; number <= 3 * limit; number += 1)
          archive.beginEpisode(known(number, "192.0.2.1"));
        expect(archive.episodes(4, EVER).map(({ from }) => from)).toEqual(lastDays(limit, 3 * limit));
        expect(archive.episodes(6, EVER)).toHaveLength(1);
      });
    });

    describe("its measures", () => {
      it("are told whole, oldest first, those of one time by their witnesses", () => {
        const silent: Measure = { ...measure(2), answered: 0, agreed: 0 };
        const late = measure(3, { witness: "stun:b" });
        archive.addMeasures([late, measure(3, { witness: "stun:a" })]);
        archive.addMeasures([silent, measure(3, { family: 6 })]);
        expect(archive.measures(4, EVER)).toEqual([silent, measure(3, { witness: "stun:a" }), late]);
        expect(archive.measures(4, day(3))).toHaveLength(2);
        expect(archive.measures(6, EVER)).toEqual([measure(3, { family: 6 })]);
      });

      it("of one span and witness add up, as when the daemon began anew within it", () => {
        const before = measure(1, {
          asked: 3,
          answered: 2,
          agreed: 1,
          differed: 1,
          roundTrip: trip(10, 5, 15),
        });
        const after = measure(1, {
          asked: 4,
          answered: 3,
          agreed: 3,
          differed: 0,
          roundTrip: trip(20, 18, 40),
        });
        const silent = measure(1, { asked: 1, answered: 0, agreed: 0, differed: 0, roundTrip: undefined });
        for (const part of [before, after, silent]) archive.addMeasures([part]);
        expect(archive.measures(4, EVER)).toEqual([
          measure(1, { asked: 8, answered: 5, agreed: 4, differed: 1, roundTrip: trip(16, 5, 40) }),
        ]);
      });

      it("go after 31 days", () => {
        archive.addMeasures([measure(1), measure(2), measure(1, { family: 6 })]);
        archive.addMeasures([]);
        archive.addMeasures([measure(32)]);
        expect(archive.measures(4, EVER)).toHaveLength(3);
        archive.addMeasures([measure(33)]);
        expect(archive.measures(4, EVER).map(({ at }) => at)).toEqual([2, 32, 33].map(day));
        expect(archive.measures(6, EVER)).toEqual([]);
      });
    });

    describe("its happenings", () => {
      it("are told newest first, with everything that was in them", () => {
        const full: StoredHappening = {
          kind: "record-failed",
          at: day(2),
          family: 6,
          record: "home.example.org/AAAA",
          provider: "home",
          witness: "stun:a",
          title: 'it\'s "failed"\n; --',
          detail: "because",
        };
        archive.addHappening(happening(1));
        archive.addHappening(full);
        expect(archive.happenings(ALL)).toEqual([full, happening(1)]);
        expect(archive.happenings(1)).toEqual([full]);
        expect(archive.happenings(0)).toEqual([]);
        expect(archive.happenings(-1)).toEqual([]);
      });

      it("are kept up to a limit", () => {
        for (let number = 1; number <= 3 * limit; number += 1) archive.addHappening(happening(number));
        expect(archive.happenings(ALL).map(({ at }) => at)).toEqual(lastDays(limit, 3 * limit).toReversed());
      });
    });
  });
}

function entry(number: number): HistoryEntry {
  return {
    at: day(number),
    record: number % 2 === 0 ? "b.example.org/A" : "a.example.org/A",
    provider: "home",
    before: ["192.0.2.1"],
    after: ["192.0.2.2"],
    reason: "address-changed",
    outcome: "applied",
    took: milliseconds(41.25),
  };
}

function known(number: number, text: string): Episode {
  return { family: 4, kind: "known", address: address(text), from: day(number) };
}

function measure(number: number, more: Partial<Measure> = {}): Measure {
  const family: Family = 4;
  const about = { at: day(number), family, witness: "stun:a", operator: "a" };
  return { ...about, asked: 10, answered: 9, agreed: 8, differed: 1, ...more };
}

function trip(mean: number, min: number, max: number): NonNullable<Measure["roundTrip"]> {
  return { mean: milliseconds(mean), min: milliseconds(min), max: milliseconds(max) };
}

function happening(number: number): StoredHappening {
  return { kind: "address-changed", at: day(number), title: `number ${number}` };
}

function idsOf(page: readonly { readonly id: number }[]): readonly number[] {
  return page.map(({ id }) => id);
}

function lastDays(count: number, last: number): readonly Date[] {
  return Array.from({ length: count }, (_, index) => day(last - count + 1 + index));
}

function day(number: number): Date {
  return new Date(Date.UTC(2026, 0, number));
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new TypeError(text);
  return parsed;
}
