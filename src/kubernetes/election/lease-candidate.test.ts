import { beforeEach, describe, expect, it } from "vitest";
import { CancelledError } from "#core/errors.ts";
import { seconds } from "#core/units.ts";
import { LeaseCandidate } from "#kubernetes/election/lease-candidate.ts";
import { formatMicroTime } from "#kubernetes/election/lease-record.ts";
import type { LeaseSpec } from "#kubernetes/api/resource.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { KubeApi } from "#testing/kube-api.ts";
import { ManualClock, settled } from "#testing/manual-clock.ts";

const COLLECTION = "coordination.k8s.io/v1/home/leases";
const never = new AbortController().signal;

let clock: ManualClock;
let api: KubeApi;
let ours: LeaseCandidate;

beforeEach(() => {
  clock = new ManualClock(new Date("2026-03-01T10:00:00.123Z"));
  api = new KubeApi(clock);
  put({});
  ours = candidate("ours");
});

function candidate(identity: string): LeaseCandidate {
  const client = createKubernetesClient({ transport: api.transport(), clock, purpose: "leader-election" });
  return new LeaseCandidate({
    client,
    clock,
    place: { namespace: "home", name: "esddns" },
    identity,
    leaseDuration: seconds(10),
  });
}

function put(spec: LeaseSpec | undefined): void {
  api.objects.put(COLLECTION, "home", "esddns", spec ? { spec } : {});
}

function stored(): unknown {
  return api.objects.get(COLLECTION, "esddns")?.["spec"];
}

function verbs(): readonly string[] {
  return api.requests.splice(0).map(({ verb }) => verb);
}

function attempt(): Promise<boolean> {
  return ours.tryAcquireOrRenew(never);
}

