import { cacheFolder } from "#app/cache-folder.ts";
import { findCluster } from "#app/cluster.ts";
import { runDaemon } from "#app/daemon.ts";
import { createConfiguredLog } from "#app/log.ts";
import { registries } from "#app/registries.ts";
import type { Command } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";
import { checkConfiguration } from "#config/load.ts";
import { loadWithOrigins } from "#config/print.ts";
import { createClock } from "#platform/clock.ts";
import { createFiles } from "#platform/files.ts";
import { createCollector, keepTidy } from "#platform/garbage.ts";

/** The daemon in a pod: one of them leads, the others follow (docs/kubernetes/README.md). */
export const operator: Command = {
  options: { "insecure-no-auth": { type: "boolean" } },
  hasJson: false,
  positionals: [],
  usage: "esddns operator [--insecure-no-auth]",
  async run({ terminal, configFile, options }) {
    const { env, cwd, ended } = terminal;
    const isInsecure = options["insecure-no-auth"] === true;
    const openService = isInsecure ? "allowed" : "refused";
    const source = { file: configFile, cwd, env, registries, openService } as const;
    const cluster = await findCluster(env, createFiles());
    const running = new AbortController();
    void keepTidy(createCollector(), createClock(), running.signal);
    const end = await runDaemon({
      load: () => loadWithOrigins(source),
      check: () => checkConfiguration(source),
      isInsecure,
      createLog: createConfiguredLog,
      cacheFolder: cacheFolder(env),
      cluster,
      ended,
      onReload: (listener) => void process.on("SIGHUP", listener),
      onRoundNow: (listener) => void process.on("SIGUSR1", listener),
    }).finally(() => running.abort());
    return end === "mismatch" ? EXIT.failed : EXIT.ok;
  },
};
