import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Scratch } from "../scratch.ts";
import { render } from "./chart-rendering.ts";
import { Cluster } from "./cluster.ts";
import { ROOT, restrictedNamespace } from "./kustomize.ts";
import { dryRun, installDefinitions } from "./kustomize.ts";
import { noCluster } from "./programs.ts";

const guide = readFileSync(path.join(ROOT, "helm/README.md"), "utf8");

/** Blocks of a language, with what stands in the comment before them. */
function blocks(language: string): readonly (readonly [text: string, note: string])[] {
  const pattern = new RegExp(`(?:<!-- (.*?) -->\\s*)?\`\`\`${language}\\n([^]*?)\`\`\``, "g");
  return [...guide.matchAll(pattern)].map(([, note = "", text = ""]) => [text, note]);
}

const commands = blocks("sh").filter(([, note]) => !note.startsWith("not run: "));
const values = blocks("yaml").map(([text]) => [text.split("\n", 1)[0] ?? "", text] as const);

describe.skipIf(noCluster())("the guide to the chart", () => {
  const scratch = new Scratch();
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ nodes: 2 });
    await installDefinitions(cluster, "prometheus-operator");
    await cluster.apply(restrictedNamespace("values"));
  });
  afterAll(async () => {
    scratch[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  });

  it("has commands that do what it says, one after the other", async () => {
    const token = scratch.write("token.txt", "a-token");
    const hash = scratch.write("hash.txt", "scrypt$15$8$1$x");
    const script = commands.map(([text]) => text).join("\n");
    const here = script.replaceAll("=token.txt", `=${token}`).replaceAll("=hash.txt", `=${hash}`);
    const lines = `set -eux\ncd ${ROOT}\n${here}`;
    const { status, stderr } = await cluster.run(["bash", "-c", lines]);
    expect(stderr).not.toContain("Error");
    expect(status).toBe(0);
    expect(commands.length).toBeGreaterThan(4);
    expect(await cluster.kubectl("get", "daemonsets", "-n", "esddns-system", "-o", "name")).toBe(
      "daemonset.apps/esddns-operator\ndaemonset.apps/office-esddns-operator\n",
    );
  });

  it.each(values)("has values that the API server takes: %s", async (_first, text) => {
    const file = scratch.write("values.yaml", text);
    const objects = await render(["-f", file], { namespace: "values" });
    expect(await dryRun(cluster, objects)).toBe("");
    expect(values.length).toBeGreaterThan(10);
  });
});
