import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** Makes sure that the file is there, for its owner alone; SQLite gives its side files the mode of the main one. */
export function createPrivately(path: string): void {
  createFolder(dirname(path));
  closeSync(openSync(path, "a", 0o600));
}

/** Not the `recursive` of `mkdirSync`: Node 24 never comes back from it where nothing can be created, as in /proc. */
function createFolder(path: string): void {
  if (existsSync(path)) return;
  createFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}
