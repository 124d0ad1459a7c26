#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { parseArgs } from "node:util";
import { type Command, type Invocation, type Terminal } from "#cli/command.ts";
import { EXIT, type ExitCode } from "#cli/exit.ts";
import { ConfigError, describeError, EsddnsError } from "#core/errors.ts";

/** Every command with its one line of help; each is read from disk only when it runs. */
const COMMANDS: Readonly<Record<string, { readonly summary: string; load(): Promise<Command> }>> = {
  detect: {
    summary: "find the public address once; no DNS",
    load: async () => (await import("#cli/detect.ts")).detect,
  },
  plan: {
    summary: "show what would change and why; touches nothing",
    load: async () => (await import("#cli/plan.ts")).plan,
  },
  sync: {
    summary: "one full round: find, decide, write what follows",
    load: async () => (await import("#cli/sync.ts")).sync,
  },
  run: { summary: "the daemon", load: async () => (await import("#cli/run.ts")).run },
  status: {
    summary: "what is believed and since when",
    load: async () => (await import("#cli/status.ts")).status,
  },
  history: { summary: "what was changed", load: async () => (await import("#cli/history.ts")).history },
  config: {
    summary: "check, print, schema, import",
    load: async () => (await import("#cli/config.ts")).config,
  },
  doctor: {
    summary: "what works, what does not, and what to do",
    load: async () => (await import("#cli/doctor.ts")).doctor,
  },
  lab: {
    summary: "a world on loopback whose public address you can move",
    load: async () => (await import("#cli/lab.ts")).lab,
  },
  demo: {
    summary: "the lab and the daemon together, live",
    load: async () => (await import("#cli/demo.ts")).demo,
  },
};

const GLOBAL_OPTIONS = {
  config: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

// Compiled code is kept between runs where the system lets us: a third of a cold start
enableCompileCache();
process.exitCode = await main(process.argv.slice(2), terminal());

async function main(arguments_: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { name, rest } = splitCommand(arguments_);
  if (rest.includes("--version")) return print(terminal, await version());
  if (name === undefined) {
    if (rest.includes("--help") || rest.includes("-h")) return print(terminal, help());
    terminal.err(help());
    return EXIT.badConfiguration;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!entry)
    return usageError(
      terminal,
      `Cannot run "${name}": there is no such command, expected one of ${Object.keys(COMMANDS).join(", ")}`,
    );
  const command = await entry.load();
  const parsed = parse(command, rest);
  if (typeof parsed === "string") return usageError(terminal, `${parsed}\nUsage: ${command.usage}`);
  if (parsed.options["help"]) return print(terminal, `Usage: ${command.usage}\n\n${entry.summary}\n`);
  try {
    return await command.run({ ...parsed, terminal });
  } catch (error) {
    return reportFailure(terminal, error);
  }
}

/** The command is the first word that is neither an option nor the value of `--config`. */
function splitCommand(arguments_: readonly string[]): { name: string | undefined; rest: string[] } {
  const index = arguments_.findIndex(
    (word, at) => !word.startsWith("-") && arguments_[at - 1] !== "--config",
  );
  if (index < 0) return { name: undefined, rest: [...arguments_] };
  return { name: arguments_[index], rest: arguments_.toSpliced(index, 1) };
}

function parse(command: Command, rest: string[]): Omit<Invocation, "terminal"> | string {
  try {
    const { values, positionals } = parseArgs({
      args: rest,
      options: { ...GLOBAL_OPTIONS, ...command.options },
      allowPositionals: true,
      strict: true,
    });
    const options: Record<string, boolean | string | undefined> = {};
    for (const [key, value] of Object.entries(values)) {
      if (typeof value === "string" || typeof value === "boolean") options[key] = value;
    }
    const json = options["json"] === true;
    const configFile = typeof options["config"] === "string" ? options["config"] : undefined;
    if (json && !command.hasJson) return "Cannot give JSON: this command prints no result";
    const required = command.positionals.filter((positional) => !positional.endsWith("?")).length;
    if (
      !options["help"] &&
      (positionals.length < required || positionals.length > command.positionals.length)
    ) {
      return `Cannot use ${positionals.length} arguments: expected ${command.positionals.join(" ") || "none"}`;
    }
    return { options, positionals, json, configFile };
  } catch (error) {
    return describeError(error);
  }
}

function reportFailure(terminal: Terminal, error: unknown): ExitCode {
  if (error instanceof ConfigError) {
    terminal.err(`${describeProblems(error)}\n`);
    return EXIT.badConfiguration;
  }
  if (error instanceof EsddnsError) {
    terminal.err(`${describeError(error)}\n`);
    return EXIT.failed;
  }
  terminal.err(
    `This is a bug in esddns, please report it: ${error instanceof Error ? error.stack : String(error)}\n`,
  );
  return EXIT.failed;
}

function describeProblems({ message, hint, problems }: ConfigError): string {
  if (problems.length === 0) return hint ? `${message} (${hint})` : message;
  return problems
    .map((problem) => {
      const place = [problem.file, problem.line, problem.column]
        .filter((part) => part !== undefined)
        .join(":");
      return `${place ? `${place}: ` : ""}${problem.message}${problem.hint ? ` (${problem.hint})` : ""}`;
    })
    .join("\n");
}

function usageError(terminal: Terminal, message: string): ExitCode {
  terminal.err(`${message}\n`);
  return EXIT.badConfiguration;
}

function print(terminal: Terminal, text: string): ExitCode {
  terminal.out(text);
  return EXIT.ok;
}

function help(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: esddns [--config FILE] COMMAND [--json] [--help]\n\nCommands:\n${lines.join("\n")}\n`;
}

async function version(): Promise<string> {
  const { VERSION } = await import("#core/version.ts");
  return `esddns ${VERSION}\n`;
}

function terminal(): Terminal {
  const ended = new AbortController();
  const end = () => ended.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  // A reader that went away (| head) is no failure of ours
  process.stdout.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.failed),
  );
  return {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    stdout: process.stdout,
    stdin: process.stdin,
    isInteractive: process.stdout.isTTY && process.stdin.isTTY,
    ended: ended.signal,
  };
}
