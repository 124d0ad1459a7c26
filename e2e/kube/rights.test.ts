import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONFIG_MAPS, LEASES } from "#kubernetes/api/resource.ts";
import { createAccount, OPERATOR_RULES, ruleOf } from "./account.ts";
import { type OpenedApi, openApi } from "./api-client.ts";
import { Cluster } from "./cluster.ts";
import { noCluster } from "./programs.ts";

const NAMESPACE = "ddns";
const never = new AbortController().signal;
const FORBIDDEN = { code: "forbidden", status: 403 };

describe.skipIf(noCluster())("what RBAC lets a service account do that has names to create", () => {
  let cluster: Cluster;
  let operator: OpenedApi;
  let other: OpenedApi;

  beforeAll(async () => {
    cluster = await Cluster.start({ parts: [] });
    const withoutCreate = OPERATOR_RULES.map((rule) => ({
      ...rule,
      verbs: rule.verbs.filter((verb) => verb !== "create"),
    }));
    await createAccount(cluster, NAMESPACE, "operator", OPERATOR_RULES);
    await createAccount(cluster, NAMESPACE, "other", [
      ...withoutCreate,
      ruleOf("coordination.k8s.io", "leases", ["patch"], ["esddns-leader"]),
    ]);
    // They are to make it
    await cluster.kubectl("delete", "lease", "esddns-leader", "-n", NAMESPACE);
    operator = await openApi(await cluster.saKubeconfig(NAMESPACE, "operator"));
    other = await openApi(await cluster.saKubeconfig(NAMESPACE, "other"));
  });
  afterAll(async () => {
    operator[Symbol.dispose]();
    other[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  });

  const at = (name: string) => ({ namespace: NAMESPACE, name });
  const apply = ({ client }: OpenedApi, name: string) =>
    client.patch(
      CONFIG_MAPS,
      at(name),
      { kind: "apply", body: { metadata: at(name) }, fieldManager: "esddns" },
      never,
    );
  const replaceLease = ({ client }: OpenedApi, name: string) =>
    client.replace(LEASES, at(name), { metadata: at(name), spec: { holderIdentity: "a" } }, never);

  it("creates no ConfigMap and no Lease without the verb", async () => {
    await expect(apply(other, "esddns-wan-ip")).rejects.toMatchObject(FORBIDDEN);
    await expect(replaceLease(other, "esddns-leader")).rejects.toMatchObject(FORBIDDEN);
  });

  it("creates the ConfigMaps of those names by apply, from many pods at once", async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => apply(operator, "esddns-wan-ip")));
    expect(new Set(made.map(({ metadata }) => metadata.uid)).size).toBe(1);
    await expect(apply(operator, "another")).rejects.toMatchObject(FORBIDDEN);
  });

  it("creates the Lease of that name by a replacement, and only one of many is first", async () => {
    const attempts = Array.from({ length: 20 }, () => replaceLease(operator, "esddns-leader"));
    const results = await Promise.allSettled(attempts);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason.code] : []));
    expect(refused.filter((code) => !["invalid", "conflict", "already-exists"].includes(code))).toEqual([]);
    await expect(replaceLease(operator, "another")).rejects.toMatchObject(FORBIDDEN);
  });

  it("creates nothing by POST, of whatever name", async () => {
    for (const name of ["esddns-agents", "another"]) {
      const attempt = operator.client.create(CONFIG_MAPS, at(name), { metadata: at(name) }, never);
      await expect(attempt).rejects.toMatchObject(FORBIDDEN);
    }
  });

  it("sees nothing but what it needs", async () => {
    const asOperator = (verb: string, what: string) =>
      cluster.run(["kubectl", "auth", "can-i", verb, what, "-n", NAMESPACE, "--as", ACCOUNT]);
    for (const [verb, what] of [
      ["get", "secrets"],
      ["list", "secrets"],
      ["list", "configmaps"],
      ["get", "configmaps/another"],
      ["list", "pods"],
      ["list", "leases"],
      ["delete", "configmaps/esddns-wan-ip"],
    ] as const) {
      expect(await asOperator(verb, what), `${verb} ${what}`).toMatchObject({ status: 1, stdout: "no\n" });
    }
  });
});

const ACCOUNT = `system:serviceaccount:${NAMESPACE}:operator`;
