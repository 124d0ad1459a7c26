import { parseArguments, splitCommand } from "#cli/arguments.ts";
import type { Terminal } from "#cli/command.ts";
import { COMMANDS, helpPage } from "#cli/commands.ts";
import { EXIT, type ExitCode } from "#cli/exit.ts";
import { processTerminal } from "#cli/terminal.ts";
import { ConfigError, describeError, EsddnsError } from "#core/errors.ts";
import { VERSION } from "#core/version.ts";

// When nothing is left to do, and not before. Node 24 may wait for ever, at full speed, for connections that were given
// up a moment ago when it takes its environment apart; `exit` leaves that to the system
process.once("beforeExit", () => process.exit());

void main(process.argv.slice(2), processTerminal()).then((code) => (process.exitCode = code));

async function main(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { name, rest } = splitCommand(words);
  if (rest.includes("--version")) return print(terminal, `esddns ${VERSION}\n`);
  if (name === undefined) {
    if (rest.includes("--help") || rest.includes("-h")) return print(terminal, helpPage());
    terminal.err(helpPage());
    return EXIT.badConfiguration;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!entry) {
    const known = Object.keys(COMMANDS).join(", ");
    terminal.err(`Cannot run "${name}": there is no such command, expected one of ${known}\n`);
    return EXIT.badConfiguration;
  }
  try {
    const command = await entry.load();
    const invocation = parseArguments(command, rest);
    if (invocation.options["help"]) return print(terminal, `Usage: ${command.usage}\n\n${entry.summary}\n`);
    return await command.run({ ...invocation, terminal });
  } catch (error) {
    return await reportFailure(terminal, error);
  }
}

async function reportFailure({ err }: Terminal, error: unknown): Promise<ExitCode> {
  if (error instanceof ConfigError) {
    const { describeProblem } = await import("#config/findings.ts");
    const { problems } = error;
    err(`${problems.length > 0 ? problems.map(describeProblem).join("\n") : describeError(error)}\n`);
    return EXIT.badConfiguration;
  }
  if (error instanceof EsddnsError) {
    err(`${describeError(error)}\n`);
    return EXIT.failed;
  }
  const stack = error instanceof Error ? error.stack : String(error);
  err(`This is a bug in esddns, please report it: ${stack}\n`);
  return EXIT.failed;
}

function print({ out }: Terminal, text: string): ExitCode {
  out(text);
  return EXIT.ok;
}
