import { registries } from "#app/registries.ts";
import type { Invocation } from "#cli/command.ts";
import type { Configuration } from "#config/configuration.ts";
import { describeProblem } from "#config/findings.ts";
import { loadConfiguration } from "#config/load.ts";
import type { Clock, Log } from "#core/ports.ts";
import { createClock } from "#platform/clock.ts";
import { createLog } from "#platform/log.ts";

/**
 * The configuration with its log, for commands that print a result: warnings and errors go to standard error,
 * `info` only when the configuration asks for `debug`.
 *
 * @throws {ConfigError} (rejects) before anything was sent
 */
export async function loadForCommand({
  terminal,
  configFile,
}: Invocation): Promise<{ readonly configuration: Configuration; readonly log: Log; readonly clock: Clock }> {
  const { env, cwd } = terminal;
  const configuration = await loadConfiguration({ file: configFile, cwd, env, registries });
  const level = configuration.log.level === "debug" ? "debug" : "warn";
  const log = await createLog({ format: configuration.log.format, level });
  for (const warning of configuration.warnings) log.warn(describeProblem(warning));
  return { configuration, log, clock: createClock() };
}
