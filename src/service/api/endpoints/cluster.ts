import { reportCluster } from "#service/api/cluster-report.ts";
import { endpoint, PLAIN } from "#service/api/endpoint.ts";
import { cluster } from "#service/api/schemas/cluster.ts";

export const clusterEndpoint = endpoint(
  {
    ...PLAIN,
    id: "getCluster",
    path: "/api/v1/cluster",
    summary: "Who leads, what the leader tells, and how the agents are",
    answers: { 200: { description: "The cluster, as this pod knows it", schema: cluster } },
    problems: { 404: "This daemon is in no cluster" },
  },
  ({ api: { service } }) => {
    service.lookAtCluster?.();
    if (service.cluster) return { kind: "value", value: reportCluster(service.cluster()) };
    const title = "This daemon is in no cluster";
    return {
      kind: "problem",
      status: 404,
      type: "no-cluster",
      title,
      detail: "Pods of `esddns operator` are",
    };
  },
);
