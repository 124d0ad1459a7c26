import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { runWell } from "../child.ts";
import { Scratch } from "../scratch.ts";
import { cannotBuild } from "./requirements.ts";

const root = path.dirname(path.dirname(import.meta.dirname));
const kept = path.join(process.env["XDG_CACHE_HOME"] || path.join(homedir(), ".cache"), "esddns-image");

describe.skipIf(cannotBuild())("the same commit", () => {
  it("is the same image, byte for byte, from another folder, with another umask, time zone and language", async () => {
    using scratch = new Scratch();
    const one = clone(root, scratch.at("here"));
    const other = clone(one, scratch.at("a longer way/there"));
    const unlike = { TZ: "Pacific/Auckland", LANG: "de_DE.UTF-8" };
    const here = await archivesOf(one, scratch.at("cache-here"), "umask 022", {});
    const there = await archivesOf(other, scratch.at("cache-there"), "umask 077", unlike);
    expect(here.size).toBe(4);
    expect(there).toEqual(here);
  }, 900_000);
});

/** The commit that is checked out, without what is not in it. */
function clone(from: string, folder: string): string {
  execFileSync("git", ["clone", "-q", "--no-hardlinks", from, folder]);
  // A link would not do: esbuild writes paths of libraries into the bundle, from the checkout's folder on
  execFileSync("cp", ["-a", path.join(root, "node_modules"), folder]);
  // A clone has the files of today; another may have those of some other day
  utimesSync(path.join(folder, "LICENSE"), new Date(0), new Date(0));
  return folder;
}

/** Hashes of everything that it makes, by name. */
async function archivesOf(
  folder: string,
  cache: string,
  before: string,
  env: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, string>> {
  copyCache(cache);
  const command = `${before} && exec "$0" scripts/image.ts --locked`;
  const PATH = `${path.dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`;
  await runWell(["/bin/sh", "-c", command, process.execPath], {
    cwd: folder,
    env: { PATH, HOME: homedir(), XDG_CACHE_HOME: cache, ...env },
  });
  const made = path.join(folder, "build/image");
  const names = readdirSync(made).filter((name) => /\.(tar|cdx\.json)$/.test(name));
  return new Map(names.map((name) => [name, hashOf(path.join(made, name))]));
}

/**
 * What was downloaded, and the compressed system layer, which takes minutes: it is looked at whether it is the right one
 * when it is used. Everything else is made anew.
 */
function copyCache(cache: string): void {
  mkdirSync(cache, { recursive: true });
  if (existsSync(kept)) cpSync(kept, path.join(cache, "esddns-image"), { recursive: true });
}

function hashOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
