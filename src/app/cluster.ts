import { hostname } from "node:os";
import type { Configuration } from "#config/configuration.ts";
import type { Environment } from "#config/location.ts";
import { ConfigError } from "#core/errors.ts";
import type { Files } from "#core/ports.ts";
import type { EngineOptions } from "#engine/assembly.ts";
import type { ApiAccess } from "#kubernetes/api/access.ts";
import { findAccess } from "#kubernetes/api/find-access.ts";
import { createNodeTransport, type KeepingTransport } from "#kubernetes/api/node-transport.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { ClusterEngine } from "#kubernetes/cluster/cluster-engine.ts";
import { countRequests } from "#kubernetes/cluster/count-requests.ts";
import { requestTimeout } from "#kubernetes/election/lease-elector.ts";

/** Where this pod is. */
export interface ClusterPlace {
  readonly access: ApiAccess;
  readonly node: string;
  readonly pod: string;
}

/** The engine of a pod in a cluster, and the way to its API server. */
export interface Cluster {
  readonly engine: ClusterEngine;
  /** Ends every connection; after the engine. */
  close(): void;
}

/**
 * From what Kubernetes gives to pods.
 *
 * @throws {ConfigError} (rejects) outside a cluster, and for a node without a name
 */
export async function findCluster(env: Environment, files: Files): Promise<ClusterPlace> {
  const node = env["NODE_NAME"] ?? "";
  if (node === "") {
    const message = "Cannot tell nodes apart: NODE_NAME is not set, expected the name of this node";
    const hint = "set it from spec.nodeName by the downward API, as the chart does";
    throw new ConfigError(message, [{ path: "", message, hint }], { hint });
  }
  return { access: await findAccess(env, files), node, pod: env["POD_NAME"] ?? hostname() };
}

export function createCluster(
  engine: EngineOptions,
  { access, node, pod }: ClusterPlace,
  { kubernetes, isPerNode }: Pick<Configuration, "isPerNode" | "kubernetes">,
  files: Files,
): Cluster {
  const { clock } = engine;
  const transport: KeepingTransport = createNodeTransport(access, { files, clock });
  const counted = countRequests(transport);
  const client = createKubernetesClient({ transport: counted, clock, purpose: "operator" });
  const electionClient = createKubernetesClient({
    transport: counted,
    clock,
    purpose: "leader-election",
    timeout: requestTimeout(),
  });
  const { configMap, lease, agents, service } = kubernetes;
  return {
    engine: new ClusterEngine({
      engine,
      isPerNode,
      client,
      electionClient,
      namespace: access.namespace,
      configMap,
      lease,
      agents,
      service,
      node,
      pod,
      requests: () => counted.counts(),
    }),
    close: () => transport.close(),
  };
}
