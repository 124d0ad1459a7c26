import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { pause, until } from "../until.ts";
import { createAccount, OPERATOR_RULES } from "./account.ts";
import { Cluster } from "./cluster.ts";
import { Fleet } from "./fleet.ts";
import { Outside } from "./outside.ts";
import { type Pod, Pods } from "./pods.ts";
import { noCluster } from "./programs.ts";

/** A leader that says nothing more is replaced within: Lease 15 s, and up to 4.4 s until somebody looks. */
const SUCCESSION = 40_000;

describe.skipIf(noCluster())("the operator, a process for each pod", () => {
  let cluster: Cluster;
  let namespace: string;

  beforeAll(async () => {
    cluster = await Cluster.start({ parts: [], audit: true });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());
  beforeEach(async () => {
    namespace = `ddns-${randomUUID().slice(0, 8)}`;
    await createAccount(cluster, namespace, "esddns", OPERATOR_RULES);
  });

  it("asks and writes once, however many pods there are, and does nothing that it may not", async () => {
    await using outside = await Outside.start();
    await using pods = await Pods.of(cluster);
    await using fleet = await startFleet(pods, outside, 3);
    await until("the first write", () => outside.published === outside.address, 30_000);
    const leader = await fleet.leader();
    const address = outside.move();
    await until("the second write", () => outside.published === address, 30_000);
    const others = fleet.followers(leader);
    const isIt = (address: string) => ({ where: (entry: object) => JSON.stringify(entry).includes(address) });
    await Promise.all(others.map((other) => other.says("Public address", isIt(address))));
    await pause(11_000);
    expect(outside.writes.map(({ pod, status }) => ({ pod, status }))).toEqual([
      { pod: leader.pod.name, status: 201 },
      { pod: leader.pod.name, status: 201 },
    ]);
    for (const other of others) {
      const asked = other.log.filter((entry) => JSON.stringify(entry).includes("stun:"));
      expect(asked).toEqual([]);
    }
    const audit = await cluster.audit(`system:serviceaccount:${namespace}:esddns`);
    expect(audit.filter(({ code, uri }) => code === 403 || uri.includes("secrets"))).toEqual([]);
    expect(fleet.operators.flatMap((operator) => operator.others)).toEqual([]);
  });

  it("goes on when its leader is told to end, killed, or frozen", async () => {
    await using outside = await Outside.start();
    await using pods = await Pods.of(cluster);
    await using fleet = await startFleet(pods, outside, 3);
    const first = await fleet.leader();
    expect(await first.stop()).toMatchObject({ status: 0 });
    const second = await fleet.leader(first, SUCCESSION);
    await first.restart();
    await first.says("esddns started");
    await second.kill();
    const third = await fleet.leader(second, SUCCESSION);
    await second.restart();
    await second.says("esddns started");
    third.signal("SIGSTOP");
    await fleet.leader(third, SUCCESSION);
    const address = outside.move();
    await until("somebody else to write", () => outside.published === address, 30_000);
    third.signal("SIGCONT");
    await pause(5000);
    expect(outside.writes.at(-1)?.pod).not.toBe(third.pod.name);
    expect(new Set(outside.writes.map(({ values }) => values.join())).size).toBe(outside.writes.length);
  });

  async function startFleet(pods: Pods, outside: Outside, count: number): Promise<Fleet> {
    const made: readonly Pod[] = await pods.create({ namespace, account: "esddns", count });
    const fleet = await Fleet.start({ cluster, pods: made, outside });
    await fleet.all("esddns started");
    return fleet;
  }
});
