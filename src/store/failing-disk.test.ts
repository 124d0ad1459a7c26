import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Archive, Episode, HistoryEntry, Measure, StoredHappening } from "#core/store.ts";
import { instant, milliseconds } from "#core/units.ts";
import type { DurableStore } from "#store/durable-store.ts";
import { MemoryStore } from "#store/memory-store.ts";
import { openStore } from "#store/open-store.ts";
import { SqliteStore } from "#store/sqlite-store.ts";
import { STORE_LIMITS } from "#store/limits.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const ALL = 10_000;
const EVER = new Date(-1);
const TABLES = ["published", "belief", "history", "episode", "measure", "happening"];
const ACTIONS = ["INSERT", "UPDATE", "DELETE"];

let folder: string;
let now: number;
let store: DurableStore;
const clock = { now: () => instant(now), date: () => new Date(now) };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "esddns-failing-"));
  now = 0;
  store = openAnew();
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

function openAnew(name = "store"): DurableStore {
  mkdirSync(join(folder, name), { recursive: true });
  return openStore({ path: join(folder, name, "e.db"), log: new MemoryLog(), clock });
}

const WRITES = TABLES.flatMap((table) => ACTIONS.map((action) => ({ table, action })));

/** Every write to the database fails, and every read works. */
function refuseWrites(name = "store"): void {
  const triggers = WRITES.map(
    ({ table, action }) =>
      `CREATE TRIGGER refuse_${table}_${action} BEFORE ${action} ON ${table}
       BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END;`,
  );
  tell(name, `BEGIN; ${triggers.join("")} COMMIT`);
}

function allowWrites(name = "store"): void {
  const drops = WRITES.map(({ table, action }) => `DROP TRIGGER refuse_${table}_${action};`);
  tell(name, `BEGIN; ${drops.join("")} COMMIT`);
}

function tell(name: string, sql: string): void {
  const other = new DatabaseSync(join(folder, name, "e.db"));
  other.exec(sql);
  other.close();
}

/** Neither reads nor writes work: something else is where the folder was. */
function takeAway(name = "store"): void {
  renameSync(join(folder, name), join(folder, `${name}-away`));
  writeFileSync(join(folder, name), "");
}

function bringBack(name = "store"): void {
  rmSync(join(folder, name));
  renameSync(join(folder, `${name}-away`), join(folder, name));
}

/** The next write tries the disk again. */
function waitAMinute(): void {
  now += 60_000;
}

function contentOf(archive: Archive) {
  return {
    published: archive.published(),
    beliefs: archive.beliefs(),
    history: archive.history(ALL),
    episodes: [archive.episodes(4, EVER), archive.episodes(6, EVER)],
    measures: [archive.measures(4, EVER), archive.measures(6, EVER)],
    happenings: archive.happenings(ALL),
  };
}

