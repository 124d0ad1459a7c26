import type { DesiredRecord } from "#core/record.ts";
import { familyOf, recordId } from "#core/record.ts";
import { addressFor } from "#core/plan.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import type { AgentState, SharedAddressState, SharedRecordState } from "#state/cluster.ts";

/** The shared address for people: each configured record, and whether it is done. */
export function sharedState(
  shared: SharedAddress,
  records: readonly DesiredRecord[],
  { seenAt, isStale }: Pick<SharedAddressState, "isStale" | "seenAt">,
): SharedAddressState {
  const { addresses, detectedAt, changedAt, epoch, sequence, validFor, agreement, leader } = shared;
  return {
    addresses,
    detectedAt,
    changedAt,
    epoch,
    sequence,
    validFor,
    agreement,
    leader,
    seenAt,
    isStale,
    records: records.map((record) => recordState(record, shared)),
  };
}

/** Those whom the leader does not count on are stale, whatever this pod has seen of them so far. */
export function agentStates(
  agents: readonly AgentState[],
  shared: SharedAddress | undefined,
): readonly AgentState[] {
  return agents
    .map((agent) => ({
      ...agent,
      isStale: agent.isStale || (shared !== undefined && !shared.members.includes(agent.node)),
    }))
    .toSorted((a, b) => (a.node < b.node ? -1 : 1));
}

function recordState(
  record: DesiredRecord,
  { addresses, published, passed }: SharedAddress,
): SharedRecordState {
  const id = recordId(record);
  const address = addresses.get(familyOf(record.type));
  const held = published.get(id);
  return {
    record: id,
    published: held,
    isDone: address !== undefined && held?.text === addressFor(record, address).text,
    passedBy: passed.get(id) ?? [],
  };
}
