import type * as sqlite from "node:sqlite";

/** SQLite's result codes (https://sqlite.org/rescode.html), the low byte. */
const RESULT = { busy: 5, locked: 6, corrupt: 11, notDatabase: 26 } as const;
/** How long a statement waits for another process. */
const BUSY_TIMEOUT = 2000;

/** Opens a database file, or creates it. Loads SQLite with the first call. */
export function openDatabase(path: string, timeout = BUSY_TIMEOUT): sqlite.DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  return new DatabaseSync(path, { timeout });
}

/** Whether the file itself is the problem: it is no database, or its structure is broken. */
export function isDamage(error: unknown): boolean {
  return error instanceof DamagedDatabase || hasResult(error, [RESULT.corrupt, RESULT.notDatabase]);
}

export function isBusy(error: unknown): boolean {
  return hasResult(error, [RESULT.busy, RESULT.locked]);
}

/** A check of ours found what SQLite did not complain about. */
export class DamagedDatabase extends Error {}

/** The file is no longer at its path: what is written goes nowhere, and SQLite does not say so. */
export class DatabaseGone extends Error {}

function hasResult(error: unknown, codes: readonly number[]): boolean {
  if (!(error instanceof Error && "errcode" in error && typeof error.errcode === "number")) return false;
  return codes.includes(error.errcode & 0xff);
}

/** Earlier releases of Node 24 warn that SQLite is experimental: that, and nothing else, is kept quiet. */
function loadSqlite(): typeof sqlite {
  const original = Object.getOwnPropertyDescriptor(process, "emitWarning") ?? {};
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = (warning: string | Error, ...rest: never[]) => {
    if (!String(warning).includes("SQLite is an experimental feature")) emitWarning(warning, ...rest);
  };
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    Object.defineProperty(process, "emitWarning", original);
  }
}
