import type { Kubectl, Manifest } from "./kubectl.ts";

/** A rule of RBAC. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** What the operator may do: in its own namespace, and nothing else anywhere. */
export const OPERATOR_RULES: readonly Rule[] = [
  ruleOf("coordination.k8s.io", "leases", ["get", "update", "create"], ["esddns-leader"]),
  ruleOf("", "configmaps", ["get", "list", "watch", "update", "patch", "create"], ["esddns-wan-ip"]),
  ruleOf("", "configmaps", ["get", "patch", "create"], ["esddns-agents"]),
  ruleOf("", "services", ["get", "list", "watch"], ["esddns"]),
  ruleOf("", "events", ["create", "patch"]),
];

export function ruleOf(
  group: string,
  resource: string,
  verbs: readonly string[],
  names?: readonly string[],
): Rule {
  return {
    apiGroups: [group],
    resources: [resource],
    verbs,
    ...(names !== undefined && { resourceNames: names }),
  };
}

/** A namespace with the operator's Lease, as the chart brings it, and a service account that may do this and nothing else. */
export async function createAccount(
  cluster: Kubectl,
  namespace: string,
  account: string,
  rules: readonly Rule[],
): Promise<void> {
  await cluster.apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace } },
    role(namespace, account, rules),
    binding(namespace, account),
    { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "esddns-leader", namespace } },
  );
}

export function role(namespace: string, name: string, rules: readonly Rule[]): Manifest {
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name, namespace }, rules };
}

export function binding(namespace: string, account: string): Manifest {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: account, namespace },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: account },
    subjects: [{ kind: "ServiceAccount", name: account, namespace }],
  };
}
