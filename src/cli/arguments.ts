import { parseArgs } from "node:util";
import type { Command, Invocation } from "#cli/command.ts";
import { ConfigError } from "#core/errors.ts";

const GLOBAL_OPTIONS = {
  config: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

/** The command is the first word that is neither an option nor the value of `--config`. */
export function splitCommand(words: readonly string[]): {
  readonly name: string | undefined;
  readonly rest: readonly string[];
} {
  const index = words.findIndex((word, at) => !word.startsWith("-") && words[at - 1] !== "--config");
  return index < 0
    ? { name: undefined, rest: words }
    : { name: words[index], rest: words.toSpliced(index, 1) };
}

/**
 * @param rest the command line without the command
 * @throws {ConfigError} code `usage`, when the command cannot be run like this
 */
export function parseArguments(command: Command, rest: readonly string[]): Omit<Invocation, "terminal"> {
  const { values, positionals } = parse(command, rest);
  const options: Record<string, boolean | string | undefined> = {};
  for (const [key, value] of Object.entries(values)) {
    if (typeof value === "string" || typeof value === "boolean") options[key] = value;
  }
  const { config, json, help } = options;
  if (json === true && !command.hasJson)
    throw usage(command, "Cannot give JSON: this command prints no result");
  const required = command.positionals.filter((positional) => !positional.endsWith("?")).length;
  if (!help && (positionals.length < required || positionals.length > command.positionals.length)) {
    throw usage(command, wrongNumber(positionals, command));
  }
  return {
    options,
    positionals,
    json: json === true,
    configFile: typeof config === "string" ? config : undefined,
  };
}

function wrongNumber(given: readonly string[], { positionals }: Command): string {
  const surplus = given[positionals.length];
  if (surplus !== undefined) return `Cannot use the word "${surplus}": there is nothing that it could be`;
  return `Cannot run: a word is missing, expected ${positionals[given.length]}`;
}

function parse(command: Command, rest: readonly string[]) {
  try {
    const options = { ...GLOBAL_OPTIONS, ...command.options };
    return parseArgs({ args: [...rest], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw usage(command, error instanceof Error ? error.message : String(error));
  }
}

function usage(command: Command, message: string): ConfigError {
  return new ConfigError(`${message}\nUsage: ${command.usage}`, [], { code: "usage" });
}
