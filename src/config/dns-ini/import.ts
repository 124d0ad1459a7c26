import { describeProblem } from "#config/findings.ts";
import { parseDnsIni } from "#config/dns-ini/dns-ini.ts";
import { displayName, type LoadOptions, readText, unusable } from "#config/load.ts";
import { type Environment, locateConfiguration } from "#config/location.ts";
import { nearestPlace } from "#config/raw.ts";
import { renderYaml } from "#config/render.ts";

/**
 * The YAML form of the `dns.ini` that the options name, which loads to the same configuration.
 *
 * @throws {ConfigError} (rejects) with every problem
 */
export async function importDnsIni(options: LoadOptions): Promise<string> {
  const path = locateConfiguration(options);
  const file = displayName(path, options.cwd);
  return dnsIniToYaml(readText(path, file), { file, env: options.env });
}

/**
 * Each value carries the line it comes from. Names of environment variables are followed, except for the key:
 * that stays where it is.
 *
 * @throws {ConfigError} with every problem
 */
export function dnsIniToYaml(
  text: string,
  { file, env }: { readonly file: string; readonly env: Environment },
): string {
  const { raw, problems, warnings } = parseDnsIni(file, text, env);
  if (problems.length > 0) throw unusable(file, problems);
  const body = renderYaml(raw.value, (path) => {
    const place = nearestPlace(raw, path);
    if (!place?.name) return undefined;
    const variable = place.env === undefined ? "" : `, the value of $${place.env} at the time`;
    return `${place.name} in line ${place.line}${variable}`;
  });
  const head = [`Imported from ${file}.`, ...warnings.map((warning) => describeProblem(warning))];
  return `${head
    .flatMap((line) => line.split("\n"))
    .map((line) => `# ${line}`)
    .join("\n")}\n${body}`;
}
