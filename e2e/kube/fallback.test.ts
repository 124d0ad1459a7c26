import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pause, until } from "../until.ts";
import { binding } from "./account.ts";
import { openApi } from "./api-client.ts";
import { Cluster } from "./cluster.ts";
import type { Write } from "./counting-provider.ts";
import { CONFIG_MAPS } from "#kubernetes/api/resource.ts";
import type { Entry } from "./operator-log.ts";
import { noCluster } from "./programs.ts";
import { Scene } from "./scene.ts";
import { Stranger } from "./stranger.ts";

/** A leader that cannot renew its Lease leads no more (`renewDeadline`), and two seconds. */
const DEPOSED = 12_000;
/** Nobody writes in the place of one who may be there. */
const TURN = 20_000;

describe.skipIf(noCluster())("agents in trouble", { concurrent: true }, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ parts: [], audit: "bodies" });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it("write one after the other when the Lease is a stranger's", { timeout: 240_000 }, async () => {
    await using scene = await Scene.start({ cluster });
    const writes = scene.writesFromNow();
    const leader = await scene.leader();
    await using stranger = await Stranger.takes(scene);
    await leader.says("Leading no more");
    scene.move();
    const ms = await scene.isRight(90_000);
    console.log(`with a stranger's Lease the record followed after ${ms} ms`);
    await pause(TURN);
    expect(made(writes())).toHaveLength(1);
    const event = await scene.event("FallbackBegan");
    expect(event).toMatchObject({ kind: "ConfigMap", type: "Warning" });
    expect(event.message).toContain(`the Lease is held by ${stranger.name}`);
    for (const { log } of scene.fleet.running)
      expect(log.find(isFallback)).toMatchObject({ holder: stranger.name });
    await stranger[Symbol.asyncDispose]();
    await scene.recovers();
    expect(made(writes())).toHaveLength(1);
  });

  it("go on when the API server takes their tokens no more", { timeout: 240_000 }, async () => {
    await using scene = await Scene.start({ cluster });
    const expired = new Set<string>();
    scene.gateway.rule = ({ token }) => {
      expired.add(token);
      return "pass as a stranger";
    };
    scene.gateway.endWatches();
    await changes(scene, async () => {
      scene.gateway.rule = ({ token }) => (expired.has(token) ? "pass as a stranger" : "pass");
      await Promise.all(scene.fleet.operators.map(({ pod }) => scene.pods.renew(pod)));
    });
    said(scene, "it may have expired or been revoked");
  });

  it("go on when their role is revoked", { timeout: 240_000 }, async () => {
    await using scene = await Scene.start({ cluster });
    await scene.kubectl("delete", "rolebinding", "esddns");
    await changes(scene, () => cluster.apply(binding(scene.namespace, "esddns")));
    said(scene, "lacks the verb");
  });

  it("go on when the API server fails", { timeout: 240_000 }, async () => {
    await using scene = await Scene.start({ cluster });
    scene.gateway.rule = () => ({ status: 500, body: '{"kind":"Status","message":"etcdserver: no leader"}' });
    scene.gateway.endWatches();
    await changes(scene, () => (scene.gateway.rule = () => "pass"));
    said(scene, "no leader");
  });

  it("write once when their leader cannot reach the provider", { timeout: 180_000 }, async () => {
    await using scene = await Scene.start({ cluster });
    const { provider } = scene.outside;
    const { pod } = await scene.leader();
    for (const [kind, within] of [
      ["close", 10_000],
      ["stall", 30_000],
    ] as const) {
      const writes = scene.writesFromNow();
      provider.faultFor(pod.name, { kind, applied: false });
      scene.move();
      const ms = await scene.isRight(within);
      console.log(`the leader's provider: ${kind}; the next one wrote after ${ms} ms`);
      await pause(5000);
      provider.heal();
      await pause(15_000);
      const [write, ...more] = made(writes());
      expect(write?.pod).not.toBe(pod.name);
      expect(more).toEqual([]);
    }
    expect((await scene.leader()).pod).toBe(pod);
  });

  it("keep the ConfigMap as it has to be", { timeout: 180_000 }, async () => {
    await using scene = await Scene.start({ cluster });
    const { address } = scene.outside;
    const writes = scene.writesFromNow();
    await scene.kubectl("delete", "configmap", "esddns-wan-ip");
    await isTold(scene, address);
    for (const key of SPOILT) {
      await scene.spoil({ [key]: "{spoilt" });
      await until(`${key} to be right again`, async () => (await scene.shared(key)) !== "{spoilt", 20_000);
    }
    await scene.spoil({ current_ip: "203.0.113.250" });
    await isTold(scene, address);
    expect(await scene.event("SharedAddressMalformed")).toMatchObject({ kind: "ConfigMap" });
    said(scene, "The shared address cannot be read");
    expect(scene.fleet.operators.flatMap(({ log }) => log.filter(isFallback))).toEqual([]);
    expect(writes()).toEqual([]);
    const since = Date.now();
    scene.move();
    await scene.follows(since);
    expect(made(writes())).toHaveLength(1);
  });

  it(
    "hear of a change while somebody writes to the ConfigMap without end",
    { timeout: 180_000 },
    async () => {
      await using scene = await Scene.start({ cluster });
      using admin = await openApi(cluster.kubeconfig);
      const storm = new AbortController();
      let count = 0;
      const blowing = [1, 2].map(async () => {
        while (!storm.signal.aborted) {
          const body = { metadata: { annotations: { storm: String((count += 1)) } } };
          const place = { namespace: scene.namespace, name: "esddns-wan-ip" };
          await admin.client.patch(CONFIG_MAPS, place, { kind: "merge", body }, new AbortController().signal);
          await pause(10);
        }
      });
      const writes = scene.writesFromNow();
      for (const number of [1, 2, 3]) {
        const since = Date.now();
        scene.move();
        await scene.follows(since);
        console.log(
          `in a storm of ${count} writes, all heard of change ${number} after ${Date.now() - since} ms`,
        );
      }
      storm.abort();
      await Promise.all(blowing);
      expect(made(writes())).toHaveLength(3);
    },
  );

  it("write once while the API server has no time for them", { timeout: 180_000 }, async () => {
    await using scene = await Scene.start({ cluster });
    scene.gateway.rule = () =>
      Math.random() < 0.7 ? { status: 429, headers: { "retry-after": "1" } } : "pass";
    scene.gateway.endWatches();
    const writes = scene.writesFromNow();
    await pause(5000);
    scene.move();
    await scene.isRight(60_000);
    await pause(10_000);
    scene.gateway.rule = () => "pass";
    await scene.recovers();
    await pause(TURN);
    expect(made(writes())).toHaveLength(1);
  });
});

