import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { pause, until } from "../until.ts";
import { createAccount, OPERATOR_RULES } from "./account.ts";
import { Candidates } from "./candidates.ts";
import { Cluster } from "./cluster.ts";
import { noCluster } from "./programs.ts";

const LEASE = "esddns-leader";

describe.skipIf(noCluster())("candidates for a Lease, at a real API server", () => {
  let cluster: Cluster;
  let namespace: string;
  let candidates: Candidates;

  beforeAll(async () => {
    cluster = await Cluster.start({ parts: [], audit: true });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());
  beforeEach(async () => {
    namespace = `ddns-${randomUUID().slice(0, 8)}`;
    await createAccount(cluster, namespace, "esddns", OPERATOR_RULES);
    candidates = new Candidates(await cluster.saKubeconfig(namespace, "esddns"), namespace, LEASE);
  });
  afterEach(() => candidates[Symbol.asyncDispose]());

  const now = () => performance.timeOrigin + performance.now();
  const lease = (field: string) => cluster.field(`{.spec.${field}}`, "lease", LEASE, "-n", namespace);

  it("make a Lease that is missing with no more rights than they need, and one of them leads", async () => {
    await cluster.kubectl("delete", "lease", LEASE, "-n", namespace);
    candidates.add("a", "b", "c");
    const { identity } = await candidates.leads(now());
    await pause(3000);
    expect(candidates.reigns).toMatchObject([{ identity, transitions: 0 }]);
    expect(await lease("holderIdentity")).toBe(identity);
    const refused = (await cluster.audit(`system:serviceaccount:${namespace}:esddns`)).filter(
      ({ code }) => code === 403,
    );
    expect(refused).toEqual([]);
  });

  it("take a Lease that was delivered without a word in it", async () => {
    candidates.add("a");
    await candidates.leads(now());
    expect(await lease("holderIdentity")).toBe("a");
  });

  it("hand it over at once when the leader is told to end", async () => {
    candidates.add("a", "b");
    const { identity } = await candidates.leads(now());
    const start = now();
    candidates.signal(identity, "SIGTERM");
    const next = await candidates.leads(start, (other) => other.identity !== identity);
    console.log(`handed over ${Math.round(next.from - start)} ms after SIGTERM`);
    expect(next.from - start).toBeLessThan(3000);
    expect(next.transitions).toBe(2);
    expect(candidates.overlaps).toEqual([]);
  });

  it("wait until it has run out when the leader is killed", async () => {
    candidates.add("a", "b", "c");
    const { identity } = await candidates.leads(now());
    const start = now();
    candidates.signal(identity, "SIGKILL");
    const next = await candidates.leads(start, (other) => other.identity !== identity);
    console.log(`taken over ${Math.round(next.from - start)} ms after SIGKILL`);
    expect(candidates.overlaps).toEqual([]);
  });

  it("never lead two at a time when the leader is paused", async () => {
    candidates.add("a", "b");
    for (let round = 0; round < 3; round += 1) {
      const { identity } = await candidates.leads(now());
      const start = now();
      candidates.signal(identity, "SIGSTOP");
      await candidates.leads(start + 100, (other) => other.identity !== identity);
      candidates.signal(identity, "SIGCONT");
      await pause(1500);
    }
    expect(candidates.reigns.length).toBeGreaterThanOrEqual(4);
    expect(candidates.overlaps).toEqual([]);
  });

  it("lead no more when the API server is silent, and again when it is back", async () => {
    candidates.add("a", "b", "c");
    const { identity } = await candidates.leads(now());
    const start = now();
    await cluster.pauseApi();
    await pause(20_000);
    const last = candidates.reigns.find((reign) => reign.identity === identity)?.to ?? 0;
    console.log(`the leader stepped down ${Math.round(last - start)} ms after the API server froze`);
    expect(last - start).toBeLessThan(4000);
    await cluster.resumeApi();
    await candidates.leads(now());
    expect(candidates.overlaps).toEqual([]);
  });

  it("come back when the API server was killed", async () => {
    candidates.add("a", "b");
    await candidates.leads(now());
    await cluster.killApi();
    await pause(5000);
    const isIdle = now();
    await pause(1000);
    expect(candidates.reigns.filter(({ to }) => to > isIdle)).toEqual([]);
    await cluster.startApi();
    await candidates.leads(now());
    expect(candidates.overlaps).toEqual([]);
  });

  it("keep order when somebody deletes the Lease", async () => {
    candidates.add("a", "b");
    const { identity } = await candidates.leads(now());
    await until("both to know", () =>
      ["a", "b"].every((one) => candidates.signs(one).some(({ leader }) => leader === identity)),
    );
    await cluster.kubectl("delete", "lease", LEASE, "-n", namespace);
    const again = await candidates.leads(now(), ({ transitions }) => transitions > 1);
    expect(again).toMatchObject({ identity, transitions: 2 });
    expect(await lease("leaseTransitions")).toBe("2");
    expect(candidates.overlaps).toEqual([]);
  });
});
