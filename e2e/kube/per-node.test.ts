import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ZONE } from "../lab.ts";
import { until } from "../until.ts";
import { createAccount, OPERATOR_RULES } from "./account.ts";
import { readAuditLog } from "./audit-log.ts";
import { Cluster } from "./cluster.ts";
import { Fleet } from "./fleet.ts";
import { Outside } from "./outside.ts";
import { Pods } from "./pods.ts";
import { noCluster } from "./programs.ts";

const NAMESPACE = "ddns";
const SECTIONS = {
  schedule: { interval: "10s", probe: "1s", hold: "0s" },
  records: [{ name: `{node}.${ZONE}`, types: ["A"], provider: "main" }],
};

describe.skipIf(noCluster())("a cluster that spans sites, with a record for each node", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ parts: [], audit: true });
    await createAccount(cluster, NAMESPACE, "esddns", OPERATOR_RULES);
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it("publishes each node's own address, without a leader, and says so", async () => {
    await using here = await Outside.start();
    await using there = await Outside.start();
    await using pods = await Pods.of(cluster);
    const made = await pods.create({ namespace: NAMESPACE, account: "esddns", count: 2 });
    const siteOf = ({ node }: { readonly node: string }) => (node === "node-1" ? here : there);
    await using fleet = await Fleet.start({ cluster, pods: made, outside: siteOf, sections: SECTIONS });
    const rightAt = (node: string) => {
      const { address, provider } = siteOf({ node });
      return until(`the record of ${node}`, () => provider.values(node)[0] === address, 30_000);
    };
    await Promise.all([rightAt("node-1"), rightAt("node-2")]);
    there.move();
    await rightAt("node-2");
    expect([here, there].map(({ writes }) => writes.map(({ name }) => name))).toEqual([
      ["node-1"],
      ["node-2", "node-2"],
    ]);
    const events = () => cluster.kubectl("describe", "configmap", "esddns-wan-ip", "-n", NAMESPACE);
    for (const node of ["node-1", "node-2"])
      await until(`an Event of ${node}`, async () =>
        (await events()).split("\n").some((line) => line.includes("RecordChanged") && line.includes(node)),
      );
    expect(await fleet.leaderNow()).toBeUndefined();
    const requests = readAuditLog(cluster, NAMESPACE).filter(({ pod }) => pod !== "");
    expect(requests.filter(({ code, resource }) => code === 403 || resource === "leases")).toEqual([]);
    expect(fleet.operators.flatMap((operator) => operator.others)).toEqual([]);
  });
});
