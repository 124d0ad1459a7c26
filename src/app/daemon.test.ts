import { expect, it, onTestFinished } from "vitest";
import { type DaemonOptions, runDaemon } from "#app/daemon.ts";
import { registries } from "#app/registries.ts";
import { parseAddress } from "#core/address.ts";
import { temporaryFolder } from "#config/testdata/temporary-folder.ts";
import { type LoadedConfiguration, loadWithOrigins } from "#config/print.ts";
import { createAuthority } from "#lab/certificate.ts";
import { createClock } from "#platform/clock.ts";
import { KubeApi } from "#testing/kube-api.ts";
import { serveKubeApi } from "#testing/kube-api-server.ts";
import { MemoryLog } from "#testing/memory-log.ts";

/** Told by the names of their only record. */
function configured(name: string, provider = {}): Promise<LoadedConfiguration> {
  const text = {
    providers: { home: { type: "memory", ...provider } },
    records: [{ name }],
    sources: { static: { ipv4: "44.128.10.77" } },
    consensus: { quorum: 1 },
    schedule: { probe: "off" },
    store: false,
    service: false,
  };
  const cwd = temporaryFolder({ "esddns.yaml": JSON.stringify(text) });
  return loadWithOrigins({ cwd, env: { NODE_NAME: "node-1" }, registries });
}

it("reads the configuration once more for a signal that came while another one took over", async () => {
  const names = ["a.example.org", "b.example.org", "c.example.org"];
  const files = await Promise.all(names.map(configured));
  const log = new MemoryLog();
  const ended = new AbortController();
  const begun: string[] = [];
  let signal = () => {};
  const options: DaemonOptions = {
    load: () => Promise.resolve(files.shift()!),
    check: () => Promise.reject(new Error("not asked for")),
    createLog: (configuration) => {
      begun.push(configuration.records[0]!.name);
      // The file was changed again while its first change takes effect
      if (begun.length === 2) signal();
      if (begun.length === 3) ended.abort();
      return Promise.resolve(log);
    },
    cacheFolder: undefined,
    isInsecure: false,
    ended: ended.signal,
    onReload: (listener) => (signal = listener),
    onRoundNow: () => {},
  };
  const running = runDaemon(options);
  await expect.poll(() => log.messages("info")).toContain("esddns started");
  signal();
  await expect.poll(() => begun, { timeout: 5000 }).toHaveLength(3);
  expect(await running).toBe("asked");
  expect(begun).toEqual(names);
});

it("listens for signals before it reads its configuration", async () => {
  let isListening = false;
  const options: DaemonOptions = {
    load: () => Promise.reject(new Error(isListening ? "listening" : "deaf")),
    check: () => Promise.reject(new Error("not asked for")),
    createLog: () => Promise.resolve(new MemoryLog()),
    cacheFolder: undefined,
    isInsecure: false,
    ended: new AbortController().signal,
    onReload: () => (isListening = true),
    onRoundNow: () => {},
  };
  await expect(runDaemon(options)).rejects.toThrow("listening");
});

/** What the daemon of a pod has told by Events. */
async function toldInCluster(load: DaemonOptions["load"]) {
  const api = new KubeApi(createClock());
  // Nobody leads
  api.objects.put("coordination.k8s.io/v1/home/leases", "home", "esddns-leader", {});
  const authority = createAuthority({ name: "a cluster", now: new Date() });
  const served = await serveKubeApi(
    api,
    authority.issue({ addresses: [parseAddress("127.0.0.1")!], now: new Date() }),
  );
  const authorities = { kind: "text", text: authority.certificatePem } as const;
  const ended = new AbortController();
  const running = runDaemon({
    load,
    check: () => Promise.reject(new Error("not asked for")),
    createLog: () => Promise.resolve(new MemoryLog()),
    cacheFolder: undefined,
    isInsecure: false,
    cluster: {
      access: { server: served.url, authorities, namespace: "home" },
      node: "node-1",
      pod: "esddns-x",
    },
    ended: ended.signal,
    onReload: () => {},
    onRoundNow: () => {},
  });
  onTestFinished(async () => {
    ended.abort();
    expect(await running).toBe("asked");
    await served.close();
  });
  return () => api.objects.list("v1/home/events").map((event) => [event["reason"], String(event["message"])]);
}

it("in a cluster tells by Events what happens to address and records", async () => {
  const told = await toldInCluster(() => configured("a.example.org"));
  await expect.poll(told, { timeout: 10_000 }).toEqual(
    expect.arrayContaining([
      ["AddressChanged", expect.stringMatching(/^The IPv4 address is now 44\.128\.10\.77/)],
      ["RecordChanged", expect.stringMatching(/^a\.example\.org A is now 44\.128\.10\.77/)],
    ]),
  );
}, 20_000);

it("in a cluster tells by an Event what it finds before it has begun", async () => {
  const told = await toldInCluster(() => configured("{node}.example.org", { tokenExpires: "2020-01-01" }));
  await expect
    .poll(told, { timeout: 10_000 })
    .toContainEqual(["TokenExpiring", expect.stringContaining("has ended, on 2020-01-01")]);
}, 20_000);
