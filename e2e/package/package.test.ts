import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = path.dirname(path.dirname(import.meta.dirname));
const scratch = mkdtempSync(path.join(tmpdir(), "esddns-package-"));
const installed = path.join(scratch, "lib", "node_modules", "esddns");

/** Runs with the Node.js that the tests run on, and with nothing of this repository in its surroundings. */
function run(command: string, ...arguments_: readonly string[]): string {
  const PATH = `${path.dirname(process.execPath)}:/usr/bin:/bin`;
  const env = { PATH, HOME: scratch, npm_config_update_notifier: "false" };
  return execFileSync(command, arguments_, {
    cwd: scratch,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

describe("the package that npm pack makes", () => {
  beforeAll(() => {
    execFileSync("npm", ["pack", "--pack-destination", scratch], { cwd: root, stdio: "pipe" });
    const tarball = readdirSync(scratch).find((name) => name.endsWith(".tgz"));
    run("npm", "install", "--global", "--prefix", scratch, "--offline", path.join(scratch, tarball ?? ""));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it("installs offline, for it needs nothing beside itself", () => {
    expect(existsSync(path.join(installed, "node_modules"))).toBe(false);
  });

  it("carries neither sources nor tests, and the licences of what is bundled", () => {
    expect(readdirSync(installed).toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "dist",
      "examples",
      "package.json",
    ]);
    const licences = readFileSync(path.join(installed, "dist", "THIRD-PARTY-LICENSES"), "utf8");
    expect(licences).toMatch(/^zod$/m);
    expect(licences).toMatch(/^yaml$/m);
    expect(licences).toMatch(/^pino$/m);
  });

  it("says its version, the one of package.json", () => {
    const { version } = JSON.parse(readFileSync(path.join(installed, "package.json"), "utf8"));
    expect(run(path.join(scratch, "bin", "esddns"), "--version")).toBe(`esddns ${version}\n`);
  });

  it("says that it needs a newer Node.js, in a line", () => {
    const older = path.join(scratch, "older.cjs");
    writeFileSync(older, 'Object.defineProperty(process, "versions", { value: { node: "20.20.2" } });\n');
    const program = path.join(installed, "dist", "esddns.js");
    const { status, stderr } = spawnSync(process.execPath, ["--require", older, program, "--version"], {
      encoding: "utf8",
    });
    expect(stderr).toBe("Cannot run on Node.js 20.20.2: expected 24 or newer (https://nodejs.org/)\n");
    expect(status).toBe(1);
  });

  it("makes a record follow an address that moves", () => {
    const output = run(path.join(scratch, "bin", "esddns"), "demo", "--once");
    expect(output).toMatch(/the record followed after \d+ ms\n$/);
  });

  it("keeps compiled code in the user's own cache folder and nowhere else", () => {
    expect(existsSync(path.join(scratch, ".cache", "esddns", "compiled"))).toBe(true);
  });
});
