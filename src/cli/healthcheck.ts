import { registries } from "#app/registries.ts";
import type { Command, Invocation } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";
import { askHealth, type HealthTarget } from "#cli/health-request.ts";
import { targetOfUrl, targetsOf } from "#cli/health-target.ts";
import { loadConfiguration } from "#config/load.ts";
import { DEFAULT_PORT } from "#config/service-section.ts";
import { ConfigError, describeError, TransportError } from "#core/errors.ts";

/** For containers, in which there is no curl. */
export const healthcheck: Command = {
  options: { url: { type: "string" } },
  hasJson: false,
  positionals: [],
  usage: "esddns healthcheck [--url URL]",
  async run(invocation) {
    const { terminal, options } = invocation;
    const url = options["url"];
    const targets = typeof url === "string" ? [targetOfUrl(url)] : await configuredTargets(invocation);
    const { name, status, text } = await askFirst(targets);
    const said = text.split("\n", 1)[0]?.slice(0, 100) ?? "";
    if (status === 200) terminal.out(`Live: ${name}\n`);
    else terminal.err(`Not live: ${name} says ${status} ${said}\n`);
    return status === 200 ? EXIT.ok : EXIT.failed;
  },
};

type Answer = Awaited<ReturnType<typeof askHealth>> & Pick<HealthTarget, "name">;

/**
 * The first one that answers.
 *
 * @throws {TransportError} (rejects) of the first, when none does
 */
async function askFirst(targets: Iterable<HealthTarget>): Promise<Answer> {
  let silent: TransportError | undefined;
  for (const target of targets) {
    try {
      return { name: target.name, ...(await askHealth(target)) };
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      silent ??= error;
    }
  }
  throw silent ?? new TypeError("There was nobody to ask");
}

async function configuredTargets({ configFile, terminal }: Invocation): Promise<Iterable<HealthTarget>> {
  const { cwd, env, err } = terminal;
  const settings = await loadConfiguration({ file: configFile, cwd, env, registries }).then(
    ({ service }) => service,
    (error: unknown) => {
      if (!(error instanceof ConfigError)) throw error;
      // The daemon goes on with what it had before somebody broke the file: no reason to end it
      err(`${describeError(error)}; asking at the default address\n`);
      return DEFAULT;
    },
  );
  if (settings) return targetsOf(settings);
  const message = "Cannot ask the daemon: the configuration says `service: false`, expected a service";
  throw new ConfigError(message, []);
}

const DEFAULT = { listen: { kind: "tcp", host: "127.0.0.1", port: DEFAULT_PORT } } as const;
