import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Address, parseAddress } from "#core/address.ts";
import type { HistoryEntry } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";
import { openStore, type StoreOptions } from "#store/open-store.ts";
import { StoreError } from "#store/store-error.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";
import { describeStoreContract, STORE_CONTRACT_LIMITS } from "#testing/store-contract.ts";

const CANNOT_BE_USED = "The store cannot be used: what happens is kept in memory until it can";
const USABLE_AGAIN = "The store can be used again: what was kept in memory is written to it";
const WAS_DAMAGED = "The store was damaged: it is set aside, and a new one is started";
const RECORD = "home.example.org/A";

const cleanUps: (() => void)[] = [];
let folder = "";
let log: MemoryLog;
let clock: ManualClock;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "esddns-store-"));
  log = new MemoryLog();
  clock = new ManualClock();
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
});
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) cleanUp();
});

function open(path: string, options: Partial<StoreOptions> = {}) {
  const store = openStore({ path, log, clock, ...options });
  cleanUps.push(() => store.close());
  return store;
}

function publish(store: ReturnType<typeof openStore>, text: string): void {
  store.setPublished({ record: RECORD, address: address(text), at: new Date(0) });
}

function publishedAddress(store: ReturnType<typeof openStore>): string | undefined {
  return store.published().get(RECORD)?.address.text;
}

describeStoreContract("A store on disk", () =>
  openStore({ path: join(folder, "a", "esddns.db"), log, clock, limits: STORE_CONTRACT_LIMITS }),
);
describeStoreContract("A store whose disk fails", () =>
  openStore({ path: "/proc/esddns.db", log, clock, limits: STORE_CONTRACT_LIMITS }),
);

describe("openStore", () => {
  it("remembers everything over a restart", () => {
    const path = join(folder, "esddns.db");
    const first = open(path);
    publish(first, "192.0.2.1");
    first.setBelief({
      family: 4,
      kind: "known",
      address: address("192.0.2.1"),
      lastRound: new Date(5),
      for: ["a"],
      against: [],
    });
    first.addHistory(historyEntry(1));
    const before = [first.published(), first.beliefs(), first.history(10)];
    first.close();
    const second = open(path);
    expect([second.published(), second.beliefs(), second.history(10)]).toEqual(before);
    expect(log.entries).toEqual([]);
  });

  it("makes folder and files for the owner alone", () => {
    const path = join(folder, "made", "esddns.db");
    publish(open(path, { exclusive: true }), "192.0.2.1");
    expect(statSync(join(folder, "made")).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(join(folder, "made"))) {
      expect([name, statSync(join(folder, "made", name)).mode & 0o777]).toEqual([name, 0o600]);
    }
  });

  it("shows one process what another one writes", () => {
    const [daemon, command] = [open(join(folder, "e.db"), { exclusive: true }), open(join(folder, "e.db"))];
    publish(command, "192.0.2.7");
    expect(publishedAddress(daemon)).toBe("192.0.2.7");
  });

  it("passes over lines that it cannot read", () => {
    const path = join(folder, "e.db");
    const store = open(path);
    publish(store, "192.0.2.1");
    const other = new DatabaseSync(path);
    other.exec("INSERT INTO published VALUES ('b.example.org/A', 'no address', NULL, 0)");
    other.exec("INSERT INTO belief VALUES (4, 'known', '192.0.2.1', 1, 2, 'no list', '[1, \"a\"]')");
    other.close();
    expect([...store.published().keys()]).toEqual([RECORD]);
    expect(store.beliefs().get(4)).toMatchObject({ for: [], against: ["a"] });
    expect(store.isDurable).toBe(true);
  });

  it("emits no warning of Node's", () => {
    const script = `import { openStore } from ${JSON.stringify(import.meta.resolve("./open-store.ts"))};
      const log = { debug() {}, info() {}, warn: console.log, error: console.log };
      openStore({ path: ${JSON.stringify(join(folder, "w.db"))}, log, clock: { now: () => 0, date: () => new Date() } }).close();
      process.emitWarning("something else");`;
    const { stderr } = runScript(script);
    expect(stderr).not.toContain("SQLite");
    expect(stderr).toContain("something else");
  });
});

