import { inject } from "vitest";
import { z } from "zod";
import { BARE_ENVIRONMENT, Child, type Finished } from "../child.ts";
import { Scratch } from "../scratch.ts";
import { until } from "../until.ts";
import type { Home } from "./home.ts";
import type { Settings } from "./settings.ts";

const entrySchema = z.looseObject({ time: z.string(), level: z.string(), message: z.string() });

/** A line of the daemon's log. */
export type Entry = z.output<typeof entrySchema>;

const observation = z.looseObject({
  witness: z.string(),
  operator: z.string(),
  result: z.enum(["cancelled", "failed", "rejected", "seen"]),
  address: z.string().optional(),
  reason: z.string().optional(),
});
const verdict = z.looseObject({
  kind: z.enum(["known", "disputed", "unavailable"]),
  address: z.string().optional(),
  reason: z.string().optional(),
  for: z.array(z.string()),
  against: z.array(z.string()),
  notes: z.array(z.string()),
  elapsedMs: z.number(),
  observations: z.array(observation).default([]),
});
const decision = z.looseObject({ name: z.string(), type: z.string(), decision: z.string() });
const outcome = z.looseObject({ name: z.string(), kind: z.string(), verification: z.string().nullable() });
const reportSchema = z.looseObject({
  ipv4: verdict.optional(),
  ipv6: verdict.optional(),
  records: z.array(decision).default([]),
  outcomes: z.array(outcome).default([]),
});

/** What `--json` prints. */
export type Report = z.output<typeof reportSchema>;

/** The built program in the home, with a configuration, a store and a cache of its own. */
export class Resident implements Disposable {
  readonly #scratch = new Scratch();
  readonly #argv: readonly string[];
  readonly #env: Readonly<Record<string, string>>;

  constructor(home: Home, settings: Settings) {
    const store = { path: this.#scratch.at("esddns.db") };
    const file = this.#scratch.write("esddns.yaml", JSON.stringify({ store, ...settings }, undefined, 2));
    this.#argv = [...home.inHome, process.execPath, inject("program"), "--config", file];
    this.#env = { ...BARE_ENVIRONMENT, HOME: this.#scratch.folder };
  }

  /** Runs a command to its end. */
  async run(...words: readonly string[]): Promise<Finished> {
    await using child = this.#start(words);
    return await child.finished();
  }

  /** The same with `--json`. */
  async report(...words: readonly string[]): Promise<Report & { readonly status: number | null }> {
    const { status, stdout, stderr } = await this.run(...words, "--json");
    try {
      return { status, ...reportSchema.parse(JSON.parse(stdout)) };
    } catch (error) {
      throw new Error(`${words.join(" ")} ended with ${status}: ${stdout}${stderr}`, { cause: error });
    }
  }

  /** `run`, once its first round is over. */
  async daemon(env?: Readonly<Record<string, string>>): Promise<Daemon> {
    const daemon = new Daemon(this.#start(["run"], env));
    try {
      await daemon.says("Round ended");
      return daemon;
    } catch (error) {
      await daemon[Symbol.asyncDispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }

  #start(words: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
    return new Child([...this.#argv, ...words], { env: { ...this.#env, ...env } });
  }
}

/** The daemon, by what it logs. */
export class Daemon implements AsyncDisposable {
  readonly child: Child;

  constructor(child: Child) {
    this.child = child;
  }

  get log(): readonly Entry[] {
    const complete = this.child.stderr.split("\n").slice(0, -1);
    return complete.filter((line) => line.startsWith("{")).map((line) => entrySchema.parse(JSON.parse(line)));
  }

  /** All entries with this message. */
  entries(message: string): readonly Entry[] {
    return this.log.filter((entry) => entry.message === message);
  }

  /** Waits for an entry; of several that match, the first one from `since` on. */
  says(
    message: string,
    {
      where = () => true,
      since = 0,
      within,
    }: { where?: (entry: Entry) => boolean; since?: number; within?: number } = {},
  ): Promise<Entry> {
    const found = () => this.entries(message).find((entry) => timeOf(entry) >= since && where(entry));
    return this.child.until(`the log to say "${message}"`, found, within);
  }

  /** SIGUSR1, and the round that follows. */
  async roundNow(): Promise<void> {
    const before = this.entries("Round ended").length;
    this.child.signal("SIGUSR1");
    await until("a round", () => this.entries("Round ended").length > before);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child[Symbol.asyncDispose]();
  }
}

/** In milliseconds since 1970. */
export function timeOf({ time }: Entry): number {
  return Date.parse(time);
}

/** A figure for whoever reads the test's output. */
export function tell(what: string, ms: number): void {
  console.log(`${what}: ${Math.round(ms)} ms`);
}
