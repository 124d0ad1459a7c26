import { chmodSync, cpSync, readdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { PROGRAM } from "../program.ts";
import { Scratch } from "../scratch.ts";
import { Cluster } from "./cluster.ts";
import { blocksOf, deadLinks } from "./guide.ts";
import { installDefinitions, ROOT } from "./kustomize.ts";
import { METALLB_STAND_IN } from "./metallb.ts";
import { noCluster } from "./programs.ts";

/** helm/README.md has a test of its own, chart-guide.test.ts, that looks at its values, too. */
const FOLDERS = ["k8s", "argocd", "docs/kubernetes"];
const README = "README.md";
const GUIDES = [
  README,
  ...FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder))
      .filter((file) => file.endsWith(".md"))
      .map((file) => path.join(folder, file)),
  ),
];
/** Of the README, .ci/run runs those marked `sh`; those that need a cluster are marked `shell`. */
const commands = (guide: string) =>
  blocksOf(guide).filter(({ language }) => language === (guide === README ? "shell" : "sh"));
const toRun = (guide: string) => commands(guide).filter(({ notRun }) => notRun === undefined);

describe.each(GUIDES)("%s", (guide) => {
  it("leads to what is there", () => {
    expect(deadLinks(guide)).toEqual([]);
  });

  it("has YAML that is some", () => {
    const errors = blocksOf(guide)
      .filter(({ language }) => language === "yaml")
      .flatMap(({ text }) => parseAllDocuments(text).flatMap((document) => document.errors));
    expect(errors).toEqual([]);
  });

  it("says of each command that no test runs why not", () => {
    for (const { notRun, text } of commands(guide)) expect(notRun ?? "run", text).not.toBe("");
  });
});

describe.skipIf(noCluster()).each(GUIDES.filter((guide) => toRun(guide).length > 0))("%s", (guide) => {
  const scratch = new Scratch();
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ nodes: 2 });
    await installDefinitions(cluster, "metallb", "prometheus-operator", "argo-cd");
    await cluster.kubectl("create", "namespace", "argocd");
    await cluster.runWell(["kubectl", "apply", "-f", "-"], METALLB_STAND_IN);
    clone(scratch);
  });
  afterAll(async () => {
    scratch[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  });

  it("has commands that do what they say, one after the other, in a clone", async () => {
    const text = toRun(guide).map((block) => block.text);
    const script = ["set -euxo pipefail", `cd ${scratch.at("clone")}`, ...text].join("\n");
    const here = [`PATH=${scratch.folder}:$PATH`, "NEW_TOKEN=another-token", "GANDI_API_KEY=a-token"].map(
      (one) => `export ${one}`,
    );
    const { status, stderr } = await cluster.run(["bash", "-c", [...here, script].join("\n")]);
    expect(status, stderr.slice(-3000)).toBe(0);
    expect(stderr).not.toMatch(/^(?:Error|error|Warning): /m);
  });
});

/** What a newcomer has: a clone, esddns, and files with their secrets. */
function clone(scratch: Scratch): void {
  for (const folder of ["k8s", "helm", "argocd"])
    cpSync(path.join(ROOT, folder), scratch.at("clone", folder), { recursive: true });
  for (const folder of ["clone", "clone/k8s"]) {
    scratch.write(`${folder}/token.txt`, "a-token");
    scratch.write(`${folder}/password.txt`, "correct horse battery staple\n");
    scratch.write(
      `${folder}/hash.txt`,
      "scrypt$15$8$1$bpWPbZk36144eASP-K7ERw$YA5N-IGmOoe_iXZYbjQv_voMsFMZh2Ym1444pyTrKxs\n",
    );
  }
  chmodSync(scratch.write("esddns", `#!/bin/sh\nexec ${PROGRAM.join(" ")} "$@"\n`), 0o755);
}
