import { cacheFolder } from "#app/cache-folder.ts";
import { runDaemon } from "#app/daemon.ts";
import { createConfiguredLog } from "#app/log.ts";
import { registries } from "#app/registries.ts";
import type { Command } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";
import { loadConfiguration } from "#config/load.ts";

export const run: Command = {
  options: {},
  hasJson: false,
  positionals: [],
  usage: "esddns run",
  async run({ terminal, configFile }) {
    const { env, cwd, ended } = terminal;
    const load = () => loadConfiguration({ file: configFile, cwd, env, registries });
    const end = await runDaemon(await load(), {
      load,
      createLog: createConfiguredLog,
      cacheFolder: cacheFolder(env),
      ended,
      onReload: (listener) => void process.on("SIGHUP", listener),
      onRoundNow: (listener) => void process.on("SIGUSR1", listener),
    });
    return end === "mismatch" ? EXIT.failed : EXIT.ok;
  },
};
