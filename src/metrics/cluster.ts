import type { Clock } from "#core/ports.ts";
import { CLUSTER } from "#metrics/definitions.ts";
import type { Instruments, Sample } from "#metrics/instruments.ts";
import { type ClusterState, ROLES, type SharedAddressState } from "#state/cluster.ts";

export interface ClusterContext {
  readonly cluster: () => ClusterState;
  readonly clock: Clock;
}

/** What a pod knows of its cluster when somebody asks. */
export function showCluster(instruments: Instruments, { cluster, clock }: ClusterContext): void {
  showShared(instruments, { cluster, clock });
  instruments.gauge(CLUSTER.role, () => {
    const { kind } = cluster().role;
    return ROLES.map((role) => [{ role }, Number(role === kind)] as const);
  });
  instruments.gauge(CLUSTER.agents, () => {
    const { agents, role } = cluster();
    // Others would have to ask the API server for it at every scrape
    if (role.kind !== "leading") return [];
    const stale = agents.filter(({ isStale }) => isStale).length;
    return [
      [{ state: "current" }, agents.length - stale],
      [{ state: "stale" }, stale],
    ];
  });
  instruments.gauge(CLUSTER.loadBalancerPending, () => {
    const { loadBalancer } = cluster();
    const isThere = loadBalancer !== undefined && loadBalancer.kind !== "none";
    return isThere ? [[{}, Number(loadBalancer.kind === "pending")]] : [];
  });
  instruments.totals(CLUSTER.leaderChanges, () => [[{}, cluster().leaderChanges]]);
  instruments.totals(CLUSTER.takeovers, () => [[{}, cluster().takeovers]]);
  instruments.totals(CLUSTER.requests, () =>
    cluster().requests.map(({ verb, code, count }) => [{ verb, code: String(code) }, count] as const),
  );
}

/** Absent where there is none: nodes that keep records of their own share no address. */
function showShared(instruments: Instruments, { cluster, clock }: ClusterContext): void {
  const each = (read: (shared: SharedAddressState) => number) => (): readonly Sample<never>[] => {
    const { shared } = cluster();
    return shared ? [[{}, read(shared)]] : [];
  };
  instruments.gauge(
    CLUSTER.age,
    // Two clocks that differ make nothing younger than now
    each(({ detectedAt }) => Math.max(0, clock.date().getTime() - detectedAt.getTime()) / 1000),
  );
  instruments.gauge(
    CLUSTER.valid,
    each(({ validFor }) => validFor),
  );
  instruments.gauge(
    CLUSTER.stale,
    each(({ isStale }) => Number(isStale)),
  );
  instruments.gauge(CLUSTER.watching, () => {
    const { role, isWatching } = cluster();
    return role.kind === "independent" ? [] : [[{}, Number(isWatching)]];
  });
}
