import { existsSync, mkdirSync, statSync } from "node:fs";
import path from "node:path";

/**
 * Where what can be fetched or computed again is kept: systemd's `CACHE_DIRECTORY`, else the user's own cache
 * folder. Made for us alone where it is missing. Never one that somebody else owns or may write to (a shared
 * temporary folder, root with another user's HOME): whoever can write there decides what we read and, by the compiled
 * code in it, what we do.
 *
 * @returns `undefined` when there is no such folder
 */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const folder = folderFor(env);
  return folder !== undefined && isOursAlone(folder) ? folder : undefined;
}

function folderFor({
  CACHE_DIRECTORY,
  XDG_CACHE_HOME,
  HOME,
}: Readonly<Record<string, string | undefined>>): string | undefined {
  if (CACHE_DIRECTORY) return CACHE_DIRECTORY;
  if (XDG_CACHE_HOME && path.isAbsolute(XDG_CACHE_HOME)) return path.join(XDG_CACHE_HOME, "esddns");
  return HOME && path.isAbsolute(HOME) ? path.join(HOME, ".cache", "esddns") : undefined;
}

function isOursAlone(folder: string): boolean {
  try {
    createFolder(folder);
    const { mode, uid } = statSync(folder);
    return uid === process.geteuid?.() && (mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/** Not the `recursive` of `mkdirSync`: Node 24 never comes back from it where nothing can be created, as in /proc. */
function createFolder(folder: string): void {
  if (existsSync(folder)) return;
  createFolder(path.dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}