describe("the lock of a store", () => {
  it("refuses a second daemon, and says which file it is about", () => {
    open(join(folder, "e.db"), { exclusive: true });
    const second = () => open(join(folder, "e.db"), { exclusive: true });
    expect(second).toThrow(StoreError);
    expect(second).toThrow(expect.objectContaining({ code: "store-locked", retry: "never" }));
    expect(second).toThrow(expect.objectContaining({ hint: expect.stringContaining("e.db.lock") }));
  });

  it("lets commands in beside the daemon", () => {
    publish(open(join(folder, "e.db"), { exclusive: true }), "192.0.2.1");
    expect(publishedAddress(open(join(folder, "e.db")))).toBe("192.0.2.1");
  });

  it("is free after closing", () => {
    open(join(folder, "e.db"), { exclusive: true }).close();
    expect(open(join(folder, "e.db"), { exclusive: true }).isDurable).toBe(true);
  });
});

describe("a damaged store", () => {
  it.each([
    [
      "is no database",
      (path: string) => writeFileSync(path, "this is not a database, whatever it is".repeat(100)),
    ],
    ["was overwritten in the middle", (path: string) => overwrite(path, 4096)],
    ["was cut short", (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 5000))],
  ])("is set aside when it %s, and a new one is started", (_, damage) => {
    const path = join(folder, "e.db");
    const first = open(path);
    for (let number = 0; number < 200; number += 1) first.addHistory(historyEntry(number));
    first.close();
    damage(path);
    const damaged = readFileSync(path);
    const store = open(path, { exclusive: true });
    publish(store, "192.0.2.1");
    expect(store.isDurable).toBe(true);
    expect(log.messages("warn")).toEqual([WAS_DAMAGED]);
    const setAside = readdirSync(folder).filter((name) => name.includes(".damaged-"));
    expect(setAside).toEqual(["e.db.damaged-20260101T000000Z"]);
    expect(readFileSync(join(folder, setAside.join()))).toEqual(damaged);
    store.close();
    expect(publishedAddress(open(path))).toBe("192.0.2.1");
  });

  it("stays where it is when a command finds it and the daemon works with it", () => {
    const path = join(folder, "e.db");
    open(path, { exclusive: true });
    writeFileSync(path, "damaged".repeat(1000));
    expect(open(path).isDurable).toBe(false);
    expect(log.messages("warn")).toEqual([CANNOT_BE_USED]);
    expect(readdirSync(folder).some((name) => name.includes(".damaged-"))).toBe(false);
  });

  it("is replaced while the daemon runs, and what is known is written to the new one", () => {
    const path = join(folder, "e.db");
    const store = open(path, { exclusive: true });
    publish(store, "192.0.2.1");
    for (let number = 0; number < 50; number += 1) store.addHistory(historyEntry(number));
    const other = new DatabaseSync(path);
    other.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    other.close();
    overwrite(path, 0);
    store.addHistory(historyEntry(60));
    publish(store, "192.0.2.2");
    store.close();
    const again = open(path);
    expect(publishedAddress(again)).toBe("192.0.2.2");
    expect(again.isDurable).toBe(true);
  });
});

describe("a store that is not for us", () => {
  it("is left alone when a newer esddns wrote it", () => {
    const path = join(folder, "e.db");
    open(path).close();
    const newer = new DatabaseSync(path);
    newer.exec("PRAGMA user_version = 99");
    newer.close();
    const before = readFileSync(path);
    const store = open(path);
    publish(store, "192.0.2.1");
    expect(publishedAddress(store)).toBe("192.0.2.1");
    expect(log.entries[0]).toMatchObject({ level: "warn", fields: { error: { code: "store-newer" } } });
    store.close();
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(folder)).toEqual(["e.db"]);
  });

  it("is left alone when it is another program's database", () => {
    const path = join(folder, "other.db");
    const other = new DatabaseSync(path);
    other.exec("CREATE TABLE precious (x); INSERT INTO precious VALUES (1)");
    other.close();
    const before = readFileSync(path);
    const store = open(path);
    publish(store, "192.0.2.1");
    store.close();
    expect(log.entries).toMatchObject([{ level: "warn", fields: { error: { code: "store-foreign" } } }]);
    expect(readFileSync(path)).toEqual(before);
  });
});

