import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { ConfigError } from "#core/errors.ts";

/** A snapshot of the process's environment, or a test's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The first of these in a folder wins. */
const NAMES = ["esddns.yaml", "dns.ini"] as const;

/**
 * The configuration file to read: the named one, or the first that exists of the usual places.
 *
 * @returns an absolute path
 * @throws {ConfigError} naming every place looked at
 */
export function locateConfiguration(options: {
  readonly file?: string | undefined;
  readonly cwd: string;
  readonly env: Environment;
}): string {
  const places =
    options.file === undefined
      ? usualFolders(options).flatMap((folder) => NAMES.map((name) => join(folder, name)))
      : [resolve(options.cwd, options.file)];
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  const message = `Cannot find a configuration: there is no ${places.join(", no ")}`;
  const hint =
    options.file === undefined
      ? "write one of them, or name another with --config FILE"
      : "check the path after --config";
  throw new ConfigError(message, [{ path: "", message, hint }], { code: "config-not-found", hint });
}

function usualFolders({ cwd, env }: { readonly cwd: string; readonly env: Environment }): readonly string[] {
  const home = env["XDG_CONFIG_HOME"];
  // A relative path is invalid and to be ignored (XDG Base Directory Specification 0.8)
  const base = home && isAbsolute(home) ? home : join(env["HOME"] ?? homedir(), ".config");
  return [cwd, join(base, "esddns"), "/etc/esddns"];
}
