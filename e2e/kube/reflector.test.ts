import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { pause, until } from "../until.ts";
import { binding, createAccount, ruleOf } from "./account.ts";
import { openApi } from "./api-client.ts";
import { Cluster } from "./cluster.ts";
import { noCluster } from "./programs.ts";
import { TOKEN_MEMORY, writeShortToken } from "./token.ts";
import { Watching } from "./watching.ts";

const [NAMESPACE, ACCOUNT] = ["ddns", "agent"];

describe.skipIf(noCluster())("the reflector, at a real API server", () => {
  let cluster: Cluster;
  let kubeconfig: string;
  let place: { readonly namespace: string; readonly name: string };

  beforeAll(async () => {
    cluster = await Cluster.start({ parts: [], apiServer: ["--etcd-compaction-interval=2s"] });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());
  beforeEach(async () => {
    place = { namespace: NAMESPACE, name: `shared-${randomUUID()}` };
    // By name alone: what a list and a watch select with metadata.name counts as the object
    const rules = [ruleOf("", "configmaps", ["get", "list", "watch"], [place.name])];
    await createAccount(cluster, NAMESPACE, ACCOUNT, rules);
    kubeconfig = await cluster.saKubeconfig(NAMESPACE, ACCOUNT);
  });

  const write = (word: string) =>
    cluster.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: place, data: { word } });
  const remove = () => cluster.kubectl("delete", "configmap", place.name, "-n", NAMESPACE);

  it("sees an object come, change, go and come again", async () => {
    await using watching = await Watching.start(kubeconfig, place);
    await watching.sees(undefined);
    expect(watching.sights).toEqual([{ kind: "absent" }]);
    await write("one");
    await watching.sees("one");
    await write("two");
    await watching.sees("two");
    await remove();
    await watching.sees(undefined);
    await write("three");
    await watching.sees("three");
    expect(watching.sights.map(({ kind }) => kind)).toEqual([
      "absent",
      "present",
      "present",
      "absent",
      "present",
    ]);
    expect(watching.failures).toEqual([]);
  });

  it("sees that another object took the place while it was cut off", async () => {
    await write("one");
    await using watching = await Watching.start(kubeconfig, place);
    await watching.sees("one");
    watching.cut();
    await remove();
    await write("two");
    await watching.fails("cut off");
    watching.mend();
    await watching.sees("two");
    const uids = watching.sights.map((sight) => sight.kind === "present" && sight.object.metadata.uid);
    expect(new Set(uids).size).toBeGreaterThan(1);
  });

  it("comes back when the API server was killed", async () => {
    await write("one");
    await using watching = await Watching.start(kubeconfig, place);
    await watching.sees("one");
    await cluster.killApi();
    await until("the watch to be over", () => !watching.isWatching);
    expect(watching.word).toBe("one");
    await pause(3000);
    await cluster.startApi();
    await write("two");
    const ms = await watching.sees("two", 35_000);
    console.log(`seen ${ms} ms after the first write to the new API server`);
  });

  it("goes on where it was when the API server was stopped in order", async () => {
    await write("one");
    await using watching = await Watching.start(kubeconfig, place);
    await watching.sees("one");
    await cluster.restartApi(1);
    await write("two");
    await watching.sees("two", 35_000);
    expect(watching.sights).toHaveLength(2);
  });

  it("goes on when the API server was frozen for 20 s", async () => {
    await write("one");
    await using watching = await Watching.start(kubeconfig, place);
    await watching.sees("one");
    await cluster.pauseApi();
    await pause(20_000);
    expect(watching.word).toBe("one");
    await cluster.resumeApi();
    await write("two");
    await watching.sees("two", 35_000);
  });

  it("starts anew when its version is compacted away", async () => {
    await write("one");
    await using watching = await Watching.start(kubeconfig, place);
    await watching.sees("one");
    watching.cut();
    // Others write, the old versions are thrown away, and the server's own memory of them is lost
    for (const word of ["two", "three", "four"]) {
      await write(word);
      await pause(2500);
    }
    await cluster.restartApi();
    await write("five");
    watching.mend();
    await watching.sees("five", 35_000);
    await watching.fails("410");
    expect(watching.sights).toHaveLength(2);
  });

  it("waits for a new token when its own has run out", async () => {
    await write("one");
    const token = { namespace: NAMESPACE, account: ACCOUNT, seconds: 4 };
    await writeShortToken(cluster, kubeconfig, token);
    await using watching = await Watching.start(kubeconfig, place);
    await watching.sees("one");
    await pause(5000 + TOKEN_MEMORY);
    // A watch outlives the token it began with
    await write("two");
    await watching.sees("two");
    watching.cut();
    await watching.fails("cut off");
    watching.mend();
    await write("three");
    expect(await watching.fails("401")).toContain("may have expired");
    await cluster.saKubeconfig(NAMESPACE, ACCOUNT);
    const ms = await watching.sees("three", 35_000);
    console.log(`seen ${ms} ms after there was a token again`);
  });

  it("says what it may not do, and goes on when it may again", async () => {
    await write("one");
    await using watching = await Watching.start(kubeconfig, place);
    await watching.sees("one");
    await cluster.kubectl("delete", "rolebinding", ACCOUNT, "-n", NAMESPACE);
    // A watch outlives the role it began with
    await write("two");
    await watching.sees("two");
    watching.cut();
    await watching.fails("cut off");
    watching.mend();
    const words = await watching.fails("403");
    expect(words).toContain(`lacks the verb "watch"`);
    expect(words).toContain(place.name);
    await write("three");
    await cluster.apply(binding(NAMESPACE, ACCOUNT));
    await watching.sees("three", 35_000);
  });
});

describe.skipIf(noCluster())("the reflector, at an API server that is busy", () => {
  it("waits as long as it is asked to", async () => {
    await using cluster = await Cluster.start({
      parts: [],
      apiServer: ["--enable-priority-and-fairness=false", "--max-requests-inflight=1"],
    });
    const place = { namespace: NAMESPACE, name: "shared" };
    await createAccount(cluster, NAMESPACE, ACCOUNT, [ruleOf("", "configmaps", ["get", "list", "watch"])]);
    await cluster.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: place, data: { word: "one" } });
    const kubeconfig = await cluster.saKubeconfig(NAMESPACE, ACCOUNT);
    const stop = new AbortController();
    using api = await openApi(kubeconfig);
    const flood = Array.from({ length: 40 }, async () => {
      const request = {
        method: "GET",
        target: `/api/v1/namespaces/${NAMESPACE}/configmaps`,
        headers: {},
      } as const;
      while (!stop.signal.aborted) {
        const { body } = await api.transport.open(request, new AbortController().signal);
        for await (const piece of body) void piece;
      }
    });
    const flooding = Promise.allSettled(flood);
    await using watching = await refused(() => Watching.start(kubeconfig, place));
    const wait = Number(watching.log.entries[0]?.fields["wait"]);
    // Retry-After, which is 1 s, and our own back-off of 0.8 to 1.6 s
    expect(wait).toBeGreaterThanOrEqual(1800);
    stop.abort();
    await flooding;
    await watching.sees("one", 35_000);
  });
});

/** One whose first request did not get through by chance. */
async function refused(start: () => Promise<Watching>): Promise<Watching> {
  for (let attempt = 1; ; attempt += 1) {
    const watching = await start();
    const isRefused = await watching.fails("429", 3000).then(
      () => true,
      () => false,
    );
    if (isRefused || attempt === 20) return watching;
    await watching[Symbol.asyncDispose]();
  }
}
