import { describe, expect, it } from "vitest";
import type { ClusterState } from "#state/cluster.ts";
import { clusterState, FOLLOWING, agent, sharedAddress } from "#testing/cluster-state.ts";
import { meteredWorld } from "#testing/metered-world.ts";

const MINUTE = 60_000;

/** What /metrics says of a pod that follows, its cluster being so. */
async function samplesOf(change: (now: Date) => Partial<ClusterState> = () => ({})) {
  await using it = await meteredWorld({ ...FOLLOWING, cluster: (now) => clusterState(now, change(now)) });
  return it.samples();
}

describe("a pod in a cluster", () => {
  it("says its role, one of four", async () => {
    const samples = await samplesOf();
    const role = (name: string) => samples.get(`esddns_cluster_role{role="${name}"}`);
    expect(["leading", "following", "alone", "independent"].map(role)).toEqual([0, 1, 0, 0]);
    const alone = await samplesOf(() => ({ role: { kind: "alone", because: "stale" } }));
    expect(alone.get('esddns_cluster_role{role="alone"}')).toBe(1);
    expect(alone.get('esddns_cluster_role{role="following"}')).toBe(0);
  });

  it("says how old the shared address is, and how old it may be", async () => {
    const samples = await samplesOf();
    expect(samples.get("esddns_shared_address_age_seconds")).toBe(42);
    expect(samples.get("esddns_shared_address_valid_seconds")).toBe(600);
    expect(samples.get("esddns_shared_address_stale")).toBe(0);
    expect(samples.get("esddns_shared_address_watching")).toBe(1);
    const stale = await samplesOf((now) => ({
      shared: sharedAddress(now, { isStale: true }),
      isWatching: false,
    }));
    expect(stale.get("esddns_shared_address_stale")).toBe(1);
    expect(stale.get("esddns_shared_address_watching")).toBe(0);
  });

  it("has none from the future, when clocks differ", async () => {
    const samples = await samplesOf((now) => ({
      shared: sharedAddress(now, { detectedAt: new Date(now.getTime() + MINUTE) }),
    }));
    expect(samples.get("esddns_shared_address_age_seconds")).toBe(0);
  });

  it("says nothing of a shared address that there is not", async () => {
    const names = [...(await samplesOf(() => ({ shared: undefined }))).keys()];
    expect(names.filter((name) => name.startsWith("esddns_shared_address"))).toEqual([
      "esddns_shared_address_watching",
    ]);
    const independent = await samplesOf(() => ({ shared: undefined, role: { kind: "independent" } }));
    expect([...independent.keys()].filter((name) => name.startsWith("esddns_shared"))).toEqual([]);
  });

  it("counts agents by whether they gave a sign of life, where it leads", async () => {
    const agents = (now: Date) => [
      agent(now, "a", "a"),
      agent(now, "b", "b"),
      agent(now, "c", "c", { isStale: true }),
    ];
    const leader = await samplesOf((now) => ({ role: { kind: "leading" }, agents: agents(now) }));
    expect(leader.get('esddns_cluster_agents{state="current"}')).toBe(2);
    expect(leader.get('esddns_cluster_agents{state="stale"}')).toBe(1);
    const follower = await samplesOf((now) => ({ agents: agents(now) }));
    expect(follower.has('esddns_cluster_agents{state="current"}')).toBe(false);
  });

  it("counts leaders, takeovers and requests", async () => {
    const samples = await samplesOf(() => ({ takeovers: 2 }));
    expect(samples.get("esddns_cluster_leader_changes_total")).toBe(1);
    expect(samples.get("esddns_cluster_takeovers_total")).toBe(2);
    expect(samples.get('esddns_kubernetes_requests_total{verb="update",code="409"}')).toBe(1);
    expect(samples.get('esddns_kubernetes_requests_total{verb="watch",code="0"}')).toBe(1);
  });

  it.each<readonly [ClusterState["loadBalancer"], number | undefined]>([
    [{ kind: "pending", service: "esddns" }, 1],
    [{ kind: "hostname", service: "esddns", hostname: "lb.example.org" }, 0],
    [{ kind: "none", service: "esddns" }, undefined],
    [undefined, undefined],
  ])("says whether a load balancer waits for its address: %o", async (loadBalancer, expected) => {
    const samples = await samplesOf(() => ({ loadBalancer }));
    expect(samples.get("esddns_load_balancer_pending")).toBe(expected);
  });
});

describe("a pod that follows", () => {
  it("has the verdict, and nothing of witnesses that it never asked", async () => {
    await using it = await meteredWorld({ ...FOLLOWING, cluster: clusterState });
    const samples = await it.samples();
    expect(samples.get('esddns_verdict{family="4",verdict="known"}')).toBe(1);
    expect(samples.get('esddns_record_in_sync{domain="home.example.org",record_type="A"}')).toBe(1);
    const ofWitnesses = /^esddns_(operators|witnesses|address_(since|confirmed))/;
    expect([...samples.keys()].filter((name) => ofWitnesses.test(name))).toEqual([]);
  });
});
