import type { Command } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";
import { runOneRound } from "#cli/one-round.ts";
import { changesOf } from "#core/plan.ts";
import { describeDecision, reportPlan } from "#report/plan.ts";

export const plan: Command = {
  options: { "exit-code": { type: "boolean" } },
  hasJson: true,
  positionals: [],
  usage: "esddns plan [--exit-code] [--json]",
  async run(invocation) {
    const { terminal, options, json } = invocation;
    const { summary, verdictsJson, verdictLines } = await runOneRound(invocation, { dryRun: true });
    if (json)
      terminal.out(`${JSON.stringify({ ...verdictsJson, records: reportPlan(summary.plan) }, null, 2)}\n`);
    else terminal.out(`${[...verdictLines, ...summary.plan.map(describeDecision)].join("\n")}\n`);
    const isPending = changesOf(summary.plan).length > 0;
    return options["exit-code"] && isPending ? EXIT.pending : EXIT.ok;
  },
};
