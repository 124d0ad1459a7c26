import { execFileSync } from "node:child_process";
import path from "node:path";
import { afterAll } from "vitest";
import { BARE_ENVIRONMENT, Child, type ChildOptions, type Finished } from "./child.ts";
import { Scratch } from "./scratch.ts";

const ROOT = path.dirname(import.meta.dirname);

const build = process.env["ESDDNS_E2E"] === "src" ? undefined : new Scratch();
if (build) execFileSync(process.execPath, [path.join(ROOT, "scripts/build.ts"), build.at("dist")]);
afterAll(() => build?.[Symbol.dispose]());

/**
 * What a user runs: built anew from the sources for each test file, which takes a third of a second, and costs a
 * fifth of the processor's time at each start. `ESDDNS_E2E=src` runs the sources themselves.
 */
export const PROGRAM: readonly string[] = [
  process.execPath,
  build ? build.at("dist/esddns.js") : path.join(ROOT, "src/cli/main.ts"),
];

/** Compiled code is kept between the runs of a test file, as it is between those of a user. */
const ENVIRONMENT = { ...BARE_ENVIRONMENT, ...(build ? { XDG_CACHE_HOME: build.at("cache") } : {}) };

export interface ProgramOptions extends ChildOptions {
  readonly input?: string | undefined;
  /** A command that runs the program given behind it, such as `unshare -m`. */
  readonly via?: readonly string[] | undefined;
}

/** Runs one command to its end. Its environment is bare: nobody's home, cache and configuration. */
export async function esddns(words: readonly string[], options: ProgramOptions = {}): Promise<Finished> {
  await using child = startProgram(words, options);
  child.stdin.end(options.input ?? "");
  return await child.finished();
}

export function startProgram(words: readonly string[], { cwd, env, via = [] }: ProgramOptions = {}): Child {
  return new Child([...via, ...PROGRAM, ...words], {
    cwd: cwd ?? ROOT,
    env: { ...ENVIRONMENT, ...env },
  });
}

/** The daemon as a process. */
export class Daemon implements AsyncDisposable {
  readonly child: Child;
  #heard = 0;

  private constructor(child: Child) {
    this.child = child;
  }

  /** Without waiting for anything. */
  static starting(configFile: string, options: ProgramOptions = {}): Daemon {
    return new Daemon(startProgram(["--config", configFile, "run"], options));
  }

  /** Started, with its engine running. */
  static async start(configFile: string, options: ProgramOptions = {}): Promise<Daemon> {
    const daemon = Daemon.starting(configFile, options);
    try {
      await daemon.says("esddns started");
      return daemon;
    } catch (error) {
      await daemon[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Everything that it logged so far. */
  get log(): string {
    return this.child.stderr;
  }

  /** From here on {@link says} looks only at what comes later. */
  forget(): void {
    this.#heard = this.log.length;
  }

  /** Waits for a line, and returns it. */
  says(pattern: RegExp | string, within?: number): Promise<string> {
    return this.child.until(
      `a line with ${String(pattern)}`,
      () => {
        const complete = this.log.slice(this.#heard).split("\n").slice(0, -1);
        return complete.find((line) =>
          typeof pattern === "string" ? line.includes(pattern) : pattern.test(line),
        );
      },
      within,
    );
  }

  signal(name: NodeJS.Signals): void {
    this.child.signal(name);
  }

  stop(signal?: NodeJS.Signals) {
    return this.child.stop(signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child[Symbol.asyncDispose]();
  }
}
