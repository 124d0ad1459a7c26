import { cacheFolder } from "#app/cache-folder.ts";
import type { ClusterPlace } from "#app/cluster.ts";
import { runDaemon } from "#app/daemon.ts";
import { createConfiguredLog } from "#app/log.ts";
import { registries } from "#app/registries.ts";
import type { Command } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";
import { checkConfiguration } from "#config/load.ts";
import type { Environment } from "#config/location.ts";
import { loadWithOrigins } from "#config/print.ts";

/** What a daemon runs in. */
export interface Surroundings {
  readonly cluster?: ClusterPlace;
  /** It runs no more. */
  readonly leave?: () => void;
}

/** `run` and `operator`: a daemon until a signal ends it. */
export function daemonCommand(
  name: "operator" | "run",
  enter: (env: Environment) => Promise<Surroundings>,
): Command {
  return {
    options: { "insecure-no-auth": { type: "boolean" } },
    hasJson: false,
    positionals: [],
    usage: `esddns ${name} [--insecure-no-auth]`,
    async run({ terminal, configFile, options }) {
      const { env, cwd, ended } = terminal;
      const isInsecure = options["insecure-no-auth"] === true;
      const openService = isInsecure ? "allowed" : "refused";
      const source = { file: configFile, cwd, env, registries, openService } as const;
      const { cluster, leave } = await enter(env);
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
      }).finally(leave);
      return end === "mismatch" ? EXIT.failed : EXIT.ok;
    },
  };
}
