import { describe, expect, it } from "vitest";
import { createOperations } from "#app/operations.ts";
import { registries } from "#app/registries.ts";
import { type CheckedConfiguration, loadConfiguration } from "#config/load.ts";
import { temporaryFolder } from "#config/testdata/temporary-folder.ts";
import { ConfigError } from "#core/errors.ts";
import { milliseconds } from "#core/units.ts";
import type { RoundSummary } from "#engine/events.ts";
import type { Operations } from "#service/context.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const NEVER = new AbortController().signal;

const SUMMARY: RoundSummary = {
  trigger: "command",
  verdicts: new Map(),
  plan: [],
  withheld: [],
  outcomes: [],
  took: milliseconds(40),
  crashed: false,
};

/** Rounds and plans last until they are ended. */
class Work {
  readonly clock = new ManualClock();
  readonly begun: string[] = [];
  readonly #ends: (() => void)[] = [];

  begin(name: string): Promise<RoundSummary> {
    this.begun.push(name);
    return new Promise((resolve) => this.#ends.push(() => resolve(SUMMARY)));
  }

  end(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}

async function operations(work: Work, check: () => Promise<CheckedConfiguration>): Promise<Operations> {
  const text = { providers: { home: { type: "memory" } }, records: [{ name: "home.example.org" }] };
  const cwd = temporaryFolder({ "esddns.yaml": JSON.stringify(text) });
  return createOperations({
    app: {
      engine: { round: () => work.begin("round") },
      preview: () => work.begin("plan"),
      ports: { clock: work.clock },
    },
    configuration: await loadConfiguration({ cwd, env: {}, registries }),
    values: [],
    check,
    cacheFolder: undefined,
    log: new MemoryLog(),
    notifications: { status: () => [], test: () => Promise.resolve() },
    signal: NEVER,
  });
}

const unchecked = () => Promise.resolve({ file: "esddns.yaml", problems: [], warnings: [] });

describe.each(["plan", "round"] as const)("a %s that a person asks for", (name) => {
  it("is one for all who ask while it is under way, and the next one is another", async () => {
    const work = new Work();
    const own = await operations(work, unchecked);
    const asking = [own[name](NEVER), own[name](NEVER)];
    expect(work.begun).toEqual([name]);
    work.end();
    await Promise.all(asking);
    const again = own[name](NEVER);
    expect(work.begun).toEqual([name, name]);
    work.end();
    await again;
  });
});

describe("plans without end", () => {
  it("are made one every five seconds, after the first twenty", async () => {
    const work = new Work();
    const own = await operations(work, unchecked);
    const ask = async () => {
      const asking = own.plan(NEVER);
      work.end();
      await asking;
    };
    for (let count = 0; count < 20; count += 1) await ask();
    const waiting = own.plan(NEVER);
    await work.clock.advance(4900);
    expect(work.begun).toHaveLength(20);
    await work.clock.advance(100);
    expect(work.begun).toHaveLength(21);
    work.end();
    await waiting;
    await work.clock.advance(60_000);
    for (let count = 0; count < 12; count += 1) await ask();
    expect(work.begun).toHaveLength(33);
  });
});

describe("the configuration", () => {
  it("comes with the problems and the warnings of the file as it is now", async () => {
    const check = () =>
      Promise.resolve({
        file: "esddns.yaml",
        problems: [{ path: "records", message: "it is empty", line: 3 }],
        warnings: [{ path: "store", message: "it is in memory", line: 7 }],
      });
    const { notes } = await (await operations(new Work(), check)).configuration();
    expect(notes).toMatchObject([
      { severity: "problem", words: expect.stringContaining("it is empty"), line: 3 },
      { severity: "warning", words: expect.stringContaining("it is in memory"), line: 7 },
    ]);
  });

  it("says so when the file is gone", async () => {
    const check = () => Promise.reject(new ConfigError("Cannot find the configuration", []));
    const { notes } = await (await operations(new Work(), check)).configuration();
    expect(notes).toEqual([{ severity: "problem", words: "Cannot find the configuration" }]);
  });
});
