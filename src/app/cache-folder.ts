import path from "node:path";

/**
 * Where what can be fetched or computed again is kept: systemd's `CACHE_DIRECTORY`, else the user's own cache
 * folder. Never a shared temporary folder: whoever can write there decides what we read.
 *
 * @returns `undefined` when there is no such folder
 */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { CACHE_DIRECTORY, XDG_CACHE_HOME, HOME } = env;
  if (CACHE_DIRECTORY) return CACHE_DIRECTORY;
  if (XDG_CACHE_HOME && path.isAbsolute(XDG_CACHE_HOME)) return path.join(XDG_CACHE_HOME, "esddns");
  return HOME ? path.join(HOME, ".cache", "esddns") : undefined;
}
