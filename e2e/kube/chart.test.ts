import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../child.ts";
import { Scratch } from "../scratch.ts";
import { MINIMAL, render, valuesFiles, WITH_RECORD } from "./chart-rendering.ts";
import { chartConfiguration, checkConfiguration } from "./chart-configuration.ts";
import { Cluster } from "./cluster.ts";
import { CHART } from "./helm-template.ts";
import { dryRun, installDefinitions, restrictedNamespace } from "./kustomize.ts";
import { kubeProgram, noCluster } from "./programs.ts";
import { nameOf, type Rendered } from "./rendered.ts";

const NAMESPACE = "esddns-system";
/** Nothing that reaches beyond a namespace. */
const KINDS = [
  "ConfigMap",
  "DaemonSet",
  "Deployment",
  "HTTPRoute",
  "Ingress",
  "Lease",
  "NetworkPolicy",
  "Pod",
  "PodDisruptionBudget",
  "PodMonitor",
  "PrometheusRule",
  "Role",
  "RoleBinding",
  "Secret",
  "Service",
  "ServiceAccount",
  "ServiceMonitor",
];
const files = [...valuesFiles()].map(([name, more]) => {
  const words = ["-f", name, ...more];
  let rendered: Promise<readonly Rendered[]> | undefined;
  return [name, words, () => (rendered ??= render(words))] as const;
});

describe.skipIf(noCluster())("the chart", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ parts: ["controllers"] });
    await installDefinitions(cluster, "prometheus-operator", "gateway-api");
    await cluster.apply(restrictedNamespace(NAMESPACE));
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  describe.each(files)("with %s", (name, words, rendered) => {
    it("is well-formed", async () => {
      const argv = [kubeProgram("helm"), "lint", CHART, "--strict", ...words];
      const { status, stdout } = await run(argv, { cwd: CHART });
      expect(stdout).toContain("1 chart(s) linted, 0 chart(s) failed");
      expect(stdout).not.toMatch(/\[(?:WARNING|ERROR)\]/);
      expect(status).toBe(0);
    });

    it("is what the API server takes, where only restricted pods are let in", async () => {
      expect(await dryRun(cluster, await rendered())).toBe("");
    });

    it("stays in its namespace", async () => {
      const objects = await rendered();
      expect(objects.filter(({ kind }) => !KINDS.includes(kind)).map(nameOf)).toEqual([]);
      expect(objects.filter(({ metadata }) => metadata.namespace !== NAMESPACE).map(nameOf)).toEqual([]);
    });

    it("has a configuration that the program takes", async () => {
      using scratch = new Scratch();
      const prefix = name === "ci/everything-values.yaml" ? "edge-ddns" : "esddns";
      const text = chartConfiguration(await rendered(), prefix);
      const isInsecure = JSON.stringify(await rendered()).includes("--insecure-no-auth");
      // Which no configuration can say: it is an argument of the program
      const guarded = isInsecure ? text.replace("0.0.0.0:51339", "127.0.0.1:51339") : text;
      expect(await checkConfiguration(scratch, guarded)).toMatch(/^\S+ is fine\n$/);
    });
  });

  it("has files of values that show every kind of object there is", async () => {
    const objects = await Promise.all(files.map(([, , rendered]) => rendered()));
    expect([...new Set(objects.flat().map(({ kind }) => kind))].toSorted()).toEqual(KINDS);
  });

  it("keeps a token that is a value in a Secret and nowhere else", async () => {
    const token = "qZ81-not-to-be-seen";
    const objects = await render([...WITH_RECORD, "--set", `gandi.apiKey=${token}`]);
    expect(holding(objects, token)).toEqual([]);
    expect(holding(objects, Buffer.from(token).toString("base64"))).toEqual(["Secret/esddns-provider"]);
  });

  it("makes no Secret where there is one already", async () => {
    expect((await render(MINIMAL)).filter(({ kind }) => kind === "Secret")).toEqual([]);
  });

  it("has ConfigMaps and a Lease for the pods to fill, in which it says nothing itself", async () => {
    const empty = (await render(MINIMAL)).filter((object) =>
      /-(?:wan-ip|agents|leader)$/.test(nameOf(object)),
    );
    expect(empty.map(nameOf)).toEqual([
      "ConfigMap/esddns-wan-ip",
      "ConfigMap/esddns-agents",
      "Lease/esddns-leader",
    ]);
    for (const object of empty) expect(Object.keys(object)).toEqual(["apiVersion", "kind", "metadata"]);
  });
});

function holding(objects: readonly Rendered[], text: string): readonly string[] {
  return objects.filter((object) => JSON.stringify(object).includes(text)).map(nameOf);
}
