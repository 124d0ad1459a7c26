import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { atExit } from "./at-exit.ts";
import { pause, until } from "./until.ts";

export interface Exit {
  /** `null` when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A finished program. */
export interface Finished extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildOptions {
  readonly cwd?: string | undefined;
  /** The whole environment; absent: a bare one. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** How long a program gets to end by itself before it is killed. */
const GRACE_MS = 12_000;

/**
 * With it the kernel ends a program when the test process is gone, however that came about: nothing is left
 * running after Ctrl-C, a crash or a time-out.
 */
const SETPRIV = "/usr/bin/setpriv";

/** A program of somebody else or of ours, with everything that it prints. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #forget = atExit(() => this.#process.kill("SIGKILL"));
  readonly command: string;
  /** Resolves when it has ended and its output is complete. */
  readonly exit: Promise<Exit>;
  stdout = "";
  stderr = "";
  /** Once it has ended. */
  ended: Exit | undefined;

  constructor(argv: readonly string[], { cwd, env = BARE_ENVIRONMENT }: ChildOptions = {}) {
    const [command = "", ...words] = boundToUs(argv);
    this.command = argv.map((word) => path.basename(word)).join(" ");
    this.#process = spawn(command, words, { cwd, env, stdio: "pipe" });
    this.#process.stdout.on("data", (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.#process.stderr.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#process.stdin.on("error", () => {});
    this.exit = new Promise((resolve, reject) => {
      this.#process.once("error", reject);
      this.#process.once("close", (status, signal) => {
        this.#forget();
        resolve((this.ended = { status, signal }));
      });
    });
    // Whoever waits for it hears of the failure; nobody has to
    this.exit.catch(() => {});
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error(`Cannot start ${this.command}`);
    return this.#process.pid;
  }

  get stdin(): NodeJS.WritableStream {
    return this.#process.stdin;
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** Closes our end of its standard output, as `| head` does. */
  hangUp(): void {
    this.#process.stdout.destroy();
  }

  async finished(): Promise<Finished> {
    return { ...(await this.exit), stdout: this.stdout, stderr: this.stderr };
  }

  /** Waits for something about it; a program that ends instead fails the test with what it said. */
  until<Value>(
    what: string,
    probe: () => Promise<Value | false | undefined> | Value | false | undefined,
    within?: number,
  ): Promise<Value> {
    const asking = async () => {
      const value = await probe();
      if (this.ended && (value === undefined || value === false)) throw new Error(this.#obituary(what));
      return value;
    };
    return until(what, asking, within).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.#output()}`, { cause: error });
    });
  }

  /** Ends it and waits until it is gone. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> {
    this.signal(signal);
    await Promise.race([this.exit, pause(GRACE_MS)]);
    if (!this.ended) this.signal("SIGKILL");
    return this.exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.ended) await this.stop().catch(() => {});
  }

  #obituary(what: string): string {
    const { status, signal } = this.ended ?? {};
    return `${this.command} ended with ${status ?? signal} before ${what}`;
  }

  #output(): string {
    return `${this.command} said:\n${this.stdout.slice(-4000)}${this.stderr.slice(-8000)}`;
  }
}

/** What a program needs to find others; nothing of the environment of the tests. */
export const BARE_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: `${path.dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`,
  LANG: "C.UTF-8",
};

/** Runs a program to its end. */
export async function run(
  argv: readonly string[],
  options: ChildOptions & { readonly input?: string } = {},
): Promise<Finished> {
  await using child = new Child(argv, options);
  child.stdin.end(options.input ?? "");
  return await child.finished();
}

/** As {@link run}, for programs that have to succeed. @returns what it printed */
export async function runWell(
  argv: readonly string[],
  options: ChildOptions & { readonly input?: string } = {},
): Promise<string> {
  const { status, stdout, stderr } = await run(argv, options);
  if (status !== 0) throw new Error(`${argv.join(" ")} ended with ${status}: ${stdout}${stderr}`);
  return stdout;
}

function boundToUs(argv: readonly string[]): readonly string[] {
  return existsSync(SETPRIV) ? [SETPRIV, "--pdeathsig", "KILL", "--", ...argv] : argv;
}
