import { ALONE_WORDS, type ClusterRole, type ClusterState } from "#state/cluster.ts";

/** After a node's name. */
export const ROLE_WORDS: Readonly<Record<ClusterRole["kind"], string>> = {
  leading: "leads",
  following: "follows",
  alone: "is on its own",
  independent: "is independent",
};

/** What a pod of that role does, as a sentence. */
export function roleSentence(role: ClusterRole): string {
  switch (role.kind) {
    case "leading":
      return "It detects for all nodes, tells them the shared address, and is the first to write a record.";
    case "following":
      return "It takes the leader's word for the address, and writes a record when its turn comes.";
    case "alone":
      return `It detects for itself, because ${ALONE_WORDS[role.because]}, and lets others write first.`;
    case "independent":
      return "It detects for itself: every node keeps records of its own.";
  }
}

/** Who leads as far as this pod has seen. The Lease names a pod, and what the agents say of themselves its node. */
export interface Leader {
  readonly pod: string;
  readonly node: string | undefined;
}

/** @returns `undefined`: nobody */
export function leaderOf({ role, node, pod, holder, agents }: ClusterState): Leader | undefined {
  if (role.kind === "leading") return { node, pod };
  if (holder === "") return undefined;
  const name = holder.replace(/_[^_]*$/, "");
  return { pod: name, node: agents.find((agent) => agent.pod === name)?.node };
}

/** Whose word the shared address is: `the leader on node-1`. */
export function leaderWords(cluster: ClusterState | undefined): string {
  const node = cluster?.shared?.leader ?? "";
  return node === "" ? "the cluster's leader" : `the leader on ${node}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  const [last = "", ...before] = words.toReversed();
  return before.length === 0 ? last : `${before.toReversed().join(", ")} and ${last}`;
}
