import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../until.ts";
import { MINIMAL } from "./chart-rendering.ts";
import { Cluster } from "./cluster.ts";
import { Fleet } from "./fleet.ts";
import { Releases } from "./helm-releases.ts";
import { Outside } from "./outside.ts";
import { Pods } from "./pods.ts";
import { noCluster } from "./programs.ts";

const NODES = 2;

describe.skipIf(noCluster())("a release of the chart", () => {
  let cluster: Cluster;
  let pods: Pods;
  beforeAll(async () => {
    cluster = await Cluster.start({ nodes: NODES });
    pods = await Pods.of(cluster);
  });
  afterAll(async () => {
    await pods[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  /** The program in each of its pods, with its rights and the names of its objects. */
  async function fleetOf(
    releases: Releases,
    release: string,
    prefix: string,
    outside: Outside,
  ): Promise<Fleet> {
    const its = await pods.find(releases.namespace, `app.kubernetes.io/instance=${release}`);
    expect(its.map(({ node }) => node).toSorted()).toEqual(["node-1", "node-2"]);
    const sections = { kubernetes: await releases.section(prefix, "kubernetes") };
    return Fleet.start({
      cluster,
      pods: its,
      outside,
      sections: { ...outside.configFor(its[0]!), ...sections },
    });
  }

  /** What the pods wrote, as it stands. */
  function written(releases: Releases, prefix = "esddns"): Promise<readonly string[]> {
    return Promise.all([
      releases.field("{.data}", "configmap", `${prefix}-wan-ip`),
      releases.field("{.data}", "configmap", `${prefix}-agents`),
      releases.field("{.spec}", "lease", `${prefix}-leader`),
    ]);
  }

  it.each([
    ["by server-side apply, as Helm 4 does", "true"],
    ["by a client's patches, as Helm 3 does", "false"],
  ])("keeps what its pods wrote over upgrades and rollbacks %s", async (_how, isServerSide) => {
    await using outside = await Outside.start();
    const releases = await Releases.in(cluster, `upgrades-${isServerSide}`);
    const apply = `--server-side=${isServerSide}`;
    await releases.install("esddns-operator", ...MINIMAL, apply);
    {
      await using fleet = await fleetOf(releases, "esddns-operator", "esddns", outside);
      await fleet.all("esddns started");
      await until("the record", () => outside.published === outside.address, 30_000);
      await until("every agent's word", async () => (await written(releases))[1]?.includes("node-2"), 30_000);
    }
    const before = await written(releases);
    expect(before[0]).toContain(`"current_ip":"${outside.address}"`);
    expect(before[2]).toContain("leaseTransitions");
    await releases.upgrade("esddns-operator", "--set", "config.log.level=debug,environment=test", apply);
    expect(await releases.field("{.metadata.labels.environment}", "configmap", "esddns-wan-ip")).toBe("test");
    expect(await written(releases)).toEqual(before);
    await releases.upgrade("esddns-operator", apply);
    expect(await written(releases)).toEqual(before);
    await releases.helm("rollback", "esddns-operator", "1", apply);
    expect(await releases.field("{.metadata.labels.environment}", "configmap", "esddns-wan-ip")).toBe("");
    expect(await written(releases)).toEqual(before);
    await releases.helm("uninstall", "esddns-operator", "--wait");
    expect(await releases.leftovers()).toEqual([]);
  });

  it("leaves nothing behind, whatever its pods do while it is taken away", async () => {
    await using outside = await Outside.start();
    const releases = await Releases.in(cluster, "taken-away");
    await releases.install("esddns-operator", ...MINIMAL);
    await using fleet = await fleetOf(releases, "esddns-operator", "esddns", outside);
    await until("the record", () => outside.published === outside.address, 30_000);
    await releases.helm("uninstall", "esddns-operator", "--wait");
    await Promise.all(fleet.operators.map((operator) => operator.stop()));
    expect(await releases.leftovers()).toEqual([]);
  });

  it("does not meet another one in its namespace", async () => {
    await using outside = await Outside.start();
    await using elsewhere = await Outside.start();
    const releases = await Releases.in(cluster, "two-releases");
    await releases.install("esddns-operator", ...MINIMAL);
    const alone = await releases.contents();
    await releases.install("office", ...MINIMAL);
    await using first = await fleetOf(releases, "esddns-operator", "esddns", outside);
    await using second = await fleetOf(releases, "office", "office-esddns-operator", elsewhere);
    await Promise.all([first.all("esddns started"), second.all("esddns started")]);
    await until("the first's record", () => outside.published === outside.address, 30_000);
    await until("the second's record", () => elsewhere.published === elsewhere.address, 30_000);
    expect((await written(releases))[0]).toContain(`"current_ip":"${outside.address}"`);
    const itsOwn = await written(releases, "office-esddns-operator");
    expect(itsOwn[0]).toContain(`"current_ip":"${elsewhere.address}"`);
    await releases.helm("uninstall", "office", "--wait");
    const [stable, now] = [alone, await releases.contents()].map(withoutPods);
    expect(now).toEqual(stable);
    await releases.helm("uninstall", "esddns-operator", "--wait");
  });
});

/** Pods, and what counts their versions and endpoints, have names of the moment. */
function withoutPods(names: readonly string[]): readonly string[] {
  return names.filter((name) => !/^(?:Pod|EndpointSlice|ControllerRevision)\//.test(name));
}