describe("an archive whose disk cannot be written", () => {
  it("tells what is kept in memory and what is on the disk as one", () => {
    store.addHistory(entry(1));
    store.beginEpisode(episode(1));
    store.addMeasures([measure(1, 1), measure(2, 1)]);
    store.addHappening(happening(1));
    refuseWrites();
    store.addHistory(entry(2));
    store.beginEpisode(episode(2));
    store.addMeasures([measure(2, 10), measure(3, 100)]);
    store.addHappening(happening(2));

    expect(store.isDurable).toBe(false);
    expect(store.history(ALL)).toEqual([entry(2), entry(1)]);
    expect(store.episodes(4, EVER)).toEqual([{ ...episode(1), until: episode(2).from }, episode(2)]);
    expect(store.episodes(4, new Date(3))).toEqual([episode(2)]);
    expect(store.measures(4, EVER)).toEqual([measure(1, 1), measure(2, 11), measure(3, 100)]);
    expect(store.happenings(ALL)).toEqual([happening(2), happening(1)]);
    expect(store.happenings(1)).toEqual([happening(2)]);
  });

  it("is read page by page, and the lines keep their ids when they get to the disk", () => {
    for (const number of [1, 2]) store.addHistory(entry(number));
    refuseWrites();
    for (const number of [3, 4]) store.addHistory(entry(number));
    const pages = pagesOf(store);
    expect(pages.map(({ at }) => at.getTime())).toEqual([4, 3, 2, 1]);
    allowWrites();
    waitAMinute();
    store.addHappening(happening(1));
    expect(store.isDurable).toBe(true);
    expect(pagesOf(store)).toEqual(pages);
  });

  it("goes on counting the lines where the disk ended, whoever wrote the last of them", () => {
    store.addHistory(entry(1));
    store.close();
    store = openAnew();
    refuseWrites();
    store.addHistory(entry(2));
    expect(pagesOf(store).map(({ at }) => at.getTime())).toEqual([2, 1]);
    allowWrites();
    waitAMinute();
    store.addHappening(happening(1));
    const command = openAnew();
    for (const number of [3, 4]) command.addHistory(entry(number));
    command.close();
    store.addHappening(happening(2));
    refuseWrites();
    store.addHistory(entry(5));
    expect(pagesOf(store).map(({ at }) => at.getTime())).toEqual([5, 4, 3, 2, 1]);
  });

  it("gives no id twice when the lines get to a new file", () => {
    for (const number of [1, 2]) store.addHistory(entry(number));
    const before = pagesOf(store);
    takeAway();
    store.addHistory(entry(3));
    rmSync(join(folder, "store"));
    waitAMinute();
    store.addHistory(entry(4));
    expect(store.isDurable).toBe(true);
    const after = pagesOf(store);
    expect(after.map(({ at }) => at.getTime())).toEqual([4, 3]);
    expect(after.filter(({ id }) => before.some((line) => line.id === id))).toEqual([]);
  });

  it("tells one of two episodes that begin at the same moment, on the disk and in memory", () => {
    store.beginEpisode(episode(1));
    refuseWrites();
    store.beginEpisode({ family: 4, kind: "disputed", from: episode(1).from });
    expect(store.episodes(4, EVER)).toEqual([{ family: 4, kind: "disputed", from: episode(1).from }]);
  });

  it("gets what was begun meanwhile, once, however often it fails", () => {
    store.beginEpisode(episode(1));
    for (const number of [2, 3, 4]) {
      refuseWrites();
      store.beginEpisode(episode(number));
      store.addHappening(happening(number));
      allowWrites();
      waitAMinute();
      store.setPublished({ record: "a.example.org/A", address: ADDRESS, at: EVER });
    }
    expect(store.isDurable).toBe(true);
    const command = openAnew();
    expect(command.episodes(4, EVER).map(({ from }) => from.getTime())).toEqual([1, 2, 3, 4]);
    expect(command.happenings(ALL)).toEqual([4, 3, 2].map(happening));
    command.close();
  });

  it("gets the convergence of a line that it has already", () => {
    store.addHistory(entry(1));
    refuseWrites();
    store.setConverged(entry(1).record, entry(1).at, milliseconds(700));
    allowWrites();
    waitAMinute();
    store.addHistory(entry(2));
    expect(store.history(ALL)).toEqual([entry(2), { ...entry(1), converged: 700 }]);
  });

  it("never lets a line get an id that another process's line has", () => {
    store.addHistory(entry(1));
    refuseWrites();
    store.addHistory(entry(2));
    allowWrites();
    const command = openAnew();
    command.addHistory(entry(3));
    waitAMinute();
    store.addHistory(entry(4));
    const ids = command.historyPage({ limit: ALL }).map(({ id }) => id);
    expect(command.history(ALL).map(({ at }) => at.getTime())).toEqual([4, 2, 3, 1]);
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => b - a));
    command.close();
  });
});

describe("the size of a store", () => {
  it("is what it takes on the disk, and grows with what is in it", () => {
    const before = store.size() ?? 0;
    for (let number = 0; number < 2000; number += 1) store.addHappening(happening(number));
    expect(store.size()).toBeGreaterThan(before + 50_000);
  });

  it("is not known while there is no disk, and never an error", () => {
    takeAway();
    store.addHappening(happening(1));
    expect(store.size()).toBeUndefined();
    bringBack();
  });
});

type Act = (archive: Archive) => void;
type Step = Act | "away" | "back" | "refuse" | "allow" | "wait";

