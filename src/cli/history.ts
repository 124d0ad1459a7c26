import { openPast } from "#app/store.ts";
import type { Command } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";
import { loadForCommand } from "#cli/load.ts";
import { ConfigError } from "#core/errors.ts";
import { describeHistory, reportHistory } from "#report/status.ts";

const DEFAULT_LIMIT = "50";

export const history: Command = {
  options: { limit: { type: "string", default: DEFAULT_LIMIT } },
  hasJson: true,
  positionals: [],
  usage: "esddns history [--limit N] [--json]",
  async run(invocation) {
    const { terminal, options, json } = invocation;
    const limit = parseLimit(String(options["limit"]));
    const { configuration, log, clock } = await loadForCommand(invocation);
    const store = await openPast(configuration, { log, clock });
    const entries = store.history(limit);
    store.close();
    if (json) terminal.out(`${JSON.stringify(entries.map(reportHistory), null, 2)}\n`);
    else if (entries.length === 0) terminal.out("Nothing was changed yet\n");
    else terminal.out(`${entries.map(describeHistory).join("\n")}\n`);
    return EXIT.ok;
  },
};

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new ConfigError(`Cannot use --limit "${text}": expected a whole number from 1 on`, []);
}
