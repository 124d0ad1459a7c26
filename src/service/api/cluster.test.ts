import { afterAll, expect, it } from "vitest";
import { reportCluster } from "#service/api/cluster-report.ts";
import { apiRoutes } from "#service/api/routes.ts";
import type { ClusterState } from "#state/cluster.ts";
import { expectValid } from "#testing/api-contract.ts";
import { clusterState } from "#testing/cluster-state.ts";
import { serveWorld } from "#testing/served-world.ts";

const NOW = new Date("2026-03-14T08:00:00Z");
const PATH = "/api/v1/cluster";

const world = await serveWorld({ kind: "following", routes: apiRoutes });
afterAll(() => world.close());

it("the cluster says who leads, what is shared, and how each record and agent is", async () => {
  const body: unknown = await (await world.ask(PATH)).json();
  expect(body).toMatchObject({
    node: "node-2",
    role: "following",
    aloneBecause: null,
    holder: "esddns-q4mzt_0c9f2a",
    shared: {
      ipv4: "44.128.10.77",
      ipv6: "2a10:ed1:77::1",
      leader: "node-1",
      validForMs: 600_000,
      stale: false,
    },
    agents: [{ node: "node-1", role: "leading", stale: false }, {}, {}, {}],
    loadBalancer: { kind: "address", public: true },
  });
  expect(body).toHaveProperty(
    "shared.records",
    expect.arrayContaining([{ record: "vpn.example.org/A", published: null, done: false, passedBy: [] }]),
  );
});

it.each<Partial<ClusterState>>([
  { role: { kind: "alone", because: "malformed" }, shared: undefined, holder: "", loadBalancer: undefined },
  { loadBalancer: { kind: "hostname", service: "esddns", hostname: "lb.example.org" } },
  { loadBalancer: { kind: "pending", service: "esddns" } },
  { role: { kind: "independent" }, leaseTriedAt: undefined, agents: [] },
])("a cluster that is so is as the document says: %o", (state) => {
  const body: unknown = JSON.parse(JSON.stringify(reportCluster(clusterState(NOW, state))));
  expectValid(PATH, 200, body);
});

it("is a problem where there is no cluster", async () => {
  const other = await serveWorld({ kind: "empty", routes: apiRoutes });
  const answer = await other.ask(PATH);
  expect([answer.status, await answer.json()]).toEqual([
    404,
    {
      type: "/api#no-cluster",
      status: 404,
      title: "This daemon is in no cluster",
      detail: "Pods of `esddns operator` are",
    },
  ]);
  await other.close();
});
