import type { z } from "zod";
import { toMilliseconds } from "#core/units.ts";
import type { cluster as clusterSchema } from "#service/api/schemas/cluster.ts";
import type {
  AgentState,
  ClusterRole,
  ClusterState,
  LoadBalancerState,
  SharedAddressState,
} from "#state/cluster.ts";

type ClusterReport = z.output<typeof clusterSchema>;

/** What this pod knows of its cluster, as JSON. */
export function reportCluster(cluster: ClusterState): ClusterReport {
  const { namespace, node, pod, role, since, holder, shared, agents, loadBalancer } = cluster;
  return {
    namespace,
    node,
    pod,
    ...reportRole(role),
    since: since.toISOString(),
    holder: holder === "" ? null : holder,
    watching: cluster.isWatching,
    shared: shared ? reportShared(shared) : null,
    agents: agents.map(reportAgent),
    loadBalancer: loadBalancer ? reportLoadBalancer(loadBalancer) : null,
    leaderChanges: cluster.leaderChanges,
    takeovers: cluster.takeovers,
  };
}

function reportRole(role: ClusterRole): Pick<ClusterReport, "aloneBecause" | "role"> {
  return { role: role.kind, aloneBecause: role.kind === "alone" ? role.because : null };
}

function reportShared(shared: SharedAddressState): NonNullable<ClusterReport["shared"]> {
  const { addresses, detectedAt, changedAt, epoch, sequence, validFor, agreement, leader, seenAt } = shared;
  return {
    ipv4: addresses.get(4)?.text ?? null,
    ipv6: addresses.get(6)?.text ?? null,
    detectedAt: detectedAt.toISOString(),
    changedAt: changedAt?.toISOString() ?? null,
    epoch,
    sequence,
    validForMs: toMilliseconds(validFor),
    agreement,
    leader,
    seenAt: seenAt.toISOString(),
    stale: shared.isStale,
    records: shared.records.map(({ record, published, isDone, passedBy }) => ({
      record,
      published: published?.text ?? null,
      done: isDone,
      passedBy,
    })),
  };
}

function reportAgent({ node, pod, role, lastWord, isStale }: AgentState): ClusterReport["agents"][number] {
  return { node, pod, ...reportRole(role), lastWord: lastWord.toISOString(), stale: isStale };
}

function reportLoadBalancer(loadBalancer: LoadBalancerState): NonNullable<ClusterReport["loadBalancer"]> {
  const { kind, service } = loadBalancer;
  switch (kind) {
    case "none":
    case "pending":
      return { kind, service };
    case "address":
      return { kind, service, address: loadBalancer.address, public: loadBalancer.isPublic };
    case "hostname":
      return { kind, service, hostname: loadBalancer.hostname };
  }
}
