import { cacheFolder } from "#app/cache-folder.ts";
import { examine } from "#app/doctor.ts";
import type { Command } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";
import { loadForCommand } from "#cli/load.ts";

const SIGNS = { ok: "ok  ", warning: "warn", problem: "BAD " } as const;

export const doctor: Command = {
  options: {},
  hasJson: true,
  positionals: [],
  usage: "esddns doctor [--json]",
  async run(invocation) {
    const { terminal, json } = invocation;
    const { configuration, log } = await loadForCommand(invocation);
    const findings = await examine(
      configuration,
      { log, cacheFolder: cacheFolder(terminal.env) },
      terminal.ended,
    );
    if (json) terminal.out(`${JSON.stringify({ findings }, null, 2)}\n`);
    else {
      const lines = findings.map(({ result, subject, words }) => `${SIGNS[result]} ${subject}: ${words}`);
      terminal.out(`${lines.join("\n")}\n`);
    }
    return findings.some(({ result }) => result === "problem") ? EXIT.failed : EXIT.ok;
  },
};