const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.nat(30).map(
      (n): Act =>
        (archive) =>
          archive.addHistory(entry(n)),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.nat(30).map(
      (n): Act =>
        (archive) =>
          archive.setConverged(entry(n).record, entry(n).at, milliseconds(n)),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({ n: fc.nat(30), family: fc.constantFrom(4, 6) }).map(
      ({ n, family }): Act =>
        (archive) =>
          archive.beginEpisode({ ...episode(n), family }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.array(fc.tuple(fc.nat(5), fc.nat(9)), { maxLength: 3 }).map(
      (all): Act =>
        (archive) =>
          archive.addMeasures(all.map(([n, asked]) => measure(n, asked))),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.nat(30).map(
      (n): Act =>
        (archive) =>
          archive.addHappening(happening(n)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat(3).map(
      (n): Act =>
        (archive) =>
          archive.setPublished({ record: `h${n}.example.org/A`, address: ADDRESS, at: new Date(n) }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat(3).map(
      (n): Act =>
        (archive) =>
          archive.clearPublished(`h${n}.example.org/A`),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom("away", "back", "refuse", "allow", "wait"),
  },
);

describe("whatever fails and returns,", () => {
  it("nothing is lost and nothing is there twice", () => {
    let run = 0;
    fc.assert(
      fc.property(fc.array(arbitraryStep, { minLength: 5, maxLength: 40 }), (steps) => {
        run += 1;
        const disk = openAnew(`run-${run}`);
        const model = new MemoryStore();
        const state: Trouble = { isAway: false, isRefusing: false };
        for (const step of steps) {
          if (typeof step === "function") {
            step(disk);
            step(model);
          } else take(step, `run-${run}`, state);
          expect(disk.history(3).length).toBeLessThanOrEqual(3);
          expect(disk.beliefs()).toEqual(model.beliefs());
          expect(disk.published()).toEqual(model.published());
        }
        if (state.isAway) take("back", `run-${run}`, state);
        if (state.isRefusing) take("allow", `run-${run}`, state);
        disk.close();
        const again = openAnew(`run-${run}`);
        expect(again.isDurable).toBe(true);
        expect(contentOf(again)).toEqual(contentOf(model));
        again.close();
      }),
      { numRuns: 60 },
    );
  });

  it("what one store takes over from another it has, once, beside its own", () => {
    const acts = fc.array(
      arbitraryStep.filter((step): step is Act => typeof step === "function"),
      { maxLength: 30 },
    );
    let run = 0;
    fc.assert(
      fc.property(acts, acts, (before, after) => {
        run += 1;
        const disk = new SqliteStore(join(folder, `adopt-${run}.db`), STORE_LIMITS);
        const [kept, model] = [new MemoryStore(), new MemoryStore()];
        for (const act of before) [disk, kept, model].forEach(act);
        // what the memory of a store holds when its disk has everything
        kept.clearLines(disk.lastHistoryId());
        for (const act of after) [kept, model].forEach(act);
        disk.adopt(kept);
        expect(contentOf(disk)).toEqual(contentOf(model));
        disk.close();
      }),
      { numRuns: 60 },
    );
  });
});

interface Trouble {
  isAway: boolean;
  isRefusing: boolean;
}

function take(step: Exclude<Step, Act>, name: string, state: Trouble): void {
  if (step === "wait") return waitAMinute();
  if (step === "away" || step === "back") {
    const isAway = step === "away";
    if (isAway === state.isAway) return;
    state.isAway = isAway;
    return isAway ? takeAway(name) : bringBack(name);
  }
  const isRefusing = step === "refuse";
  if (state.isAway || isRefusing === state.isRefusing) return;
  state.isRefusing = isRefusing;
  return isRefusing ? refuseWrites(name) : allowWrites(name);
}

function pagesOf(archive: Archive) {
  const lines = [];
  for (let before: number | undefined; ; before = lines.at(-1)?.id) {
    const page = archive.historyPage({ limit: 1, before });
    if (page.length === 0) return lines;
    lines.push(...page);
  }
}

const ADDRESS = { family: 4, bytes: Uint8Array.of(192, 0, 2, 1), text: "192.0.2.1" } as const;

function entry(number: number): HistoryEntry {
  return {
    at: new Date(number),
    record: "home.example.org/A",
    provider: "home",
    before: [],
    after: ["192.0.2.1"],
    reason: "missing",
    outcome: "applied",
    took: milliseconds(number),
  };
}

function episode(number: number): Episode {
  return { family: 4, kind: "known", address: ADDRESS, from: new Date(number) };
}

function measure(number: number, asked: number): Measure {
  const about = { at: new Date(number), family: 4, witness: "stun:a", operator: "a" } as const;
  return { ...about, asked, answered: 0, agreed: 0, differed: 0 };
}

function happening(number: number): StoredHappening {
  return { kind: "address-changed", at: new Date(number), title: `number ${number}` };
}
