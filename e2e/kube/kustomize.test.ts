import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Scratch } from "../scratch.ts";
import { Cluster } from "./cluster.ts";
import { checkConfiguration, chartConfiguration } from "./chart-configuration.ts";
import {
  build,
  dryRun,
  installDefinitions,
  K8S,
  kustomizations,
  NAMESPACES,
  restrictedNamespace,
  writeOverlay,
} from "./kustomize.ts";
import { noCluster } from "./programs.ts";
import { named } from "./rendered.ts";

const WHOLE = Object.keys(NAMESPACES);
/** One of each at most: they build on each other. */
const SHOWN = ["", "dashboard", "load-balancer", "metallb", "node-port"];
const MONITORED = ["", "monitoring", "service-monitor"];

const folders = kustomizations(K8S);
const components = folders.filter((folder) => folder.startsWith("components/"));
const whole = folders.filter((folder) => !components.includes(folder));

describe.skipIf(noCluster())("what kustomize makes of k8s/", () => {
  const scratch = new Scratch();
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ nodes: 2 });
    await installDefinitions(cluster, "metallb", "prometheus-operator");
    const metallb = { apiVersion: "v1", kind: "Namespace", metadata: { name: "metallb-system" } };
    await cluster.apply(...Object.values(NAMESPACES).map(restrictedNamespace), metallb);
  });
  afterAll(async () => {
    scratch[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  });

  it("is all that is known here", () => {
    expect(whole).toEqual([...WHOLE, "metallb/bgp", "metallb/l2"].toSorted());
    const names = [...SHOWN, ...MONITORED, "network-policy", "labels"].filter((name) => name !== "");
    expect(components.map((folder) => path.basename(folder))).toEqual(names.toSorted());
  });

  it.each(whole)("%s is what the API server takes", async (folder) => {
    expect(await dryRun(cluster, await build(path.join(K8S, folder)))).toBe("");
  });

  describe.each(WHOLE)("%s", (over) => {
    const policies = over === "overlays/production" ? [""] : ["", "network-policy"];
    const choices = SHOWN.flatMap((shown) =>
      MONITORED.flatMap((monitored) => policies.map((policy) => [policy, monitored, shown])),
    ).map((names) => names.filter((name) => name !== ""));

    it.each(choices.map((names) => [names.join(", ") || "nothing", names] as const))(
      "with %s is what the API server takes",
      async (_title, names) => {
        const folder = writeOverlay(scratch, { over, components: names });
        expect(await dryRun(cluster, await build(folder))).toBe("");
      },
    );
  });

  it.each(WHOLE)("%s has a configuration that is fine as it stands", async (folder) => {
    const text = chartConfiguration(await build(path.join(K8S, folder)));
    expect(await checkConfiguration(scratch, text)).toMatch(/^\S+ is fine\n$/);
  });

  it("lets the dashboard in where a policy is", async () => {
    const folder = writeOverlay(scratch, { over: "overlays/production", components: ["dashboard"] });
    expect(named(await build(folder), "NetworkPolicy/esddns-operator")["spec"]).toMatchObject({
      ingress: [{ ports: [{ port: "metrics" }, { port: "http" }] }],
    });
  });

  it("has neither a Secret nor anything outside of its namespace", async () => {
    for (const folder of WHOLE) {
      const objects = await build(path.join(K8S, folder));
      const kinds = objects.map(({ kind }) => kind);
      expect(kinds).not.toContain("Secret");
      const elsewhere = objects.filter(({ metadata }) => metadata.namespace === undefined);
      expect(elsewhere.map(({ kind }) => kind)).toEqual(["Namespace"]);
      expect(new Set(objects.map(({ metadata }) => metadata.namespace ?? metadata.name)).size).toBe(1);
    }
  });

  it.each(["--server-side", "--server-side=false"])(
    "leaves alone what the pods wrote when it is applied again (%s)",
    async (way) => {
      const words = ["apply", way, "-k", path.join(K8S, "base")];
      await cluster.kubectl(...words);
      const inNamespace = ["-n", "esddns-system"];
      const data = JSON.stringify({ data: { current_ip: "203.0.113.7" } });
      await cluster.kubectl("patch", "configmap", "esddns-wan-ip", ...inNamespace, "-p", data);
      const spec = JSON.stringify({ spec: { holderIdentity: "pod_1", leaseDurationSeconds: 15 } });
      await cluster.kubectl("patch", "lease", "esddns-leader", ...inNamespace, "-p", spec);
      await cluster.kubectl(...words);
      await cluster.kubectl("rollout", "restart", "daemonset/esddns-operator", ...inNamespace);
      await cluster.kubectl("rollout", "undo", "daemonset/esddns-operator", ...inNamespace);
      expect(await cluster.field("{.data}", "configmap/esddns-wan-ip", ...inNamespace)).toContain(
        "203.0.113.7",
      );
      expect(await cluster.field("{.spec.holderIdentity}", "lease/esddns-leader", ...inNamespace)).toBe(
        "pod_1",
      );
      await cluster.kubectl("delete", "-k", path.join(K8S, "base"));
      await cluster.apply(restrictedNamespace("esddns-system"));
    },
  );
});
