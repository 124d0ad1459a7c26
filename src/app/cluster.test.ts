import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Cluster, createCluster, findCluster } from "#app/cluster.ts";
import { parseAddress } from "#core/address.ts";
import { createAuthority } from "#lab/certificate.ts";
import { DEFAULT_LIMITS } from "#engine/detect.ts";
import { DEFAULT_SCHEDULE } from "#engine/pace.ts";
import { createClock } from "#platform/clock.ts";
import { MemoryStore } from "#store/memory-store.ts";
import { fixedRandom, QUORUM_OF_TWO } from "#testing/engine-world.ts";
import { KubeApi } from "#testing/kube-api.ts";
import { type ServedKubeApi, serveKubeApi } from "#testing/kube-api-server.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryFiles } from "#testing/memory-files.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const IN_POD = { KUBERNETES_SERVICE_HOST: "10.0.0.1", POD_NAMESPACE: "home", POD_NAME: "esddns-x" };
/** Of a busy machine: what is waited for comes at once. */
const PATIENTLY = { timeout: 4000 };

describe("where a pod is", () => {
  it("is its node and its name", async () => {
    const place = await findCluster({ ...IN_POD, NODE_NAME: "node-1" }, new MemoryFiles());
    expect(place).toMatchObject({ node: "node-1", pod: "esddns-x", access: { namespace: "home" } });
  });

  it.each([{}, { NODE_NAME: "" }])("is not known with %o", async (env) => {
    await expect(findCluster({ ...IN_POD, ...env }, new MemoryFiles())).rejects.toMatchObject({
      name: "ConfigError",
      message: expect.stringContaining("NODE_NAME is not set"),
      hint: expect.stringContaining("spec.nodeName"),
    });
  });
});

describe("a pod in its cluster", () => {
  let clock: ManualClock;
  let log: MemoryLog;
  let api: KubeApi;
  let served: ServedKubeApi;
  let cluster: Cluster;
  let stop: AbortController;

  beforeEach(async () => {
    clock = new ManualClock();
    log = new MemoryLog();
    api = new KubeApi(createClock());
    const authority = createAuthority({ name: "a cluster", now: new Date() });
    served = await serveKubeApi(
      api,
      authority.issue({ addresses: [parseAddress("127.0.0.1")!], now: new Date() }),
    );
    const authorities = { kind: "text", text: authority.certificatePem } as const;
    cluster = createCluster(
      {
        sources: [],
        providers: new Map(),
        records: [],
        detection: { rule: QUORUM_OF_TWO, limits: DEFAULT_LIMITS, allowRanges: [], confirms: true },
        schedule: DEFAULT_SCHEDULE,
        store: new MemoryStore(),
        clock,
        random: fixedRandom(),
        log,
      },
      { access: { server: served.url, authorities, namespace: "home" }, node: "node-1", pod: "esddns-x" },
      {
        isPerNode: false,
        kubernetes: { configMap: "esddns-wan-ip", lease: "esddns-leader", agents: "esddns-agents" },
      },
      new MemoryFiles(),
    );
    stop = new AbortController();
  });

  afterEach(async () => {
    stop.abort();
    api.thaw();
    await cluster.engine.stop();
    cluster.close();
    await served.close();
  });

  it("tells the audit log which of its requests are for the election", async () => {
    void cluster.engine.run(stop.signal);
    await expect
      .poll(() => [purposes("leases"), purposes("configmaps")], PATIENTLY)
      .toEqual([[expect.stringMatching(/ leader-election$/)], [expect.stringMatching(/ operator$/)]]);
  });

  it("counts all of its requests, those of the election among them", async () => {
    void cluster.engine.run(stop.signal);
    await expect
      .poll(() => api.requests.map(({ verb, plural }) => `${verb} ${plural}`), PATIENTLY)
      .toContain("get leases");
    await expect.poll(() => api.watchers, PATIENTLY).toBe(1);
    const counted = () => cluster.engine.state().requests.reduce((sum, { count }) => sum + count, 0);
    await expect.poll(() => counted() - api.requests.length, PATIENTLY).toBe(0);
  });

  it("waits for the election no longer than leaves time for another try, and for the rest longer", async () => {
    api.freeze();
    void cluster.engine.run(stop.signal);
    await clock.advance(5000);
    await expect.poll(() => log.messages("warn"), PATIENTLY).toEqual(["Cannot tell who leads"]);
    await clock.advance(5000);
    await expect.poll(() => log.messages("warn"), PATIENTLY).toContain("A watch of the API server broke off");
  });

  /** As whom those asked who asked for that. */
  function purposes(plural: string): readonly (string | undefined)[] {
    const asked = api.requests.filter((request) => request.plural === plural);
    return [...new Set(asked.map(({ headers }) => headers["user-agent"]))];
  }
});
