import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { MINIMAL } from "./chart-rendering.ts";
import { Cluster } from "./cluster.ts";
import { Releases } from "./helm-releases.ts";
import { noCluster } from "./programs.ts";

const NAMESPACE = "esddns-system";
const ACCOUNT = "esddns-operator";
const USER = `system:serviceaccount:${NAMESPACE}:${ACCOUNT}`;

/** All that it may: `verb resource/name`. */
const MAY = [
  "create leases/esddns-leader",
  "get leases/esddns-leader",
  "update leases/esddns-leader",
  ...["create", "get", "patch"].map((verb) => `${verb} configmaps/esddns-agents`),
  ...["create", "get", "list", "patch", "update", "watch"].map((verb) => `${verb} configmaps/esddns-wan-ip`),
  ...["get", "list", "watch"].map((verb) => `${verb} services/esddns`),
  "create events",
  "patch events",
].toSorted();

const reviewed = z.object({
  status: z.object({
    incomplete: z.boolean(),
    resourceRules: z.array(
      z.object({
        verbs: z.array(z.string()),
        apiGroups: z.array(z.string()),
        resources: z.array(z.string()),
        resourceNames: z.array(z.string()).default([]),
      }),
    ),
  }),
});

describe.skipIf(noCluster())("a pod of the chart", () => {
  let cluster: Cluster;
  let kubeconfig: string;
  beforeAll(async () => {
    cluster = await Cluster.start({ nodes: 1 });
    const releases = await Releases.in(cluster, NAMESPACE);
    const shown = "dashboard.existingSecret.name=esddns-dashboard,service.type=LoadBalancer";
    await releases.install("esddns-operator", ...MINIMAL, "--set", shown);
    kubeconfig = await cluster.saKubeconfig(NAMESPACE, ACCOUNT);
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it.each([NAMESPACE, "default", "kube-system"])(
    "may do what it needs in its namespace, and in %s",
    async (where) => {
      expect(await rights(where)).toEqual(where === NAMESPACE ? MAY : []);
    },
  );

  it.each([
    ["get", "secrets/esddns-gandi"],
    ["list", "secrets"],
    ["create", "configmaps"],
    ["create", "configmaps/another"],
    ["update", "configmaps/esddns-config"],
    ["delete", "configmaps/esddns-wan-ip"],
    ["list", "configmaps"],
    ["watch", "configmaps/esddns-agents"],
    ["update", "configmaps/esddns-agents"],
    ["get", "leases/another"],
    ["patch", "leases/esddns-leader"],
    ["get", "services/esddns-metrics"],
    ["update", "services/esddns"],
    ["list", "pods"],
    ["create", "pods"],
    ["get", "nodes"],
    ["patch", "daemonsets/esddns-operator"],
    ["create", "serviceaccounts/esddns-operator", "--subresource=token"],
    ["update", "roles/esddns-operator"],
    ["list", "namespaces"],
  ])("may not %s %s", async (...words) => {
    const { stdout, status } = await asPod("auth", "can-i", ...words, "-n", NAMESPACE);
    expect({ said: stdout.trim(), status }).toEqual({ said: "no", status: 1 });
  });

  it("makes its objects again when somebody deletes them, and no others", async () => {
    await cluster.kubectl("delete", "configmap", "esddns-agents", "-n", NAMESPACE);
    expect(await make("esddns-agents")).toMatchObject({ status: 0 });
    const other = await make("another");
    expect(other.stderr).toContain(`User "${USER}" cannot patch resource "configmaps"`);
  });

  async function rights(namespace: string): Promise<readonly string[]> {
    const kind = "SelfSubjectRulesReview";
    const review = { apiVersion: "authorization.k8s.io/v1", kind, spec: { namespace } };
    const { stdout } = await asPodSaying(
      JSON.stringify(review),
      "create",
      "--validate=false",
      "-f",
      "-",
      "-o",
      "json",
    );
    const { incomplete, resourceRules } = reviewed.parse(JSON.parse(stdout)).status;
    expect(incomplete).toBe(false);
    const all = resourceRules.flatMap(({ verbs, apiGroups, resources, resourceNames }) =>
      // What everybody may: ask who he is, and what he may
      apiGroups.some((group) => group.startsWith("authentication") || group.startsWith("authorization"))
        ? []
        : verbs.flatMap((verb) => resources.flatMap((one) => named(verb, one, resourceNames))),
    );
    return [...new Set(all)].toSorted();
  }

  function make(name: string) {
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: NAMESPACE } };
    const words = ["apply", "--server-side", "--field-manager=esddns", "-f", "-"];
    return asPodSaying(JSON.stringify(object), ...words);
  }

  function asPod(...words: readonly string[]) {
    return asPodSaying("", ...words);
  }

  function asPodSaying(input: string, ...words: readonly string[]) {
    return cluster.run(["kubectl", "--kubeconfig", kubeconfig, ...words], input);
  }
});

function named(verb: string, resource: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [`${verb} ${resource}`] : names.map((name) => `${verb} ${resource}/${name}`);
}
