import { existsSync } from "node:fs";
import { createPrivately } from "#store/private-file.ts";
import { isBusy, openDatabase } from "#store/sqlite.ts";
import { StoreError } from "#store/store-error.ts";

/** Held until released (twice does no harm), or until the process ends in whatever way. */
export interface Lock {
  /** Whether its file is still the one that others look at. */
  isInPlace(): boolean;
  release(): void;
}

/**
 * Takes the one lock of a store: an open transaction on a database beside it, whose lock the kernel drops with
 * the process. Readers of the store itself are not kept out.
 *
 * @throws {StoreError} code `store-locked` when another process, or this one, has it
 */
export function acquireLock(storePath: string): Lock {
  const path = `${storePath}.lock`;
  createPrivately(path);
  const database = openDatabase(path, 0);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    throw new StoreError(`Cannot use the store "${storePath}": another esddns is running on it`, {
      code: "store-locked",
      hint: `stop the other one first, or give this one a store of its own; the lock is "${path}"`,
      retry: "never",
      cause: error,
    });
  }
  return { isInPlace: () => existsSync(path), release };

  function release(): void {
    if (database.isOpen) database.close();
  }
}
