import { afterAll, describe, expect, it } from "vitest";
import { healthRoutes } from "#service/health.ts";
import { metricsRoute } from "#service/metrics-route.ts";
import { clusterRoutes } from "#service/pages/cluster.ts";
import { pageRoutes } from "#service/pages/routes.ts";
import type { ClusterState } from "#state/cluster.ts";
import { agent, clusterState, sharedAddress, sharedRecord } from "#testing/cluster-state.ts";
import { askPage, askRoute, READER } from "#testing/ask-route.ts";
import { serviceWorld } from "#testing/service-world.ts";

const NOW = new Date("2026-03-14T08:00:00Z");
const world = await serviceWorld("following");
afterAll(() => world.close());

/** The page, its cluster being so. */
function page(state: Partial<ClusterState> = {}): Promise<string> {
  const routes = clusterRoutes({ ...world.context, now: () => NOW, cluster: () => clusterState(NOW, state) });
  return askPage(routes, "GET", "/cluster", { caller: READER });
}

describe("the cluster's page", () => {
  it("is not there without a cluster, and no page leads to it", async () => {
    const lonely = await serviceWorld("empty");
    expect(clusterRoutes(lonely.context)).toEqual([]);
    expect(await askPage(pageRoutes(lonely.context), "GET", "/")).not.toContain('href="/cluster"');
    expect(await askPage(pageRoutes(world.context), "GET", "/")).toContain('href="/cluster"');
    await lonely.close();
  });

  it("is a look at it, which other pages, probes and scrapes are not", async () => {
    let looks = 0;
    const context = { ...world.context, lookAtCluster: () => void (looks += 1) };
    const routes = [...pageRoutes(context), ...healthRoutes(context), metricsRoute(context, true)];
    for (const path of ["/", "/sources", "/history"]) await askPage(routes, "GET", path);
    for (const path of ["/livez", "/readyz", "/healthz", "/metrics"]) await askRoute(routes, "GET", path);
    expect(looks).toBe(0);
    await askPage(routes, "GET", "/cluster");
    expect(looks).toBe(1);
  });

  it("has an id for everything that moves, whether or not there is trouble", async () => {
    const live = (html: string) => [...html.matchAll(/\sid="([^"]+)"\s+data-live/g)].map(([, id]) => id);
    const trouble = await page({ role: { kind: "alone", because: "stale" }, holder: "", isWatching: false });
    const well = live(await page());
    expect(well).toEqual(["cluster-head", "cluster-truth", "cluster-records", "cluster-agents"]);
    expect(live(trouble)).toEqual(well);
  });

  it("shows what others wrote as text, whatever it is", async () => {
    const evil = `<img src=x onerror="alert(1)">'"&`;
    const html = await page({
      holder: `${evil}_1`,
      shared: sharedAddress(NOW, {
        agreement: evil,
        leader: evil,
        records: [sharedRecord(`${evil}/A`, { isDone: false, passedBy: [evil] })],
      }),
      agents: [agent(NOW, evil, evil, { isStale: true })],
      loadBalancer: { kind: "hostname", service: evil, hostname: evil },
    });
    expect(html).not.toContain("<img");
    expect(html.split("&lt;img src=x").length).toBeGreaterThan(10);
  });

  it("folds away what is done when it is much, and stays small", async () => {
    const names = Array.from({ length: 200 }, (_, index) => `host-${index}.example.org/A` as const);
    const records = names.map((name, index) => sharedRecord(name, { isDone: index !== 7 }));
    const agents = Array.from({ length: 100 }, (_, index) => agent(NOW, `node-${index}`, `esddns-${index}`));
    const html = await page({ shared: sharedAddress(NOW, { records }), agents });
    expect(html).toContain("199 of 200 done");
    expect(html).toContain("<summary>199 done</summary>");
    expect(html.match(/<tr>\s*<th scope="row">host-/g)).toHaveLength(1);
    expect(Buffer.byteLength(html)).toBeLessThan(60_000);
  });
});
