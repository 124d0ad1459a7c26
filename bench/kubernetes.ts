import { Cluster } from "../e2e/kube/cluster.ts";
import { noCluster } from "../e2e/kube/programs.ts";
import { crowdRows } from "./kubernetes/crowds.ts";
import { failoverRows } from "./kubernetes/failover.ts";
import { type RequestLoads, requestRows } from "./kubernetes/requests.ts";
import type { CrowdLoads } from "./kubernetes/see-crowd.ts";
import { startStanding } from "./kubernetes/standing.ts";
import { type Garbage, weightRows } from "./kubernetes/weight.ts";
import type { Row } from "./rows.ts";

export interface KubernetesLoads {
  readonly crowds: CrowdLoads;
  readonly requests: RequestLoads;
  /** Of leaders, in each of two fleets. */
  readonly kills: number;
  readonly garbage: Garbage;
}

/** Agents as processes beside a real API server: what many cost, how soon they know, and who leads when one is gone. */
export async function kubernetesRows(program: string, loads: KubernetesLoads): Promise<readonly Row[]> {
  const why = noCluster();
  if (why !== false) return [leftOut(why)];
  return [...(await crowdRows(program, loads.crowds)), ...(await waitingRows(program, loads))];
}

/** Side by side: most of the time is spent waiting, and what is counted and weighed takes no notice of the others. */
async function waitingRows(
  program: string,
  { requests, kills, garbage }: KubernetesLoads,
): Promise<readonly Row[]> {
  await using cluster = await Cluster.start({ parts: [], audit: "bodies" });
  // Before anything is timed: their start takes all processors for a while
  await using standing = await startStanding({ cluster, program, agents: requests.agents });
  const rows = await Promise.all([
    requestRows(standing.crowds, requests),
    failoverRows({ cluster, program, kills }),
    weightRows({ cluster, program, garbage }),
  ]);
  return rows.flat();
}

function leftOut(why: string): Row {
  return {
    what: "agents in a Kubernetes cluster",
    reach: "measured",
    measured: `left out: ${why}`,
    reached: undefined,
    note: "`npm run test:kube` builds a Kubernetes with Go, once",
  };
}
