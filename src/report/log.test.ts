import { describe, expect, it } from "vitest";
import { ProviderError } from "#core/errors.ts";
import { instant } from "#core/units.ts";
import { createEngine } from "#engine/engine.ts";
import { logEvents } from "#report/log.ts";
import { desired, EngineWorld, finish, NEVER, operators, type WorldOptions } from "#testing/engine-world.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const TRUTH = "44.128.10.77";
const NEXT = "44.128.20.5";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Runs an engine while the act goes on. @returns what a person would have read: info and above */
async function linesOf(act: (each: EngineWorld) => Promise<void>, options: WorldOptions = {}) {
  const each = new EngineWorld({ seed: 7, ...options }).established(TRUTH);
  const log = new MemoryLog();
  const engine = each.engine();
  engine.subscribe(logEvents(log, each.clock));
  const end = engine.run(NEVER);
  await each.clock.advance(MINUTE);
  await act(each);
  await finish(each.clock, engine.stop());
  await finish(each.clock, end);
  return log.entries
    .filter(({ level }) => level !== "debug")
    .map(({ level, message, fields }) => ({ line: `${level} ${message}`, fields }));
}

function messages(lines: Awaited<ReturnType<typeof linesOf>>): readonly string[] {
  return lines.map(({ line }) => line);
}

