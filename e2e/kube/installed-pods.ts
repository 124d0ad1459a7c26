import { z } from "zod";
import { NAMESPACE } from "./install-chart.ts";
import type { Nodes } from "./nodes.ts";

export const NODES = ["node-1", "node-2", "node-3"] as const;
export const SELECTOR = "app.kubernetes.io/name=esddns-operator";

export type NodeName = (typeof NODES)[number];

/** A pod of the DaemonSet. */
export interface InstalledPod {
  readonly name: string;
  readonly uid: string;
  readonly node: NodeName;
  /** Empty: it has none yet. */
  readonly address: string;
  readonly restarts: number;
}

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), uid: z.string() }),
      spec: z.object({ nodeName: z.enum(NODES) }),
      status: z.object({
        podIP: z.string().default(""),
        containerStatuses: z.array(z.object({ restartCount: z.number() })).default([]),
      }),
    }),
  ),
});

/** As the API server knows them. */
export async function installedPods(nodes: Nodes): Promise<readonly InstalledPod[]> {
  const list = await nodes.json("get", "pods", "-n", NAMESPACE, "-l", SELECTOR);
  return podList.parse(list).items.map(({ metadata, spec, status }) => ({
    ...metadata,
    node: spec.nodeName,
    address: status.podIP,
    restarts: Math.max(0, ...status.containerStatuses.map(({ restartCount }) => restartCount)),
  }));
}