describe("a disk that fails", () => {
  it.each([
    ["a folder that cannot be made", () => "/proc/esddns/e.db"],
    ["a file where the folder should be", () => join(touch("file"), "e.db")],
    ["a folder where the file should be", () => makeFolder("e.db")],
  ])("leaves a store in memory, with one warning: %s", async (_, path) => {
    const store = open(path(), { exclusive: true });
    for (let number = 1; number <= 5; number += 1) {
      publish(store, `192.0.2.${number}`);
      store.addHistory(historyEntry(number));
      await clock.advance(61_000);
    }
    expect(publishedAddress(store)).toBe("192.0.2.5");
    expect(store.history(10)).toHaveLength(5);
    expect(store.isDurable).toBe(false);
    expect(log.messages("warn")).toEqual([CANNOT_BE_USED]);
  });

  it("is tried again after a minute and gets what was kept in memory", async () => {
    const blocker = touch("folder");
    const store = open(join(blocker, "e.db"), { exclusive: true });
    publish(store, "192.0.2.1");
    store.addHistory(historyEntry(1));
    rmSync(blocker);
    publish(store, "192.0.2.2");
    expect(existsSync(join(blocker, "e.db"))).toBe(false);
    await clock.advance(60_000);
    store.addHistory(historyEntry(2));
    expect(store.isDurable).toBe(true);
    expect(log.messages("info")).toEqual([USABLE_AGAIN]);
    const command = open(join(blocker, "e.db"));
    expect(publishedAddress(command)).toBe("192.0.2.2");
    expect(command.history(10)).toEqual([historyEntry(2), historyEntry(1)]);
    expect(() => open(join(blocker, "e.db"), { exclusive: true })).toThrow(StoreError);
  });

  it("gets what was kept in memory also when the program ends before", () => {
    const blocker = touch("folder");
    const store = open(join(blocker, "e.db"));
    publish(store, "192.0.2.1");
    rmSync(blocker);
    store.close();
    expect(publishedAddress(open(join(blocker, "e.db")))).toBe("192.0.2.1");
  });

  it("that lost the files while they were open gets new ones", () => {
    const path = join(folder, "sub", "e.db");
    const store = open(path, { exclusive: true });
    publish(store, "192.0.2.1");
    rmSync(join(folder, "sub"), { recursive: true });
    publish(store, "192.0.2.2");
    expect(publishedAddress(store)).toBe("192.0.2.2");
    expect(publishedAddress(open(path))).toBe("192.0.2.2");
    expect(() => open(path, { exclusive: true })).toThrow(StoreError);
    expect(log.messages("warn")).toEqual([
      "The store was deleted or replaced: the file that is there now is used, or a new one",
    ]);
    expect(log.messages("info")).toEqual([USABLE_AGAIN]);
  });

  const isRoot = process.getuid?.() === 0;
  it.skipIf(!isRoot)(
    "goes on when it is full, and catches up when there is room (mounting needs root)",
    async () => {
      const small = makeFolder("small");
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", small]);
      cleanUps.push(() => execFileSync("umount", [small]));
      const path = join(small, "e.db");
      const store = open(path, { exclusive: true });
      publish(store, "192.0.2.1");
      fill(join(small, "ballast"));
      for (let number = 1; number <= 300; number += 1) store.addHistory(historyEntry(number));
      publish(store, "192.0.2.2");
      expect(store.isDurable).toBe(false);
      expect(log.messages("warn")).toEqual([CANNOT_BE_USED]);
      expect(publishedAddress(store)).toBe("192.0.2.2");
      expect(store.history(1000)).toHaveLength(300);
      rmSync(join(small, "ballast"));
      await clock.advance(60_000);
      store.addHistory(historyEntry(301));
      expect(store.isDurable).toBe(true);
      const command = open(path);
      expect(publishedAddress(command)).toBe("192.0.2.2");
      expect(command.history(1000)).toHaveLength(301);
    },
  );

  it.skipIf(!isRoot)("goes on when it becomes read-only (mounting needs root)", () => {
    const small = makeFolder("small");
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", small]);
    cleanUps.push(() => execFileSync("umount", [small]));
    const path = join(small, "e.db");
    const first = open(path);
    publish(first, "192.0.2.1");
    first.close();
    execFileSync("mount", ["-o", "remount,ro", small]);
    const store = open(path, { exclusive: true });
    publish(store, "192.0.2.2");
    expect(publishedAddress(store)).toBe("192.0.2.2");
    expect(log.messages("warn")).toEqual([CANNOT_BE_USED]);
  });
});

