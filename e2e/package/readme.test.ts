import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { registries } from "../../src/app/registries.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { checkConfiguration } from "../../src/config/load.ts";

const root = path.dirname(path.dirname(import.meta.dirname));
const readme = readFileSync(path.join(root, "README.md"), "utf8");

describe("the README", () => {
  it("shows a configuration that is fine as it stands", async () => {
    const [, yaml = ""] = /```yaml\n([^]*?)```/.exec(readme) ?? [];
    const folder = mkdtempSync(path.join(tmpdir(), "esddns-readme-"));
    const file = path.join(folder, "esddns.yaml");
    writeFileSync(file, yaml);
    const { problems, warnings } = await checkConfiguration({
      file,
      cwd: folder,
      env: { GANDI_TOKEN: "x", HOME: folder },
      registries,
    });
    rmSync(folder, { recursive: true });
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
  });

  it("names every command, and none that does not exist", () => {
    const named = new Set([...readme.matchAll(/`esddns (\w+)/g)].map(([, name = ""]) => name));
    expect([...named].toSorted()).toEqual(Object.keys(COMMANDS).toSorted());
  });

  it("links to files that exist", () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target = ""]) =>
      target.replace(/^\//, ""),
    );
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((target) => !existsSync(path.join(root, target)))).toEqual([]);
  });

  it("has commands that .ci/run runs as they stand there", () => {
    const commands = execFileSync("node", ["scripts/readme-commands.mjs"], { cwd: root, encoding: "utf8" })
      .trim()
      .split("\n");
    expect(commands).toContain("npm start -- --once");
    expect(commands).toContain("npm test");
    expect(readFileSync(path.join(root, ".ci", "run"), "utf8")).toContain("node scripts/readme-commands.mjs");
  });
});
