import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClock } from "#platform/clock.ts";
import { createRandom } from "#platform/random.ts";
import { EventRecorder } from "#kubernetes/events/event-recorder.ts";
import { MemoryLog } from "#testing/memory-log.ts";
import { until } from "../until.ts";
import { createAccount, OPERATOR_RULES } from "./account.ts";
import { openApi } from "./api-client.ts";
import { Cluster } from "./cluster.ts";
import { noCluster } from "./programs.ts";

const NAMESPACE = "ddns";

describe.skipIf(noCluster())("Events, at a real API server", () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start({ parts: [], audit: true });
    await createAccount(cluster, NAMESPACE, "esddns", OPERATOR_RULES);
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it.each([
    { apiVersion: "v1", kind: "ConfigMap", name: "esddns-wan-ip" },
    { apiVersion: "coordination.k8s.io/v1", kind: "Lease", name: "esddns-leader" },
  ])("are shown with a $kind, counted, and sent again when the server is back", async (object) => {
    const { apiVersion, kind, name } = object;
    await cluster.apply({ apiVersion, kind, metadata: { name, namespace: NAMESPACE } });
    const uid = await cluster.field("{.metadata.uid}", kind, name, "-n", NAMESPACE);
    using api = await openApi(await cluster.saKubeconfig(NAMESPACE, "esddns"), { purpose: "events" });
    const [log, stop] = [new MemoryLog(), new AbortController()];
    const recorder = new EventRecorder({
      client: api.client,
      clock: createClock(),
      random: createRandom(),
      log,
      source: { component: "esddns", host: "node-1" },
    });
    const running = recorder.run(stop.signal);
    const about = { ...object, namespace: NAMESPACE, uid };
    const note = { about, type: "Normal", reason: "AddressChanged", message: "now 203.0.113.7" } as const;
    const described = () => cluster.kubectl("describe", kind, name, "-n", NAMESPACE);
    for (const count of [1, 2, 3]) {
      recorder.record(note);
      const field = ["event", "-n", NAMESPACE, "--field-selector", `involvedObject.uid=${uid}`];
      await cluster.untilField("{.items[*].count}", field, (text) => text === String(count));
    }
    expect(await described()).toMatch(
      /Normal\s+AddressChanged\s+.*\(x3 over .*\)\s+esddns\s+now 203\.0\.113\.7/,
    );
    await cluster.killApi();
    recorder.record({ ...note, type: "Warning", reason: "AddressDisputed", message: "two addresses" });
    await cluster.startApi();
    await until("the Event to arrive", async () => (await described()).includes("AddressDisputed"), 30_000);
    stop.abort();
    await running;
    expect(log.entries).toEqual([]);
  });
});