describe("the log", () => {
  it("is one line for a day on which all is well", async () => {
    const lines = await linesOf((each) => each.clock.advance(24 * HOUR));
    expect(messages(lines)).toEqual(["info Public address"]);
  });

  it("is two lines for a night without a line, with what the witnesses met", async () => {
    const lines = await linesOf(async (each) => {
      for (const witness of each.witnesses) witness.behaviour = { fails: "refused" };
      await each.clock.advance(8 * HOUR);
      for (const witness of each.witnesses) witness.behaviour = { says: "honest" };
      await each.clock.advance(MINUTE);
    });
    expect(messages(lines)).toEqual([
      "info Public address",
      "warn The public address is not known; records stay as they are",
      "info Public address",
    ]);
    expect(lines[1]?.fields["example"]).toMatch(/^Cannot ask ".*": refused$/);
  });

  it("tells once that a witness names an address that cannot be published", async () => {
    const lines = await linesOf(async (each) => {
      for (const witness of each.witnesses) witness.behaviour = { fails: "refused" };
      const [first] = each.witnesses;
      if (first) first.behaviour = { says: "192.168.1.7" };
      await each.clock.advance(8 * HOUR);
    });
    expect(messages(lines).filter((line) => line.includes("cannot be published"))).toEqual([
      "info Witness named an address that cannot be published",
    ]);
  });

  it("is one line for an IPv6 that is not there", { timeout: 60_000 }, async () => {
    const records = [desired(), desired("home.example.org", "AAAA")];
    const lines = await linesOf((each) => each.clock.advance(24 * HOUR), { records, truth6: "offline" });
    expect(messages(lines)).toEqual([
      "info Public address",
      "warn The public address is not known; records stay as they are",
    ]);
  });

  it("says nothing of single lost packets", async () => {
    const lines = await linesOf(
      async (each) => {
        for (const witness of each.witnesses.slice(0, 2)) witness.behaviour = "silent";
        await each.clock.advance(2 * HOUR);
      },
      { witnesses: operators(5, 3) },
    );
    expect(messages(lines)).toEqual(["info Public address"]);
  });

  it("tells quietly, and once, that another node of the cluster goes first", async () => {
    const each = new EngineWorld({ seed: 7 });
    const log = new MemoryLog();
    const engine = createEngine({
      ...each.engineOptions(),
      policies: [() => ({ kind: "turn", until: instant(each.clock.now() + 20_000), before: "node-1" })],
    });
    engine.subscribe(logEvents(log, each.clock));
    const end = engine.run(NEVER);
    await each.clock.advance(HOUR);
    await finish(each.clock, engine.stop());
    await finish(each.clock, end);
    const told = log.entries.filter(({ message }) => message === "Change withheld");
    expect(told.length).toBeGreaterThan(10);
    expect(told.map(({ level }) => level)).not.toContain("warn");
    expect(told[0]).toMatchObject({
      level: "debug",
      fields: { why: "withheld for 20 s: it is the turn of node-1" },
    });
  });

  it("tells once what the provider refuses, and that it is withheld", async () => {
    const lines = await linesOf(async (each) => {
      each.provider.script = () => ({ kind: "refused", cause: "invalid", words: "no such thing" });
      each.move(NEXT);
      await each.clock.advance(24 * HOUR);
    });
    expect(messages(lines).slice(1)).toEqual([
      "info Probe: the address seems to have changed",
      "info Public address",
      expect.stringContaining("error The provider refused the record"),
      "warn Change withheld",
    ]);
  });

  it("says when a refusal that may pass is tried again", async () => {
    const lines = await linesOf(async (each) => {
      each.provider.script = () => ({ kind: "refused", cause: "authentication", words: "who are you" });
      each.move(NEXT);
      await each.clock.advance(20 * MINUTE);
    });
    expect(lines.slice(3).map(({ line, fields }) => [line, fields["why"]])).toEqual([
      [expect.stringContaining("it is tried again in an hour"), "our address changed"],
      ["warn Change withheld", expect.stringMatching(/^withheld for \d+ s or until .*: who are you$/)],
    ]);
  });

  it("tells once that a provider fails, again when it fails in another way, and when it is over", async () => {
    const lines = await linesOf(async (each) => {
      const failing = (status: number) => {
        const error = new ProviderError(`Cannot write: ${status}`, { code: "server-error" });
        each.provider.script = () => ({ kind: "failed", error });
      };
      failing(500);
      each.move(NEXT);
      await each.clock.advance(4 * HOUR);
      failing(502);
      await each.clock.advance(4 * HOUR);
      each.provider.script = () => undefined;
      await each.clock.advance(6 * MINUTE);
    });
    const told = lines.filter(({ line }) => line.includes("Record"));
    expect(told.map(({ line, fields }) => [line, fields["error"]])).toEqual([
      ["warn Record not written; it is tried again", "Cannot write: 500"],
      ["warn Record not written; it is tried again", "Cannot write: 502"],
      ["info Record written", undefined],
    ]);
  });

  it("tells a second failure after a success", async () => {
    const lines = await linesOf(async (each) => {
      const error = new ProviderError("Cannot write: 500", { code: "server-error" });
      for (const truth of [NEXT, TRUTH]) {
        each.provider.script = () => ({ kind: "failed", error });
        each.move(truth);
        await each.clock.advance(MINUTE);
        each.provider.script = () => undefined;
        await each.clock.advance(20 * MINUTE);
      }
    });
    const failures = messages(lines).filter((line) => line.startsWith("warn Record not written"));
    expect(failures).toHaveLength(2);
  });

  it("tells how a write whose answer was lost turned out", async () => {
    const lines = await linesOf(async (each) => {
      each.provider.script = (change) => {
        each.provider.land(change);
        each.provider.script = () => undefined;
        return { kind: "unconfirmed", error: new Error("the connection broke off") };
      };
      each.move(NEXT);
      await each.clock.advance(6 * MINUTE);
    });
    expect(messages(lines).slice(3)).toEqual([
      "warn Record sent, but the answer was lost; it is read again before the next write",
      "info Record found right",
    ]);
  });

  it("tells why a record could not be read, and not that its provider is then left alone", async () => {
    const lines = await linesOf(async (each) => {
      const error = new ProviderError("Cannot read: 500", { code: "server-error" });
      each.provider.readScript = () => ({ kind: "unread", error });
      each.move(NEXT);
      await each.clock.advance(2 * HOUR);
    });
    const told = lines.filter(({ line }) => line.startsWith("warn"));
    expect(told.map(({ line, fields }) => [line, fields["error"]])).toEqual([
      ["warn Record could not be read; it stays as it is", "Cannot read: 500"],
    ]);
  });

  it("is two lines for a dispute that lasts", async () => {
    const lines = await linesOf(async (each) => {
      for (const [index, witness] of each.witnesses.entries())
        witness.behaviour = { says: `44.128.66.${index + 1}` };
      await each.clock.advance(8 * HOUR);
    });
    expect(messages(lines).filter((line) => line.includes("Probe")).length).toBeLessThanOrEqual(1);
    expect(messages(lines).filter((line) => line.startsWith("warn"))).toEqual([
      "warn Witnesses disagree about the public address; records stay as they are",
    ]);
  });
});
