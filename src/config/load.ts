import { dirname, relative } from "node:path";
import { ConfigError, type ConfigProblem } from "#core/errors.ts";
import { buildConfiguration } from "#config/build.ts";
import type { Configuration } from "#config/configuration.ts";
import { readBounded } from "#config/files.ts";
import { Findings } from "#config/findings.ts";
import { type Environment, locateConfiguration } from "#config/location.ts";
import type { RawConfiguration } from "#config/raw.ts";
import type { OpenService } from "#config/read-service.ts";
import type { Registries } from "#config/registries.ts";

/** A thousand records have some 100 kB. */
const MAX_BYTES = 1024 * 1024;

export interface LoadOptions {
  /** As given with `--config`; absent: the usual places. */
  readonly file?: string | undefined;
  readonly cwd: string;
  readonly env: Environment;
  readonly registries: Registries;
  /** `allowed` by `esddns run --insecure-no-auth` alone. */
  readonly openService?: OpenService | undefined;
}

/** Everything there is to say about a configuration file. */
export interface CheckedConfiguration {
  readonly file: string;
  /** Absent exactly when there are problems. */
  readonly configuration?: Configuration | undefined;
  /** By line. */
  readonly problems: readonly ConfigProblem[];
  /** By line. */
  readonly warnings: readonly ConfigProblem[];
}

/**
 * Finds, reads and validates the configuration, and opens its secrets. Sends nothing.
 *
 * @throws {ConfigError} (rejects) with every problem, not the first alone
 */
export async function loadConfiguration(options: LoadOptions): Promise<Configuration> {
  const { file, configuration, problems } = await checkConfiguration(options);
  if (configuration) return configuration;
  throw unusable(file, problems);
}

/**
 * As {@link loadConfiguration}, for those who want to hear of warnings and problems alike.
 *
 * @throws {ConfigError} (rejects) when there is no file to check
 */
export async function checkConfiguration(options: LoadOptions): Promise<CheckedConfiguration> {
  const { raw, configuration, problems, warnings } = await readConfiguration(options);
  return { file: raw.file, configuration, problems, warnings };
}

export function unusable(file: string, problems: readonly ConfigProblem[]): ConfigError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new ConfigError(`Cannot use the configuration "${file}": it has ${count}`, problems);
}

/** What {@link checkConfiguration} finds, with the file's own data. */
export async function readConfiguration(
  options: LoadOptions,
): Promise<CheckedConfiguration & { readonly raw: RawConfiguration; readonly folder: string }> {
  const path = locateConfiguration(options);
  const file = displayName(path, options.cwd);
  const folder = dirname(path);
  const { raw, problems, warnings } = await parseFile(path, file, options.env);
  if (problems.length > 0) return { file, raw, folder, problems, warnings };
  const findings = new Findings(raw);
  const configuration = buildConfiguration(raw, { ...options, folder }, findings);
  const allWarnings = [...warnings, ...findings.warnings];
  return {
    file,
    raw,
    folder,
    problems: findings.problems,
    warnings: allWarnings,
    ...(configuration ? { configuration: Object.freeze({ ...configuration, warnings: allWarnings }) } : {}),
  };
}

interface ParsedFile {
  readonly raw: RawConfiguration;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

/** The two readers are loaded by those who need them: a YAML file does not pay for INI, nor the reverse. */
async function parseFile(path: string, file: string, env: Environment): Promise<ParsedFile> {
  const text = readText(path, file);
  if (isIni(path, text)) {
    const { parseDnsIni } = await import("#config/dns-ini/dns-ini.ts");
    return parseDnsIni(file, text, env);
  }
  const { parseYaml } = await import("#config/yaml.ts");
  return { ...parseYaml(file, text), warnings: [] };
}

export function readText(path: string, file: string): string {
  const subject = `the configuration "${file}"`;
  const bytes = readBounded(path, subject, MAX_BYTES);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const message = `Cannot read ${subject}: it is no text in UTF-8`;
    throw new ConfigError(message, [{ path: "", message, file }], { code: "not-text" });
  }
}

/** By its name, else by the first line that says something: no YAML of ours starts with a bracket. */
function isIni(path: string, text: string): boolean {
  if (/\.ini\b/i.test(path.slice(path.lastIndexOf("/") + 1))) return true;
  if (/\.(ya?ml|json)$/i.test(path)) return false;
  const first = text.split("\n").find((line) => /^\s*[^\s#;]/.test(line));
  return first !== undefined && /^\s*\[[^\],]+\]\s*$/.test(first);
}

/** Short where it lies below the working folder. */
export function displayName(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === "" || short.startsWith("..") ? path : short;
}