// The cases of client-go's own test of tryAcquireOrRenew (tools/leaderelection/leaderelection_test.go)
describe("a candidate", () => {
  it("makes a Lease that it has missed for as long as one lasts, as nobody's successor", async () => {
    api.objects.delete(COLLECTION, "esddns");
    expect(await attempt()).toBe(false);
    await clock.advance(9999);
    expect(await attempt()).toBe(false);
    await clock.advance(1);
    expect(await attempt()).toBe(true);
    expect(verbs()).toEqual(["get", "get", "get", "update"]);
    expect(stored()).toEqual({
      holderIdentity: "ours",
      leaseDurationSeconds: 10,
      acquireTime: "2026-03-01T10:00:10.123000Z",
      renewTime: "2026-03-01T10:00:10.123000Z",
      leaseTransitions: 0,
    });
  });

  it.each([
    ["without a record", undefined],
    ["with an empty record", {}],
    ["that was released", { holderIdentity: "", leaseDurationSeconds: 10, leaseTransitions: 0 }],
  ])("takes a Lease %s at once, and counts", async (_, spec) => {
    put(spec);
    expect(await attempt()).toBe(true);
    expect(verbs()).toEqual(["get", "update"]);
    expect(stored()).toMatchObject({ holderIdentity: "ours", leaseTransitions: 1 });
  });

  it("takes a released Lease although it has seen it a moment ago", async () => {
    put({ holderIdentity: "theirs", leaseDurationSeconds: 10 });
    expect(await attempt()).toBe(false);
    put({ holderIdentity: "", leaseDurationSeconds: 10 });
    expect(await attempt()).toBe(true);
  });

  it("leaves a Lease alone for as long as the Lease itself says, by its own clock", async () => {
    put({ holderIdentity: "theirs", leaseDurationSeconds: 3 });
    expect(await attempt()).toBe(false);
    await clock.advance(2999);
    expect(await attempt()).toBe(false);
    expect([ours.record?.holder, ours.isHolder]).toEqual(["theirs", false]);
    await clock.advance(1);
    expect(await attempt()).toBe(true);
    expect(verbs()).toEqual(["get", "get", "get", "update"]);
    expect(stored()).toMatchObject({ holderIdentity: "ours", leaseTransitions: 1, leaseDurationSeconds: 10 });
  });

  it("takes a Lease that says no duration", async () => {
    put({ holderIdentity: "theirs" });
    expect(await attempt()).toBe(true);
  });

  it("counts from the last change that it has seen, whatever the times in the Lease say", async () => {
    const spec = { holderIdentity: "theirs", leaseDurationSeconds: 10 };
    for (const renewTime of [
      "1999-01-01T00:00:00.000000Z",
      "2099-01-01T00:00:00.000000Z",
      "2000-01-01T00:00:00.000000Z",
    ]) {
      put({ ...spec, renewTime });
      expect(await attempt()).toBe(false);
      await clock.advance(9999);
      expect(await attempt()).toBe(false);
    }
    clock.setDate(new Date("2100-01-01T00:00:00Z"));
    expect(await attempt()).toBe(false);
    await clock.advance(1);
    expect(await attempt()).toBe(true);
  });

  it("takes no renewal from a change that is not in the record", async () => {
    const spec = { holderIdentity: "theirs", leaseDurationSeconds: 10 };
    put(spec);
    await attempt();
    await clock.advance(10_000);
    api.objects.put(COLLECTION, "home", "esddns", { metadata: { labels: { touched: "yes" } }, spec });
    expect(await attempt()).toBe(true);
  });

  it("renews what is its own after a look, and from then on without one", async () => {
    put({ holderIdentity: "ours", acquireTime: "2026-03-01T09:00:00.000000Z", leaseTransitions: 4 });
    expect(await attempt()).toBe(true);
    expect(verbs()).toEqual(["get", "update"]);
    await clock.advance(2000);
    expect(await attempt()).toBe(true);
    expect(verbs()).toEqual(["update"]);
    expect(stored()).toMatchObject({
      acquireTime: "2026-03-01T09:00:00.000000Z",
      renewTime: "2026-03-01T10:00:02.123000Z",
      leaseTransitions: 4,
    });
  });

  it("looks again when the Lease is not as it left it, and keeps what is its own", async () => {
    await attempt();
    const spec = stored();
    api.objects.put(COLLECTION, "home", "esddns", { metadata: { annotations: { by: "kubectl" } }, spec });
    verbs();
    expect(await attempt()).toBe(true);
    expect(verbs()).toEqual(["update", "get", "update"]);
    expect(api.objects.get(COLLECTION, "esddns")?.metadata["annotations"]).toEqual({ by: "kubectl" });
  });

  it("keeps what the Lease says that it does not know", async () => {
    const others = { strategy: "OldestEmulationVersion", preferredHolder: "somebody" };
    api.objects.put(COLLECTION, "home", "esddns", { spec: { holderIdentity: "", ...others } });
    for (const span of [0, 2000]) {
      await clock.advance(span);
      expect(await attempt()).toBe(true);
      expect(stored()).toMatchObject({ holderIdentity: "ours", ...others });
    }
    await ours.release(never);
    expect(stored()).toMatchObject({ holderIdentity: "", ...others });
  });

  it("yields to who took the Lease from it", async () => {
    await attempt();
    put({ holderIdentity: "theirs", leaseDurationSeconds: 10, leaseTransitions: 1 });
    expect(await attempt()).toBe(false);
    expect([ours.isHolder, ours.record?.holder]).toEqual([false, "theirs"]);
  });

  it("looks first when its own Lease has run out meanwhile", async () => {
    await attempt();
    verbs();
    await clock.advance(10_000);
    expect(await attempt()).toBe(true);
    expect(verbs()).toEqual(["get", "update"]);
    expect(stored()).toMatchObject({ leaseTransitions: 1 });
  });

  it("is one of two that write at the same time", async () => {
    put({ holderIdentity: "" });
    const theirs = candidate("theirs");
    const results = await Promise.all([attempt(), theirs.tryAcquireOrRenew(never)]);
    expect(results.filter(Boolean)).toHaveLength(1);
    // Who was too late knows that it holds nothing, and has nothing to give away
    expect([ours.mayHold, theirs.mayHold]).toEqual(results);
    api.objects.delete(COLLECTION, "esddns");
    const fresh = [candidate("a"), candidate("b")];
    const both = () => Promise.all(fresh.map((one) => one.tryAcquireOrRenew(never)));
    await both();
    await clock.advance(10_000);
    expect((await both()).filter(Boolean)).toHaveLength(1);
  });

  it("finds out by itself that a write which got no answer was taken", async () => {
    let isDeaf = true;
    const transport = api.transport({
      after: async ({ method }) => {
        if (method === "PUT" && isDeaf) throw new Error("no answer");
      },
    });
    const client = createKubernetesClient({ transport, clock, purpose: "leader-election" });
    const place = { namespace: "home", name: "esddns" };
    ours = new LeaseCandidate({ client, clock, place, identity: "ours", leaseDuration: seconds(10) });
    await expect(attempt()).rejects.toThrow("no answer");
    expect([ours.isHolder, ours.mayHold, ours.renewedAt]).toEqual([false, true, undefined]);
    isDeaf = false;
    expect(await attempt()).toBe(true);
    expect(stored()).toMatchObject({ leaseTransitions: 1 });
  });

  it("makes no Lease that disappears while another one holds it, however long ago it looked", async () => {
    put({ holderIdentity: "theirs", leaseDurationSeconds: 10, leaseTransitions: 7 });
    await attempt();
    await clock.advance(60_000);
    api.objects.delete(COLLECTION, "esddns");
    expect(await attempt()).toBe(false);
    await clock.advance(9999);
    expect(await attempt()).toBe(false);
    await clock.advance(1);
    expect(await attempt()).toBe(true);
    expect(stored()).toMatchObject({ leaseTransitions: 8 });
  });

  it("begins to miss a Lease anew whenever it has seen one", async () => {
    api.objects.delete(COLLECTION, "esddns");
    await attempt();
    await clock.advance(6000);
    put({ holderIdentity: "theirs", leaseDurationSeconds: 10 });
    await attempt();
    api.objects.delete(COLLECTION, "esddns");
    await clock.advance(6000);
    expect(await attempt()).toBe(false);
  });

  it("does not make its own Lease anew when another one may have held it since", async () => {
    await attempt();
    await clock.advance(10_000);
    api.objects.delete(COLLECTION, "esddns");
    expect(await attempt()).toBe(false);
  });

  it("makes its own Lease anew, as another term", async () => {
    put({ holderIdentity: "", leaseTransitions: 7 });
    await attempt();
    api.objects.delete(COLLECTION, "esddns");
    expect(await attempt()).toBe(true);
    expect(stored()).toMatchObject({ holderIdentity: "ours", leaseTransitions: 9 });
  });

  it("asks no more once it is to stop, also in the middle of a renewal", async () => {
    await attempt();
    verbs();
    const stop = new AbortController();
    api.freeze();
    const renewal = ours.tryAcquireOrRenew(stop.signal);
    await settled();
    stop.abort();
    await expect(renewal).rejects.toBeInstanceOf(CancelledError);
    api.thaw();
    await settled();
    expect(verbs()).toEqual([]);
  });

  it("passes a failure on: then it is not known who leads", async () => {
    api.fail({ status: 500 });
    await expect(attempt()).rejects.toMatchObject({ code: "server" });
  });
});

