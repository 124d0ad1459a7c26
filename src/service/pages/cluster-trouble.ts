import { sayAge } from "#service/assets/moments.js";
import { leaderOf, listed } from "#service/pages/cluster-words.ts";
import type { AgentState, ClusterState, SharedRecordState } from "#state/cluster.ts";

/** Something that is not as it should be, and what a person can do about it. */
export interface Trouble {
  readonly severity: "bad" | "warn";
  readonly words: string;
  readonly advice: string;
  /** To look further. */
  readonly command: string | undefined;
}

/** What is wrong in the cluster, the worst first. */
export function troublesOf(cluster: ClusterState, now: Date): readonly Trouble[] {
  return [
    ...aloneTrouble(cluster, now),
    ...leaderTrouble(cluster),
    ...watchTrouble(cluster),
    ...recordTroubles(cluster),
    ...agentTroubles(cluster, now),
  ];
}

function aloneTrouble(cluster: ClusterState, now: Date): readonly Trouble[] {
  const { role, namespace, objects, shared } = cluster;
  if (role.kind !== "alone") return [];
  const kubectl = `kubectl -n ${namespace}`;
  switch (role.because) {
    case "unreachable":
      return [
        {
          severity: "bad",
          words:
            "The API server does not answer this pod, so it detects for itself and keeps the records right.",
          advice:
            "It comes back by itself. If it stays so, look at the node's network, at the API server, and at the pod's service account.",
          command: "kubectl get --raw /readyz",
        },
      ];
    case "unrenewed":
      return [
        {
          severity: "bad",
          words: `This pod led and could not renew the Lease “${objects.lease}”, so it detects for itself until it hears of another leader.`,
          advice:
            "Its log says why: the API server does not answer, or refuses what the pod's Role should allow.",
          command: `${kubectl} logs ${cluster.pod}`,
        },
      ];
    case "absent":
      return [
        {
          severity: "bad",
          words: `Nobody has written a shared address to the ConfigMap “${objects.configMap}”, so this node detects for itself.`,
          advice:
            "A leader does it as soon as its witnesses agree. If it stays so, its log says what is in the way.",
          command: logsOf(cluster),
        },
      ];
    case "malformed":
      return [
        {
          severity: "bad",
          words: `The ConfigMap “${objects.configMap}” says something that no leader wrote, so this node detects for itself.`,
          advice: "The leader writes it anew by itself. If it comes back, find out who else writes there.",
          command: `${kubectl} get configmap ${objects.configMap} -o yaml --show-managed-fields`,
        },
      ];
    case "stale": {
      const age = shared ? sayAge(now.getTime() - shared.detectedAt.getTime()) : "too long";
      return [
        {
          severity: "bad",
          words: `What the leader tells is ${age} old, and was not renewed in time, so this node detects for itself.`,
          advice:
            "The leader is gone or cut off, or its witnesses do not answer. See whose the Lease is, and how its pod is.",
          command: `${kubectl} get lease,pods -o wide`,
        },
      ];
    }
  }
}

function leaderTrouble(cluster: ClusterState): readonly Trouble[] {
  const { role, namespace, objects } = cluster;
  if (role.kind === "independent" || leaderOf(cluster)) return [];
  return [
    {
      severity: "warn",
      words: `Nobody holds the Lease “${objects.lease}”.`,
      advice: "Another node takes it within half a minute. If none does, their logs say why.",
      command: `kubectl -n ${namespace} describe lease ${objects.lease}`,
    },
  ];
}

/** Whoever is alone has said more about it. */
function watchTrouble({ role, isWatching }: ClusterState): readonly Trouble[] {
  if (isWatching || role.kind === "alone" || role.kind === "independent") return [];
  return [
    {
      severity: "warn",
      words: "This pod does not hear of changes now: its watch of the shared address is closed.",
      advice: "It is opened again by itself, and what was missed is read then.",
      command: undefined,
    },
  ];
}

function recordTroubles(cluster: ClusterState): readonly Trouble[] {
  const passed = (cluster.shared?.records ?? []).filter(
    ({ isDone, passedBy }) => !isDone && passedBy.length > 0,
  );
  const groups = Map.groupBy(passed, ({ passedBy }) => listed(passedBy));
  return [...groups].map(([nodes, records]) => passedTrouble(cluster, nodes, records));
}

function passedTrouble(cluster: ClusterState, nodes: string, records: readonly SharedRecordState[]): Trouble {
  const names = records.slice(0, 3).map(({ record }) => record.replace("/", " "));
  const more = records.length - names.length;
  const what = listed(more > 0 ? [...names, `${more} more`] : names);
  const last = records[0]?.passedBy.at(-1);
  return {
    severity: "warn",
    words: `${nodes} could not read or write ${what}.`,
    advice:
      "The next node tries, and when all have, they begin anew. The log says what the provider answered.",
    command: logsOf(
      cluster,
      cluster.agents.find(({ node }) => node === last),
    ),
  };
}

function agentTroubles({ agents, namespace, node: own }: ClusterState, now: Date): readonly Trouble[] {
  const stale = agents.filter(({ isStale, node }) => isStale && node !== own);
  const [first] = stale;
  if (!first) return [];
  const isOne = stale.length === 1;
  const since = isOne ? ` for ${sayAge(now.getTime() - first.lastWord.getTime())}` : " lately";
  return [
    {
      severity: "warn",
      words: `${listed(stale.map(({ node }) => node))} gave no sign of life${since}.`,
      advice: `Look how ${isOne ? "its pod is" : "their pods are"}. Nodes that are gone for good are forgotten by themselves.`,
      command: `kubectl -n ${namespace} get pods -o wide${isOne ? ` --field-selector spec.nodeName=${first.node}` : ""}`,
    },
  ];
}

const POD = /^[a-z0-9][a-z0-9.-]*$/;

/** @param agent whose; absent: the leader's, as far as it is known */
function logsOf(cluster: ClusterState, agent?: AgentState): string | undefined {
  const pod = agent?.pod ?? leaderOf(cluster)?.pod;
  // A person copies it: what stands in the Lease may be anything
  return pod === undefined || !POD.test(pod) ? undefined : `kubectl -n ${cluster.namespace} logs ${pod}`;
}