const SPOILT = [
  "current_ip",
  "current_ipv6",
  "detected_at",
  "changed_at",
  "epoch",
  "sequence",
  "valid_for_seconds",
  "published",
  "passed",
  "members",
];

/** A change while nobody can lead: one writes; and when it is over, all is as before. */
async function changes(scene: Scene, end: () => unknown): Promise<void> {
  const writes = scene.writesFromNow();
  await pause(DEPOSED);
  scene.move();
  const ms = await scene.isRight(60_000);
  await pause(5000);
  await end();
  await scene.recovers();
  console.log(`with nobody to lead, the record followed after ${ms} ms`);
  expect(made(writes())).toHaveLength(1);
  expect(scene.noise).toEqual([]);
}

function made(writes: readonly Write[]): readonly Write[] {
  return writes.filter(({ status }) => status === 201);
}

/** That a person finds the reason in the log of each agent, or of one. */
function said(scene: Scene, words: string): void {
  const lines = scene.fleet.operators.flatMap(({ log }) => log.filter(({ level }) => level === "warn"));
  expect(lines.map((entry) => JSON.stringify(entry)).filter((text) => text.includes(words))).not.toEqual([]);
}

function isFallback({ message }: Entry): boolean {
  return message === "This node detects for itself";
}

async function isTold(scene: Scene, address: string): Promise<void> {
  await until(
    "the leader to tell it again",
    async () => (await scene.shared("current_ip")) === address,
    30_000,
  );
}
