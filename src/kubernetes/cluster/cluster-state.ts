import { addressFor } from "#core/plan.ts";
import type { Clock } from "#core/ports.ts";
import { type DesiredRecord, familyOf, recordId } from "#core/record.ts";
import { elapsed, type Instant, type Milliseconds } from "#core/units.ts";
import type { EngineOptions } from "#engine/assembly.ts";
import type { Census } from "#kubernetes/cluster/census.ts";
import type { ClusterPartsOptions } from "#kubernetes/cluster/cluster-parts.ts";
import type { LoadBalancerWatch } from "#kubernetes/cluster/load-balancer-watch.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import type { SharedObject } from "#kubernetes/cluster/shared-object.ts";
import type { LeaseElector } from "#kubernetes/election/lease-elector.ts";
import type { AgentState, ClusterState, SharedAddressState, SharedRecordState } from "#state/cluster.ts";

/** What the engine itself knows, and no part of it. */
type OwnState = Pick<ClusterState, "isWatching" | "leaderChanges" | "role" | "since" | "takeovers">;

type ShownOptions = Pick<
  ClusterPartsOptions,
  "agents" | "configMap" | "lease" | "namespace" | "node" | "pod" | "requests"
> & { readonly engine: Pick<EngineOptions, "clock" | "records"> };

/** What of the parts is looked at. */
export interface ShownParts {
  readonly object: Pick<SharedObject, "age" | "sight">;
  readonly elector: Pick<LeaseElector, "leader" | "triedAt">;
  readonly census: Pick<Census, "agents">;
  readonly loadBalancer: Pick<LoadBalancerWatch, "state">;
}

/** The cluster for people, as this pod sees it at this moment. */
export function clusterState(
  options: ShownOptions,
  { object, elector, census, loadBalancer }: ShownParts,
  own: OwnState,
): ClusterState {
  const { namespace, configMap, lease, agents, node, pod, requests, engine } = options;
  const shared = object.sight.kind === "present" ? object.sight.shared : undefined;
  const isLeading = own.role.kind === "leading";
  return {
    ...own,
    namespace,
    objects: { configMap, lease, agents },
    node,
    pod,
    holder: elector.leader,
    leaseTriedAt: dateOf(elector.triedAt, engine.clock),
    shared: shared && sharedState(shared, object, engine),
    agents: agentStates(census.agents, isLeading ? undefined : shared),
    loadBalancer: isLeading ? loadBalancer.state : shared?.loadBalancer,
    requests: requests(),
  };
}

/** Each configured record, and whether it is done. */
function sharedState(
  shared: SharedAddress,
  { age }: Pick<SharedObject, "age">,
  { clock, records }: Pick<EngineOptions, "clock" | "records">,
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
    seenAt: dateBefore(age, clock),
    isStale: age > validFor * 1000,
    records: records.map((record) => recordState(record, shared)),
  };
}

/** Those whom the leader does not count on are stale, whatever this pod has seen of them so far. */
function agentStates(
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

function dateOf(moment: Instant | undefined, clock: Clock): Date | undefined {
  return moment === undefined ? undefined : dateBefore(elapsed(moment, clock.now()), clock);
}

/** As long ago as it is, also where the wall clock was set since. */
function dateBefore(age: Milliseconds, clock: Clock): Date {
  return new Date(clock.date().getTime() - age);
}
