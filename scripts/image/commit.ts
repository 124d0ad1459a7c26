import path from "node:path";
import { runProgram } from "./program.ts";

const ROOT = path.dirname(path.dirname(import.meta.dirname));

/** What an image is made from. */
export interface Commit {
  /** Its hash; `-dirty` behind it when the files are others. */
  readonly revision: string;
  /** When it was made, to the second: the date of everything in the image. */
  readonly date: Date;
}

/**
 * The commit that is checked out. Where there is no repository (in a container that builds) the variables REVISION and
 * SOURCE_DATE_EPOCH say it.
 *
 * @see https://reproducible-builds.org/specs/source-date-epoch/
 */
export function currentCommit(env: Readonly<Record<string, string | undefined>> = process.env): Commit {
  const revision = env["REVISION"] || `${git("rev-parse", "HEAD")}${isDirty() ? "-dirty" : ""}`;
  const seconds = Number(env["SOURCE_DATE_EPOCH"] || git("log", "-1", "--format=%ct"));
  if (Number.isSafeInteger(seconds)) return { revision, date: new Date(seconds * 1000) };
  throw new Error(
    `Cannot use SOURCE_DATE_EPOCH: it is "${env["SOURCE_DATE_EPOCH"]}", expected seconds since 1970`,
  );
}

function isDirty(): boolean {
  return git("status", "--porcelain") !== "";
}

function git(...words: readonly string[]): string {
  const hint = "set REVISION and SOURCE_DATE_EPOCH where there is no repository";
  return runProgram("git", words, { cwd: ROOT, hint }).toString().trim();
}
