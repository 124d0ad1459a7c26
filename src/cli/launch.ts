#!/usr/bin/env node
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import vm from "node:vm";
import { cacheFolder } from "#app/cache-folder.ts";

/**
 * What `dist/esddns.js` is built from: runs the bundled program with the code that V8 compiled in an earlier run of the
 * same command. Node's own compile cache keeps what was compiled on loading, and not the functions that were
 * compiled since, which are most of a cold start (docs/adr/0001-one-bundled-package.md).
 */

/** The bundle's name, which has a hash of its content in it: set by the build. */
declare const PROGRAM: string;

/** What package.json says in `engines`: with an older one, npm warns, installs all the same, and things are missing. */
const OLDEST_NODE = 24;

/** Commands that run for months with next to nothing to compute. */
const LASTING: ReadonlySet<string> = new Set(["operator", "run"]);
/** A quarter less memory for a tenth more of very little work (docs/adr/0008-small-daemon.md). */
const SMALL = ["--jitless", "--max-semi-space-size=1", "--optimize-for-size"] as const;
const SMALL_ALLOCATOR = {
  MALLOC_ARENA_MAX: "1",
  // What V8's parser takes for the whole program, in pieces of this size, goes back when it is done
  MALLOC_MMAP_THRESHOLD_: "32768",
  MALLOC_TRIM_THRESHOLD_: "131072",
  MALLOC_TOP_PAD_: "16384",
} as const;

const words = process.argv.slice(2);
const command = words.find((word) => /^[a-z]{1,20}$/.test(word)) ?? "none";

if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE) {
  process.stderr.write(
    `Cannot run on Node.js ${process.versions.node}: expected ${OLDEST_NODE} or newer (https://nodejs.org/)\n`,
  );
  process.exitCode = 1;
} else {
  if (LASTING.has(command)) becomeSmall();
  launch(path.join(import.meta.dirname, PROGRAM));
}

/**
 * Begins again in place, with options that a running process cannot set. Where that is not possible (Windows, a
 * sandbox without execve) it goes on as it is.
 */
function becomeSmall(): void {
  const { argv, env, execArgv, execPath } = process;
  if (SMALL.some((option) => execArgv.includes(option))) return;
  try {
    process.execve?.(execPath, [execPath, ...execArgv, ...SMALL, ...argv.slice(1)], {
      ...SMALL_ALLOCATOR,
      ...env,
    });
  } catch {
    return;
  }
}

function launch(file: string): void {
  const kept = keptCode();
  const cachedData = kept && readOurs(kept);
  const script = new vm.Script(`(function(require){${fs.readFileSync(file, "latin1")}\n})`, {
    filename: file,
    ...(cachedData && { cachedData }),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  // V8 compares version, flags and length
  if (kept && (!cachedData || script.cachedDataRejected === true)) {
    process.once("exit", (code) => code === 0 && keep(kept, script.createCachedData()));
  }
  script.runInThisContext()(createRequire(file));
}

/** A file for each command, since each runs other functions; a folder for each build. */
function keptCode(): string | undefined {
  const folder = cacheFolder(process.env);
  return folder && path.join(folder, "compiled", PROGRAM, command);
}

/** Whoever writes there decides what we run: nothing of another user's, e.g. when `sudo` has kept `HOME`. */
function readOurs(file: string): Buffer | undefined {
  let handle: number | undefined;
  try {
    handle = fs.openSync(file, "r");
    const isOurs = fs.fstatSync(handle).uid === (process.getuid?.() ?? 0);
    return isOurs ? fs.readFileSync(handle) : undefined;
  } catch {
    return undefined;
  } finally {
    if (handle !== undefined) fs.closeSync(handle);
  }
}

/** As a whole or not at all, and for us alone. */
function keep(file: string, code: Buffer): void {
  const folder = path.dirname(file);
  try {
    forgetOthers(path.dirname(folder));
    createFolder(folder);
    fs.writeFileSync(`${file}.${process.pid}`, code, { mode: 0o600, flag: "wx" });
    fs.renameSync(`${file}.${process.pid}`, file);
  } catch {
    // Without it the next run takes a little longer
  }
}

/** Not the `recursive` of `mkdir`: Node 24 never comes back from it where nothing can be created, as in /proc. */
function createFolder(folder: string): void {
  if (fs.existsSync(folder)) return;
  createFolder(path.dirname(folder));
  fs.mkdirSync(folder, { mode: 0o700 });
}

/** What other builds have kept is of no use any more. */
function forgetOthers(folder: string): void {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  for (const name of names) {
    if (name !== PROGRAM) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}
