import { openPast } from "#app/store.ts";
import type { Command } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";
import { loadForCommand } from "#cli/load.ts";
import { familyOf, recordId } from "#core/record.ts";
import { rawState } from "#report/raw-state.ts";
import { describeStatus, reportStatus } from "#report/status.ts";

export const status: Command = {
  options: { raw: { type: "boolean" } },
  hasJson: true,
  positionals: [],
  usage: "esddns status [--raw] [--json]",
  async run(invocation) {
    const { terminal, options, json } = invocation;
    const { configuration, log, clock } = await loadForCommand(invocation);
    const store = await openPast(configuration, { log, clock });
    const [beliefs, published] = [store.beliefs(), store.published()];
    store.close();
    const [first] = configuration.records;
    if (options["raw"] && first) {
      const state = rawState(first, beliefs.get(familyOf(first.type)), published.get(recordId(first)));
      terminal.out(`${JSON.stringify(state)}\n`);
    } else if (json) {
      terminal.out(`${JSON.stringify(reportStatus(configuration.records, beliefs, published), null, 2)}\n`);
    } else {
      terminal.out(`${describeStatus(configuration.records, beliefs, published).join("\n")}\n`);
    }
    return EXIT.ok;
  },
};
