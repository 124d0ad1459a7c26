import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { runWell } from "../child.ts";
import { Scratch } from "../scratch.ts";
import { CHART } from "./helm-template.ts";
import { ROOT } from "./kustomize.ts";
import { OciRegistry } from "./oci-registry.ts";
import { kubeProgram, noCluster } from "./programs.ts";
import { ShellScripts } from "./shell-script.ts";

const PUBLISH = "helm/publish.sh";
const { name, version } = z
  .object({ name: z.string(), version: z.string() })
  .parse(parse(readFileSync(path.join(CHART, "Chart.yaml"), "utf8")));
const index = z.object({
  entries: z.record(
    z.string(),
    z.array(z.looseObject({ version: z.string(), urls: z.array(z.string()), digest: z.string() })),
  ),
});

describe.skipIf(noCluster())("helm/publish.sh", () => {
  const scratch = new Scratch();
  const scripts = new ShellScripts(scratch);
  const output = scratch.at("output");
  const archive = path.join(output, `${name}-${version}.tgz`);
  let registry: OciRegistry;
  beforeAll(async () => void (registry = await OciRegistry.start()));
  afterAll(async () => {
    scratch[Symbol.dispose]();
    await registry[Symbol.asyncDispose]();
  });
  const publish = (...words: readonly string[]) => scripts.runWell(PUBLISH, ["--output", output, ...words]);

  it("checks with all values and packages, and publishes nothing unasked", async () => {
    const said = await publish();
    expect(said).toContain(`Packaged:  ${archive}\nPublished: nothing.`);
    const shown = await runWell([kubeProgram("helm"), "show", "chart", archive]);
    expect(parse(shown)).toMatchObject({ name, version });
    const files = await runWell(["/usr/bin/tar", "--list", "--file", archive]);
    for (const file of ["values.schema.json", "README.md", "values-production.yaml", "LICENSE"])
      expect(files).toContain(`${name}/${file}\n`);
    expect(scripts.record).toContain("lint");
  });

  it("tells what it would publish", async () => {
    const said = await publish("--dry-run", "--registry", `oci://${registry.host}/charts`);
    expect(said).toContain(`Published: nothing. It would be pushed to oci://${registry.host}/charts.`);
    expect(registry.pushed).toEqual([]);
  });

  it("pushes to a registry, and a version once", async () => {
    const target = `oci://${registry.host}/charts`;
    const words = ["--registry", target, "--plain-http"];
    expect(await publish(...words)).toContain(`helm install ${name} ${target}/${name} --version ${version}`);
    expect(await publish(...words)).toContain(`has ${version} already; it stays as it is`);
    expect(registry.pushed).toEqual([`charts/${name}:${version}`]);
  });

  it("says that a registry refuses, and hands its password over by standard input", async () => {
    const words = ["--registry", "oci://127.0.0.1:1/charts", "--plain-http", "--output", output];
    const env = { HELM_REGISTRY_USER: "somebody", HELM_REGISTRY_PASSWORD: "do-not-show-me" };
    const { status, stderr } = await scripts.run(PUBLISH, words, { env });
    expect(stderr).toContain("Error: 127.0.0.1:1 refused the login");
    expect(status).toBe(1);
    expect(scripts.record).toContain("--password-stdin");
    expect(scripts.hasShown(env.HELM_REGISTRY_PASSWORD)).toBe(false);
  });

  it("adds to a folder that is served, and a version once", async () => {
    const pages = scratch.at("pages");
    mkdirSync(pages);
    const other = {
      apiVersion: "v1",
      entries: { other: [{ name: "other", version: "1.0.0", urls: [], digest: "x" }] },
    };
    scratch.write("pages/index.yaml", JSON.stringify(other));
    const words = ["--pages", pages, "--url", "https://esddns.github.io/esddns/"];
    expect(await publish(...words)).toContain(`git -C ${pages} push`);
    const text = readFileSync(path.join(pages, "index.yaml"), "utf8");
    const { entries } = index.parse(parse(text));
    expect(Object.keys(entries).toSorted()).toEqual([name, "other"]);
    expect(entries[name]?.[0]?.urls).toEqual([`https://esddns.github.io/esddns/${name}-${version}.tgz`]);
    expect(existsSync(path.join(pages, `${name}-${version}.tgz`))).toBe(true);
    expect(existsSync(path.join(pages, "artifacthub-repo.yml"))).toBe(
      existsSync(path.join(ROOT, "helm/artifacthub-repo.yml")),
    );
    expect(await publish(...words)).toContain(`has ${version} already; it stays as it is`);
    expect(readFileSync(path.join(pages, "index.yaml"), "utf8")).toBe(text);
  });
});
