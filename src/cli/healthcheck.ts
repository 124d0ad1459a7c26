import { setTimeout as sleep } from "node:timers/promises";
import { registries } from "#app/registries.ts";
import type { Command, Invocation } from "#cli/command.ts";
import { EXIT } from "#cli/exit.ts";
import { askHealth, type HealthTarget } from "#cli/health-request.ts";
import { targetOfUrl, targetsOf } from "#cli/health-target.ts";
import { loadConfiguration } from "#config/load.ts";
import { DEFAULT_PORT } from "#config/service-section.ts";
import { parseDuration } from "#core/duration.ts";
import { ConfigError, describeError, TransportError } from "#core/errors.ts";

/** For containers, in which there is no curl. */
export const healthcheck: Command = {
  options: { url: { type: "string" }, wait: { type: "string", default: "0s" } },
  hasJson: false,
  positionals: [],
  usage: "esddns healthcheck [--url URL] [--wait DURATION]",
  async run(invocation) {
    const { terminal, options } = invocation;
    const url = options["url"];
    const wait = parseWait(options["wait"]);
    const targets = typeof url === "string" ? [targetOfUrl(url)] : await configuredTargets(invocation);
    const { name, status, text } = await askUntil(performance.now() + wait, [...targets]);
    const said = text.split("\n", 1)[0]?.slice(0, 100) ?? "";
    if (status === 200) terminal.out(`Live: ${name}\n`);
    else terminal.err(`Not live: ${name} says ${status} ${said}\n`);
    return status === 200 ? EXIT.ok : EXIT.failed;
  },
};

/** Asks again every second until it is live: what has just been started may need a moment. */
async function askUntil(end: number, targets: readonly HealthTarget[]): Promise<Answer> {
  for (;;) {
    const isLast = performance.now() + AGAIN > end;
    try {
      const answer = await askFirst(targets);
      if (answer.status === 200 || isLast) return answer;
    } catch (error) {
      if (isLast || !(error instanceof TransportError)) throw error;
    }
    await sleep(AGAIN);
  }
}

const AGAIN = 1000;

function parseWait(text: unknown): number {
  const wait = parseDuration(String(text));
  if (wait !== undefined) return wait;
  throw new ConfigError(`Cannot use --wait "${String(text)}": expected a duration, e.g. 30s`, []);
}

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
