import { registries } from "#app/registries.ts";
import type { Command, Invocation } from "#cli/command.ts";
import { EXIT, type ExitCode } from "#cli/exit.ts";
import { describeProblem } from "#config/findings.ts";
import type { LoadOptions } from "#config/load.ts";

const ACTIONS = { check, print, schema, import: importFile } as const;

export const config: Command = {
  options: {},
  hasJson: true,
  positionals: ["check|print|schema|import", "FILE?"],
  usage: "esddns config check|print|schema|import [FILE] [--json]",
  async run(invocation) {
    const [action = "", file] = invocation.positionals;
    if (isAction(action)) return ACTIONS[action](invocation, file ?? invocation.configFile);
    invocation.terminal.err(`Cannot do "${action}": expected one of ${Object.keys(ACTIONS).join(", ")}\n`);
    return EXIT.badConfiguration;
  },
};

async function check({ terminal, json }: Invocation, file: string | undefined): Promise<ExitCode> {
  const { checkConfiguration } = await import("#config/load.ts");
  const checked = await checkConfiguration({ ...loadOptions(terminal, file), openService: "refused" });
  const { problems, warnings } = checked;
  if (json) terminal.out(`${JSON.stringify({ file: checked.file, problems, warnings }, null, 2)}\n`);
  else {
    for (const problem of problems) terminal.err(`${describeProblem(problem)}\n`);
    for (const warning of warnings) terminal.err(`warning: ${describeProblem(warning)}\n`);
    if (problems.length === 0) terminal.out(`${checked.file} is fine\n`);
  }
  return problems.length === 0 ? EXIT.ok : EXIT.badConfiguration;
}

async function print({ terminal, json }: Invocation, file: string | undefined): Promise<ExitCode> {
  const { printConfiguration } = await import("#config/print.ts");
  terminal.out(await printConfiguration(loadOptions(terminal, file), { format: json ? "json" : "yaml" }));
  return EXIT.ok;
}

async function schema({ terminal }: Invocation): Promise<ExitCode> {
  const { configurationSchema } = await import("#config/json-schema.ts");
  terminal.out(`${JSON.stringify(configurationSchema(registries), null, 2)}\n`);
  return EXIT.ok;
}

async function importFile({ terminal }: Invocation, file: string | undefined): Promise<ExitCode> {
  if (file === undefined) {
    terminal.err("Cannot import: no file was named, expected e.g. esddns config import dns.ini\n");
    return EXIT.badConfiguration;
  }
  const { importDnsIni } = await import("#config/dns-ini/import.ts");
  terminal.out(await importDnsIni(loadOptions(terminal, file)));
  return EXIT.ok;
}

function loadOptions({ cwd, env }: Invocation["terminal"], file: string | undefined): LoadOptions {
  return { cwd, env, file, registries };
}

function isAction(word: string): word is keyof typeof ACTIONS {
  return Object.hasOwn(ACTIONS, word);
}
