import type { ParseArgsOptionsConfig } from "node:util";
import type { ExitCode } from "#cli/exit.ts";

/** The process as a command sees it; nothing else of it is touched. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Results only: with `--json` exactly one JSON document. */
  readonly out: (text: string) => void;
  /** Everything that is not a result. */
  readonly err: (text: string) => void;
  /** Standard output, for what draws on it. */
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly isInteractive: boolean;
  /** Aborted by SIGINT and SIGTERM. */
  readonly ended: AbortSignal;
}

export interface Invocation {
  readonly terminal: Terminal;
  readonly options: Readonly<Record<string, boolean | string | undefined>>;
  readonly positionals: readonly string[];
  /** `--config FILE`. */
  readonly configFile: string | undefined;
  readonly json: boolean;
}

export interface Command {
  /** Beside the global ones. */
  readonly options: ParseArgsOptionsConfig;
  /** Whether it prints a result that `--json` can give as JSON. */
  readonly hasJson: boolean;
  /** Names of the positional arguments, `?` at the end of an optional one. */
  readonly positionals: readonly string[];
  readonly usage: string;
  run(invocation: Invocation): Promise<ExitCode>;
}
