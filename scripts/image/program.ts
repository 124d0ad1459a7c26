import { spawnSync } from "node:child_process";

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: Buffer;
  /** What to do when it fails. */
  readonly hint?: string;
}

const LARGEST_OUTPUT = 512 * 1024 * 1024;

/** Runs a program to its end. @returns what it printed */
export function runProgram(
  command: string,
  arguments_: readonly string[],
  { cwd, env = process.env, input, hint }: ProgramOptions = {},
): Buffer {
  const { error, status, stdout, stderr } = spawnSync(command, arguments_, {
    cwd,
    env,
    input: input ?? "",
    maxBuffer: LARGEST_OUTPUT,
  });
  if (!error && status === 0) return stdout;
  const reason = error ? error.message : `it ended with ${status}: ${stderr.toString().trim().slice(-2000)}`;
  throw new Error(`Cannot run ${[command, ...arguments_].join(" ")}: ${reason}${hint ? ` (${hint})` : ""}`);
}
