#!/usr/bin/env node
// Runs on any Node.js from 20 on, in a checkout where nothing is installed yet: installs what package-lock.json
// says, once, and then runs the given TypeScript file on the Node.js 24 that was installed with it.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
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
install();
run();

function install() {
  const lock = createHash("sha256")
    .update(readFileSync(path.join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  process.stderr.write("Installing what package-lock.json names (once, about half a minute)…\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  // Not `npm ci`: it refuses a lock without the binaries of platforms other than ours (docs/adr/0002-locked-node.md)
  const result = spawnSync(npm, ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (result.status !== 0)
    fail("npm install failed; the lines above say why. Is the npm registry reachable?");
  writeFileSync(stamp, lock);
}

function run() {
  const child = spawn(node24(), [path.resolve(root, script), ...args], {
    cwd: root,
    stdio: "inherit",
    env: environment(),
  });
  // The terminal sends Ctrl-C to the child as well: it ends by itself, and this process waits for it
  process.on("SIGINT", () => {});
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
