import { beforeEach, describe, expect, it } from "vitest";
import { seconds } from "#core/units.ts";
import { type ConfigMap, CONFIG_MAPS } from "#kubernetes/api/resource.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { type Data, MAX_COUNT, writeSharedAddress } from "#kubernetes/cluster/shared-address-data.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import { SharedObject, type SharedSight } from "#kubernetes/cluster/shared-object.ts";
import { NEVER } from "#testing/engine-world.ts";
import { KubeApi, type Way } from "#testing/kube-api.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { shared } from "#testing/shared-address.ts";

const COLLECTION = "v1/home/configmaps";
const NAME = "esddns-wan-ip";
const LATER = new Date("2026-01-01T00:05:00Z");

let clock: ManualClock;
let api: KubeApi;
let way: Way;
let object: SharedObject;
let sights: SharedSight["kind"][];

beforeEach(() => {
  clock = new ManualClock();
  api = new KubeApi(clock);
  way = {};
  sights = [];
  const transport = api.transport({
    before: async (...ask) => way.before?.(...ask),
    after: async (...ask) => way.after?.(...ask),
  });
  const client = createKubernetesClient({ transport, clock, purpose: "test" });
  const onSight = ({ kind }: SharedSight) => void sights.push(kind);
  object = new SharedObject({ client, place: { namespace: "home", name: NAME }, clock, onSight });
});

function put(data: Data): ConfigMap {
  const found = api.objects.put(COLLECTION, "home", NAME, { data });
  if (!CONFIG_MAPS.is(found)) throw new TypeError("it is no ConfigMap");
  return found;
}

/** As the watch shows it. */
function show(one: Partial<SharedAddress> = {}): ConfigMap {
  const found = put(writeSharedAddress(shared(one)));
  object.see({ kind: "present", object: found });
  return found;
}

function stored(): Data {
  const found = api.objects.get(COLLECTION, NAME);
  return CONFIG_MAPS.is(found) ? (found.data ?? {}) : {};
}

function current(): SharedAddress {
  if (object.sight.kind !== "present") throw new TypeError(`it is ${object.sight.kind}`);
  return object.sight.shared;
}

const isAlways = () => true;
const next = (now: SharedAddress | undefined) =>
  now
    ? { ...now, sequence: now.sequence + 1, agreement: "ours" }
    : shared({ sequence: 1, agreement: "ours" });

describe("what is seen of the shared address", () => {
  it("is nothing at first, and then what the watch shows", () => {
    expect(object.sight).toEqual({ kind: "unseen" });
    object.see({ kind: "absent" });
    object.see({ kind: "present", object: put({}) });
    show();
    object.see({ kind: "present", object: put({ epoch: "x" }) });
    expect(sights).toEqual(["absent", "absent", "present", "malformed"]);
  });

  it("stands for as long as it is of one kind, and a shared address is as old as what was detected", async () => {
    await clock.advance(1000);
    object.see({ kind: "absent" });
    await clock.advance(2000);
    expect(object.standing).toBe(2000);
    object.see({ kind: "present", object: put({}) });
    expect(object.standing).toBe(2000);
    show();
    await clock.advance(4000);
    expect([object.standing, object.age]).toEqual([4000, 4000]);
  });

  it.each<[string, Partial<SharedAddress>, boolean]>([
    ["what others note", { sequence: 42, passed: new Map([["home.example.org/A", ["node-2"]]]) }, false],
    ["a leader that has not asked its witnesses", { sequence: 42, agreement: "other" }, false],
    ["a leader that has asked its witnesses", { sequence: 42, detectedAt: LATER }, true],
    ["a date that is earlier: the leader's clock was set", { sequence: 42, detectedAt: new Date(0) }, true],
    ["another leader", { epoch: 4, sequence: 1 }, true],
  ])("is made fresh, or not, by %s", async (_, change, isFresh) => {
    show();
    await clock.advance(5000);
    show(change);
    expect(object.age).toBe(isFresh ? 0 : 5000);
    expect(sights).toEqual(["present", "present"]);
  });

  it.each<[string, Partial<SharedAddress>, boolean]>([
    ["of an earlier epoch", { epoch: 2, sequence: 99 }, false],
    ["with a lower number", { sequence: 40 }, false],
    ["with the same number, by somebody who does not count", { agreement: "stranger" }, true],
    ["with a higher number", { sequence: 42 }, true],
    ["of a later epoch", { epoch: 4, sequence: 1 }, true],
  ])("is a version %s, or not", (_, change, isTaken) => {
    show();
    show(change);
    expect(current()).toEqual(shared(isTaken ? change : {}));
  });

  it("is one thing however often a version is shown, also one that was written here", async () => {
    const found = show();
    object.see({ kind: "present", object: found });
    expect(sights).toEqual(["present"]);
    await object.update(next, isAlways, NEVER);
    const written = api.objects.get(COLLECTION, NAME);
    if (CONFIG_MAPS.is(written)) object.see({ kind: "present", object: written });
    expect(sights).toEqual(["present", "present"]);
  });

  it.each<[string, Partial<SharedAddress>]>([
    ["epoch", { epoch: MAX_COUNT }],
    ["number", { sequence: MAX_COUNT }],
  ])("is whatever comes after the last %s of all: there is no higher one", (_, last) => {
    show(last);
    show({ epoch: 0, sequence: 1 });
    expect(current()).toMatchObject({ epoch: 0, sequence: 1 });
  });

  it("is an older version when that one is all there is for longer than it is valid", async () => {
    show({ validFor: seconds(600) });
    const older = shared({ epoch: 2 });
    await clock.advance(600_000);
    show(older);
    expect(current().epoch).toBe(3);
    await clock.advance(1);
    show({ epoch: 2, agreement: "another" });
    expect(current().epoch).toBe(2);
  });

  it("is whatever another object of that name says", () => {
    show();
    api.objects.delete(COLLECTION, NAME);
    show({ epoch: 0, sequence: 1 });
    expect(current().epoch).toBe(0);
    expect(object.highestEpoch).toBe(3);
  });
});

