import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { GandiEmulator } from "#testing/emulators/gandi.ts";
import { Lab, NAME, ZONE } from "../lab.ts";
import { Daemon, esddns } from "../program.ts";
import { missing } from "../require-peer.ts";
import { until } from "../until.ts";
import { parseResult, syncResult } from "./results.ts";

const BEFORE = "203.0.113.200";

/** A provider that can fail in every way, with a record that is not right yet. */
async function startGandi(lab: Lab) {
  const emulator = new GandiEmulator({ zones: [ZONE], token: "token" });
  await emulator.listen();
  emulator.seed(ZONE, "home", "A", [BEFORE]);
  const config = lab.write({
    providers: { gandi: { type: "gandi", endpoint: emulator.endpoint, token: "token" } },
    records: [{ name: NAME }],
    verify: false,
  });
  const value = () => emulator.get(ZONE, "home", "A")?.rrset_values[0];
  return {
    emulator,
    config,
    value,
    async [Symbol.asyncDispose]() {
      await emulator.close();
    },
  };
}

describe.concurrent("a provider that fails", () => {
  it.each([
    ["429, and asks for three seconds", 429, { "retry-after": "3" }, 3000],
    ["503, and asks for three seconds", 503, { "retry-after": "3" }, 3000],
    ["500", 500, {}, 1900],
  ] as const)(
    "answers %s: it is left alone that long, then asked once more",
    async (_, status, headers, wait) => {
      await using lab = await Lab.start();
      await using gandi = await startGandi(lab);
      gandi.emulator.fault({ kind: "status", status, headers }, { on: "write" });
      await using daemon = await Daemon.start(gandi.config);
      await daemon.says("Record not written; it is tried again");
      const failedAt = performance.now();
      const requests = gandi.emulator.log.length;

      // Rounds meanwhile do not count as a reason
      daemon.signal("SIGUSR1");
      await until("the second write", () => gandi.emulator.writes === 2);

      expect(performance.now() - failedAt).toBeGreaterThan(wait - 150);
      await until("the record", () => gandi.value() === lab.address());
      // A reading may come before the write
      expect(gandi.emulator.log.length - requests).toBeLessThanOrEqual(2);
      expect(gandi.emulator.writes).toBe(2);
    },
  );

  it.each([
    ["404", { kind: "status", status: 404 }],
    ["403", { kind: "status", status: 403, body: { message: "Access to this resource is denied" } }],
    ["422", { kind: "status", status: 422 }],
    ["garbage", { kind: "garbage", applied: false }],
    ["half a body", { kind: "half-body", applied: false }],
    ["nothing", { kind: "close", applied: false }],
  ] as const)("answers a write with %s: exit 1, in words", async (_, fault) => {
    await using lab = await Lab.start();
    await using gandi = await startGandi(lab);
    gandi.emulator.fault(fault, { on: "write", times: 10 });

    const { status, stdout, stderr } = await esddns(["--config", gandi.config, "sync", "--json"]);

    expect(status).toBe(1);
    expect(stderr).not.toMatch(/ {4}at |bug/);
    const { outcomes } = parseResult(syncResult, stdout);
    expect(outcomes).toHaveLength(1);
    expect(["failed", "refused", "unconfirmed"]).toContain(outcomes[0]?.kind);
    expect(outcomes[0]?.message).toBeTruthy();
    expect(gandi.value()).toBe(BEFORE);
    expect(gandi.emulator.writes).toBe(1);
  });

  it("loses the answer to a write that it made: it is read again, and not written again", async () => {
    await using lab = await Lab.start();
    await using gandi = await startGandi(lab);
    gandi.emulator.fault({ kind: "close", applied: true }, { on: "write" });
    await using daemon = await Daemon.start(gandi.config);

    await daemon.says("Record sent, but the answer was lost");
    expect(gandi.value()).toBe(lab.address());
    const { reads } = gandi.emulator;
    await until("it to be read again", () => gandi.emulator.reads > reads);
    daemon.forget();
    lab.move();
    await until("the next address", () => gandi.value() === lab.address());
    expect(gandi.emulator.writes).toBe(2);
  });

  it("cannot be read: nothing is written, and it follows when it is back", async () => {
    await using lab = await Lab.start();
    await using gandi = await startGandi(lab);
    gandi.emulator.fault({ kind: "status", status: 500 }, { on: "read", times: 2 });
    await using daemon = await Daemon.start(gandi.config);

    await daemon.says("Record could not be read; it stays as it is");
    expect(gandi.emulator.writes).toBe(0);
    await until("the record", () => gandi.value() === lab.address());
    expect(gandi.emulator.writes).toBe(1);
  });
});

/** Beside the command, in the folder of this machine's architecture. */
const LIBFAKETIME = readdirSync("/usr/lib")
  .map((folder) => `/usr/lib/${folder}/faketime/libfaketime.so.1`)
  .find((file) => existsSync(file));

describe.skipIf(missing("faketime"))("a clock that jumps by an hour", () => {
  /** The wall clock alone, from a file that is read at every look. */
  function withClock(lab: Lab, offset: string) {
    const file = lab.scratch.write("clock", `${offset}\n`);
    return {
      LD_PRELOAD: LIBFAKETIME ?? "",
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  it.each(["+1h", "-1h"])("by %s: the daemon goes on", async (offset) => {
    expect(LIBFAKETIME).toBeDefined();
    await using lab = await Lab.start();
    await using gandi = await startGandi(lab);
    const env = withClock(lab, "+0");
    await using daemon = await Daemon.start(gandi.config, { env });
    await until("the record", () => gandi.value() === lab.address());

    lab.scratch.write("clock", `${offset}\n`);
    const questions = lab.questions;
    lab.move();

    await until("the record to follow", () => gandi.value() === lab.address());
    // No burst of rounds to make up for the hour
    expect(lab.questions - questions).toBeLessThan(30);
    expect(daemon.log).not.toMatch(/bug| ERROR /);
  });

  it("makes the name server refuse our signature, which says what is wrong", async () => {
    await using lab = await Lab.start();
    lab.dns.behave("wrong-clock");

    const { status, stdout, stderr } = await esddns(["--config", lab.write(), "sync"]);

    expect(status).toBe(1);
    expect(stdout + stderr).toMatch(/BADTIME.*clock of this host is 3\d\d\d s behind/);
    expect(lab.dns.count("update")).toBeLessThanOrEqual(1);
    expect(lab.contents).toEqual([]);
  });
});
