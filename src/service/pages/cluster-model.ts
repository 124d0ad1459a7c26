import { FAMILIES } from "#core/address.ts";
import type { Seconds } from "#core/units.ts";
import { familyLabel } from "#report/verdict.ts";
import type { Mark } from "#service/pages/components/mark.ts";
import { type BalancerModel, balancerModel } from "#service/pages/cluster-balancer.ts";
import { type Trouble, troublesOf } from "#service/pages/cluster-trouble.ts";
import { leaderOf, listed, ROLE_WORDS, roleSentence } from "#service/pages/cluster-words.ts";
import {
  type AgentState,
  ALONE_WORDS,
  type ClusterRole,
  type ClusterState,
  type SharedAddressState,
  type SharedRecordState,
} from "#state/cluster.ts";

/** Who leads, what is this pod's part in it, what is shared, how is each record, how is each agent. */
export interface ClusterModel {
  readonly now: Date;
  /** E.g. `node-1 leads`. */
  readonly headline: string;
  readonly pod: string;
  readonly node: string;
  /** E.g. `follows`, since when, and what that means. */
  readonly role: { readonly word: string; readonly since: Date; readonly sentence: string };
  readonly troubles: readonly Trouble[];
  readonly shared: SharedModel | undefined;
  /** Nodes that keep records of their own share none. */
  readonly isShared: boolean;
  readonly balancer: BalancerModel | undefined;
  readonly records: readonly RecordRow[];
  readonly agents: readonly AgentRow[];
}

export interface SharedModel {
  readonly addresses: readonly { readonly label: "IPv4" | "IPv6"; readonly text: string }[];
  /** It may be relied on. */
  readonly isCurrent: boolean;
  readonly by: string;
  readonly agreement: string;
  readonly detectedAt: Date;
  readonly changedAt: Date | undefined;
  readonly validFor: Seconds;
  readonly epoch: number;
  readonly sequence: number;
}

export interface RecordRow {
  readonly name: string;
  readonly type: string;
  readonly mark: Mark;
  readonly word: string;
  readonly published: string | undefined;
  /** Who could not write it. */
  readonly why: string | undefined;
}

export interface AgentRow {
  readonly node: string;
  readonly pod: string;
  readonly isThis: boolean;
  readonly mark: Mark;
  readonly word: string;
  /** Why, where it is not as it should be. */
  readonly why: string | undefined;
  readonly lastWord: Date;
}

export function clusterModel(cluster: ClusterState, now: Date): ClusterModel {
  const { pod, node, role, since, shared, agents } = cluster;
  return {
    now,
    headline: headlineOf(cluster),
    pod,
    node,
    role: { word: ROLE_WORDS[role.kind], since, sentence: roleSentence(role) },
    troubles: troublesOf(cluster, now),
    shared: shared && sharedModel(shared),
    isShared: role.kind !== "independent",
    balancer: balancerModel(cluster),
    records: (shared?.records ?? []).map(recordRow).toSorted((a, b) => urgency(b.mark) - urgency(a.mark)),
    agents: agents
      .map((agent) => (agent.node === node ? thisRow(agent, role) : agentRow(agent)))
      .toSorted((a, b) => urgency(b.mark) - urgency(a.mark) || (a.node < b.node ? -1 : 1)),
  };
}

function headlineOf(cluster: ClusterState): string {
  const { role, node } = cluster;
  if (role.kind === "independent") return "Every node for itself";
  if (role.kind === "alone") return `${node} is on its own`;
  const leader = leaderOf(cluster);
  return leader ? `${leader.node ?? leader.pod} leads` : "Nobody leads";
}

function sharedModel(shared: SharedAddressState): SharedModel {
  const { addresses, leader, agreement, detectedAt, changedAt, validFor, epoch, sequence } = shared;
  return {
    addresses: FAMILIES.flatMap((family) => {
      const address = addresses.get(family);
      return address ? [{ label: familyLabel(family), text: address.text }] : [];
    }),
    isCurrent: !shared.isStale,
    by: leader,
    agreement,
    detectedAt,
    changedAt,
    validFor,
    epoch,
    sequence,
  };
}

function recordRow({ record, published, isDone, passedBy }: SharedRecordState): RecordRow {
  const [name = "", type = ""] = record.split("/");
  const isPassed = !isDone && passedBy.length > 0;
  return {
    name,
    type,
    mark: isDone ? "ok" : isPassed ? "warning" : "pending",
    word: isDone ? "done" : isPassed ? "passed on" : "not yet",
    published: published?.text,
    why: isPassed ? `${listed(passedBy)} could not read or write it.` : undefined,
  };
}

function agentRow({ node, pod, role, lastWord, isStale }: AgentState): AgentRow {
  const common = { node, pod, lastWord, isThis: false };
  if (isStale) {
    const why = `When it was last heard of, it ${PAST[role.kind]}.`;
    return { ...common, mark: "failed", word: "no sign of life", why };
  }
  return { ...common, ...standing(role) };
}

/** Of itself it knows more than it could say to the others. */
function thisRow({ node, pod, lastWord, isStale }: AgentState, role: ClusterRole): AgentRow {
  const common = { node, pod, lastWord, isThis: true };
  if (!isStale) return { ...common, ...standing(role) };
  return { ...common, mark: "warning", word: ROLE_WORDS[role.kind], why: "Its word does not arrive." };
}

function standing(role: ClusterRole): Pick<AgentRow, "mark" | "why" | "word"> {
  const word = ROLE_WORDS[role.kind];
  if (role.kind !== "alone") return { mark: "ok", word, why: undefined };
  return { mark: "warning", word, why: `Because ${ALONE_WORDS[role.because]}.` };
}

const PAST = {
  leading: "led",
  following: "followed",
  alone: "was on its own",
  independent: "was independent",
} as const;

/** What a person has to see first. */
function urgency(mark: Mark): number {
  return ["ok", "pending", "warning", "failed"].indexOf(mark);
}
