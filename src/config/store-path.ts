import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Environment } from "#config/location.ts";

const NAME = "esddns.db";

/** Where the store lives, and which variable said so. */
export interface StorePath {
  /** Absolute. */
  readonly path: string;
  readonly env?: "STATE_DIRECTORY" | "XDG_STATE_HOME" | undefined;
}

/**
 * The configured path, or the usual place: the unit's own folder under systemd, `/var/lib` for root, the
 * user's state folder for anybody else.
 */
export function storePath(
  configured: string | undefined,
  { env, folder }: { readonly env: Environment; readonly folder: string },
  isRoot = process.getuid?.() === 0,
): StorePath {
  if (configured !== undefined)
    return { path: isAbsolute(configured) ? configured : join(folder, configured) };
  // Several are separated by colons (systemd.exec(5), StateDirectory); the first is the unit's own
  const [state] = (env["STATE_DIRECTORY"] ?? "").split(":");
  if (state && isAbsolute(state)) return { path: join(state, NAME), env: "STATE_DIRECTORY" };
  if (isRoot) return { path: join("/var/lib/esddns", NAME) };
  const home = env["XDG_STATE_HOME"];
  if (home && isAbsolute(home)) return { path: join(home, "esddns", NAME), env: "XDG_STATE_HOME" };
  return { path: join(env["HOME"] ?? homedir(), ".local/state/esddns", NAME) };
}