describe("a release", () => {
  it("leaves nobody in the Lease, for a second, and the count as it was", async () => {
    put({ holderIdentity: "", leaseTransitions: 2 });
    await attempt();
    await clock.advance(1500);
    await ours.release(never);
    expect(stored()).toEqual({
      holderIdentity: "",
      leaseDurationSeconds: 1,
      acquireTime: "2026-03-01T10:00:01.623000Z",
      renewTime: "2026-03-01T10:00:01.623000Z",
      leaseTransitions: 3,
    });
    expect(ours.mayHold).toBe(false);
  });

  it("takes nothing from another one", async () => {
    await attempt();
    const theirs = { holderIdentity: "theirs", leaseDurationSeconds: 10, leaseTransitions: 1 };
    put(theirs);
    await ours.release(never);
    expect(stored()).toEqual(theirs);
  });

  it("tries again when the Lease changes under it", async () => {
    await attempt();
    api.fail({ status: 409, when: ({ verb }) => verb === "update", times: 2 });
    await ours.release(never);
    expect(stored()).toMatchObject({ holderIdentity: "" });
  });
});

it("a MicroTime has six decimals", () => {
  expect(formatMicroTime(new Date(0))).toBe("1970-01-01T00:00:00.000000Z");
});

describe("a number of holders that somebody has typed", () => {
  it("to the end of what the API takes begins anew, and does not keep everybody from leading", async () => {
    put({ holderIdentity: "", leaseDurationSeconds: 1, leaseTransitions: 2 ** 31 - 1 });
    expect(await attempt()).toBe(true);
    expect(stored()).toMatchObject({ holderIdentity: "ours", leaseTransitions: 0 });
  });
});
