import { existsSync, renameSync } from "node:fs";
import type { Clock, Log } from "#core/ports.ts";
import { DurableStore } from "#store/durable-store.ts";
import { acquireLock, type Lock } from "#store/lock.ts";
import { STORE_LIMITS, type StoreLimits } from "#store/limits.ts";
import { isDamage } from "#store/sqlite.ts";
import { SqliteStore } from "#store/sqlite-store.ts";

export interface StoreOptions {
  readonly path: string;
  readonly log: Log;
  readonly clock: Pick<Clock, "date" | "now">;
  /** For the daemon: no other daemon may use the same store. Commands open it without. */
  readonly exclusive?: boolean | undefined;
  readonly limits?: Partial<StoreLimits> | undefined;
}

/**
 * Opens the store, or creates it. What is wrong with the disk never stops the caller: it is logged once, the
 * store then lives in memory, and the disk is tried again now and then.
 *
 * A damaged file is set aside as `<path>.damaged-<time>`.
 *
 * @throws {StoreError} code `store-locked`, with `exclusive` alone
 */
export function openStore(options: StoreOptions): DurableStore {
  const { path, log, clock, exclusive = false } = options;
  const limits = { ...STORE_LIMITS, ...options.limits };
  let lock: Lock | undefined;
  const holdLock = () => {
    if (lock?.isInPlace()) return;
    lock?.release();
    lock = undefined;
    lock = acquireLock(path);
  };
  const openFile = () => new SqliteStore(path, limits);
  const open = () => {
    if (exclusive) holdLock();
    try {
      return openFile();
    } catch (error) {
      if (!isDamage(error)) throw error;
      return exclusive
        ? replaceDamaged(options, openFile)
        : whileLocked(path, error, () => replaceDamaged(options, openFile));
    }
  };
  return new DurableStore({ path, log, clock, limits, open, release: () => lock?.release() });
}

/** A command may move the file only when no daemon works with it; else the damage is all there is to say. */
function whileLocked<Value>(path: string, damage: unknown, act: () => Value): Value {
  let lock: Lock;
  try {
    lock = acquireLock(path);
  } catch {
    throw damage;
  }
  try {
    return act();
  } finally {
    lock.release();
  }
}

/** Looks once more, now that it has the lock: another command may have replaced the file already. */
function replaceDamaged({ path, log, clock }: StoreOptions, openFile: () => SqliteStore): SqliteStore {
  try {
    return openFile();
  } catch (error) {
    if (!isDamage(error)) throw error;
    const setAside = setFileAside(path, clock.date());
    log.warn("The store was damaged: it is set aside, and a new one is started", { path, setAside, error });
    return openFile();
  }
}

/** With the files that SQLite keeps beside it, so that nothing of the old one gets into the new. */
function setFileAside(path: string, at: Date): string {
  const stamp = at.toISOString().replace(/[-:]|\.\d+/g, "");
  const target = `${path}.damaged-${stamp}`;
  for (const suffix of ["", "-wal", "-shm", "-journal"]) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  }
  return target;
}
