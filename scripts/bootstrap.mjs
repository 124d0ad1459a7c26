#!/usr/bin/env node
// Runs on any Node.js from 20 on, in a checkout where nothing is installed yet: installs what package-lock.json
// says, once, and then runs the given TypeScript file on the Node.js 24 that was installed with it.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, "node_modules");
const stamp = path.join(modules, ".esddns-lock");
const [script, ...args] = process.argv.slice(2);

if (!script) fail("usage: node scripts/bootstrap.mjs SCRIPT [ARGUMENT...]");
if (Number(process.versions.node.split(".")[0]) < 20) {
  fail(`This is Node.js ${process.versions.node}. Install Node.js 20 or newer: https://nodejs.org/`);
}
// The terminal sends Ctrl-C to the children as well: they end by themselves, and this process waits for them
process.on("SIGINT", () => {});
await install();
run();

async function install() {
  const lock = createHash("sha256")
    .update(readFileSync(path.join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  process.stderr.write("Installing what package-lock.json names (once, about half a minute)…\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  // Not `npm ci`: it refuses a lock without the binaries of platforms other than ours (docs/adr/0002-locked-node.md)
  const quiet = ["--no-save", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
  // Without a network npm would ask for many minutes, in silence: one package after the other, and each three times
  const impatient = ["--prefer-offline", "--fetch-retry-mintimeout=200", "--fetch-retry-factor=2"];
  const child = spawn(npm, ["install", ...quiet, ...impatient], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  let isInterrupted = false;
  const onInterrupt = () => {
    if (!isInterrupted) process.stderr.write("\nWaiting for npm to take away what it has unpacked so far…\n");
    isInterrupted = true;
  };
  const onTerminate = () => child.kill("SIGTERM");
  process.on("SIGINT", onInterrupt).once("SIGTERM", onTerminate);
  const [code] = await once(child, "close");
  process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate);
  if (isInterrupted) process.exit(130);
  if (code !== 0) fail("npm install failed; the lines above say why. Is the npm registry reachable?");
  writeFileSync(stamp, lock);
}

function run() {
  const child = spawn(node24(), [path.resolve(root, script), ...args], {
    cwd: root,
    stdio: "inherit",
    env: environment(),
  });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
  });
}

function node24() {
  const locked = path.join(modules, ".bin", process.platform === "win32" ? "node.cmd" : "node");
  if (existsSync(locked)) return locked;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  return fail(
    `There is no packaged Node.js 24 for ${process.platform}-${process.arch}. Install Node.js 24 or newer and try again.`,
  );
}

function environment() {
  const bin = path.join(modules, ".bin");
  // Stripping types of two hundred files takes a second: it is kept for the program, and not for its tests, whose
  // coverage it would blur
  const kept = script.startsWith("src/")
    ? { NODE_COMPILE_CACHE: path.join(modules, ".cache", "esddns") }
    : {};
  return { ...kept, ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ""}` };
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