describe("kill -9", () => {
  it("loses nothing that was said to be written, and frees the lock", async () => {
    const path = join(folder, "e.db");
    const script = `import { openStore } from ${JSON.stringify(import.meta.resolve("./open-store.ts"))};
      import { parseAddress } from ${JSON.stringify(import.meta.resolve("../core/address.ts"))};
      import { writeSync } from "node:fs";
      const log = { debug() {}, info() {}, warn: console.log, error: console.log };
      const clock = { now: () => performance.now(), date: () => new Date() };
      const store = openStore({ path: ${JSON.stringify(path)}, log, clock, exclusive: true });
      for (let number = 0; ; number += 1) {
        const address = parseAddress("10." + (number >> 16) + "." + ((number >> 8) & 255) + "." + (number & 255));
        store.addHistory({ at: new Date(), record: "home.example.org/A", provider: "p", before: [], after: [],
          reason: "missing", outcome: "applied", took: 1 });
        store.setPublished({ record: "home.example.org/A", address, at: new Date() });
        writeSync(1, address.text + "\\n");
      }`;
    for (let time = 0; time < 3; time += 1) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
      let said = "";
      child.stdout.on("data", (chunk) => (said += String(chunk)));
      await once(child.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, 50 + 37 * time));
      child.kill("SIGKILL");
      await once(child, "close");
      const last = said.split("\n").at(-2) ?? "nothing";
      const store = open(path, { exclusive: true });
      const known = publishedAddress(store) ?? "";
      // the last write may be done although there was no time to say so
      expect(numberOf(known) - numberOf(last)).toBeOneOf([0, 1]);
      expect(store.history(10)).toHaveLength(10);
      expect(log.entries).toEqual([]);
      store.close();
    }
  });
});

function runScript(script: string): { stdout: string; stderr: string } {
  const errors = join(folder, "stderr");
  writeFileSync(join(folder, "script.mjs"), script);
  const stdout = execFileSync("sh", ["-c", `"${process.execPath}" --input-type=module 2>"${errors}"`], {
    input: script,
    encoding: "utf8",
  });
  return { stdout, stderr: readFileSync(errors, "utf8") };
}

function overwrite(path: string, from: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, from, from + 4096);
  writeFileSync(path, bytes);
}

function fill(path: string): void {
  for (let size = 64 * 1024; size >= 512; size = size / 2) {
    for (;;) {
      try {
        writeFileSync(path, Buffer.alloc(size), { flag: "a" });
      } catch {
        break;
      }
    }
  }
}

function touch(name: string): string {
  writeFileSync(join(folder, name), "");
  return join(folder, name);
}

function makeFolder(name: string): string {
  mkdirSync(join(folder, name));
  return join(folder, name);
}

function historyEntry(number: number): HistoryEntry {
  return {
    at: new Date(number),
    record: RECORD,
    provider: "home",
    before: [],
    after: ["192.0.2.1"],
    reason: "missing",
    outcome: "applied",
    words: "x".repeat(200),
    took: milliseconds(1),
  };
}

function numberOf(text: string): number {
  return text.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new TypeError(text);
  return parsed;
}
