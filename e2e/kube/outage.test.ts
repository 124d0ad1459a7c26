import { describe, expect, it } from "vitest";
import { pause } from "../until.ts";
import { Cluster } from "./cluster.ts";
import { noCluster } from "./programs.ts";
import { Scene } from "./scene.ts";

/** How long the API server is away; two minutes in the long form. */
const AWAY = Number(process.env["ESDDNS_OUTAGE"] ?? 45) * 1000;
/** A leader that cannot renew its Lease leads no more, and all others find the shared address stale. */
const ALONE = 12_000;

type Outage = (cluster: Cluster) => Promise<void>;

const WAYS: readonly (readonly [string, Outage, Outage])[] = [
  ["stopped", (cluster) => cluster.stopApi(), (cluster) => cluster.startApi()],
  ["frozen", (cluster) => cluster.pauseApi(), (cluster) => cluster.resumeApi()],
];

describe.skipIf(noCluster())("agents without an API server", { concurrent: true, timeout: 480_000 }, () => {
  it.each(WAYS)(`keep DNS right for ${AWAY / 1000} s while it is %s`, async (how, begin, end) => {
    // What watches begin from is thrown away meanwhile: 410
    await using cluster = await Cluster.start({
      parts: [],
      audit: "bodies",
      apiServer: ["--etcd-compaction-interval=2s"],
    });
    await using scene = await Scene.start({ cluster });
    const writes = scene.writesFromNow();
    await begin(cluster);
    const start = Date.now();
    await pause(ALONE);
    scene.move();
    const ms = await scene.isRight(60_000);
    await pause(Math.max(0, start + AWAY - Date.now()));
    await end(cluster);
    const back = Date.now();
    await scene.recovers();
    console.log(
      `API server ${how}: the record followed after ${ms} ms; all was as before ${Date.now() - back} ms after it was back`,
    );
    expect(writes()).toMatchObject([{ status: 201 }]);
    // Who is well again follows within moments
    const since = Date.now();
    scene.move();
    await scene.follows(since);
    expect(Date.now() - since).toBeLessThan(8000);
    expect(writes()).toHaveLength(2);
    expect(scene.noise).toEqual([]);
    for (const { log } of scene.fleet.operators)
      expect(log.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("go on where they were when it starts anew", async () => {
    await using cluster = await Cluster.start({ parts: [], audit: "bodies" });
    await using scene = await Scene.start({ cluster });
    const writes = scene.writesFromNow();
    await cluster.restartApi();
    await scene.recovers();
    const since = Date.now();
    scene.move();
    await scene.follows(since);
    console.log(`after a restart of the API server all heard of a change after ${Date.now() - since} ms`);
    expect(writes()).toMatchObject([{ status: 201 }]);
    // Until its RBAC is there, an API server that starts refuses everything: a 403 says nothing here
    expect(scene.requests.filter(({ resource }) => resource === "secrets")).toEqual([]);
  });
});