describe("a write", () => {
  it("rests on what is there, and is seen at once", async () => {
    show();
    expect(await object.update(next, isAlways, NEVER)).toBe(true);
    expect(stored()["agreement"]).toBe("ours");
    expect(current().sequence).toBe(42);
    expect(api.requests.map(({ verb }) => verb)).toEqual(["update"]);
  });

  it("looks first where nothing was seen yet, and makes what is not there", async () => {
    expect(await object.update(next, isAlways, NEVER)).toBe(true);
    expect(stored()["sequence"]).toBe("1");
    expect(api.requests.map(({ verb }) => verb)).toEqual(["get", "patch", "update"]);
  });

  it("keeps what somebody else has in the same object", async () => {
    const found = show();
    const labels = { app: "esddns" };
    const labelled = api.objects.put(COLLECTION, "home", NAME, {
      ...found,
      metadata: { ...found.metadata, labels },
    });
    if (CONFIG_MAPS.is(labelled)) object.see({ kind: "present", object: labelled });
    await object.update(next, isAlways, NEVER);
    expect(api.objects.get(COLLECTION, NAME)?.metadata["labels"]).toEqual(labels);
  });

  it("is made once more on top of what another one wrote meanwhile", async () => {
    show();
    put(writeSharedAddress(shared({ sequence: 50, leader: "node-9" })));
    expect(await object.update(next, isAlways, NEVER)).toBe(true);
    expect([stored()["sequence"], stored()["leader"]]).toEqual(["51", "node-9"]);
  });

  it("is made in a new object when the old one is gone", async () => {
    show();
    api.objects.delete(COLLECTION, NAME);
    const seen: unknown[] = [];
    await object.update((now) => (seen.push(now?.sequence), next(now)), isAlways, NEVER);
    expect(seen).toEqual([41, undefined]);
    expect(stored()["sequence"]).toBe("1");
  });

  it("is none where there is nothing to write", async () => {
    show();
    expect(await object.update(() => undefined, isAlways, NEVER)).toBe(false);
    expect(api.requests).toEqual([]);
  });

  it("is none when this node may not write, also at the second attempt", async () => {
    show();
    expect(await object.update(next, () => false, NEVER)).toBe(false);
    expect(api.requests).toEqual([]);
    put(writeSharedAddress(shared({ sequence: 50 })));
    let asked = 0;
    expect(await object.update(next, () => (asked += 1) === 1, NEVER)).toBe(false);
    expect(stored()["sequence"]).toBe("50");
  });

  it("gives up when others write without end", async () => {
    show();
    let count = 100;
    way.before = async ({ method }) => {
      if (method === "PUT") put(writeSharedAddress(shared({ sequence: (count += 1) })));
    };
    await expect(object.update(next, isAlways, NEVER)).rejects.toMatchObject({ code: "contention" });
    expect(api.requests.filter(({ verb }) => verb === "update")).toHaveLength(8);
  });

  it("does not hide what the watch shows before its answer comes", async () => {
    show();
    way.after = async ({ method }) => {
      if (method === "PUT") show({ sequence: 43, agreement: "later" });
    };
    await object.update(next, isAlways, NEVER);
    expect(current()).toMatchObject({ sequence: 43, agreement: "later" });
  });

  it("fails with what the API server says, and leaves what was seen", async () => {
    show();
    api.fail({ status: 403 });
    await expect(object.update(next, isAlways, NEVER)).rejects.toMatchObject({ code: "forbidden" });
    expect(current().sequence).toBe(41);
  });
});
