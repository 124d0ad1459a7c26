import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ProviderError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import { milliseconds } from "#core/units.ts";
import type { EngineEvent } from "#engine/events.ts";
import { CONFIG_MAPS } from "#kubernetes/api/resource.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { Notes } from "#kubernetes/cluster/notes.ts";
import { readSharedAddress, writeSharedAddress } from "#kubernetes/cluster/shared-address-data.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import { SharedObject } from "#kubernetes/cluster/shared-object.ts";
import { address, desired } from "#testing/engine-world.ts";
import { KubeApi } from "#testing/kube-api.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";
import { shared } from "#testing/shared-address.ts";

const COLLECTION = "v1/home/configmaps";
const [FIRST, SECOND] = ["44.128.10.77", "44.128.11.1"];
const HOST = desired("host.example.org", "AAAA", { hostSuffix: address("::5") });
const HOME = desired();
const FAILED: Outcome = { kind: "failed", error: new ProviderError("no", { code: "server-error" }) };

let clock: ManualClock;
let api: KubeApi;
let log: MemoryLog;
let object: SharedObject;
let notes: Notes;
let end: AbortController;
let ended: Promise<void>;

beforeEach(() => {
  clock = new ManualClock();
  api = new KubeApi(clock);
  log = new MemoryLog();
  const client = createKubernetesClient({ transport: api.transport(), clock, purpose: "test" });
  const place = { namespace: "home", name: "esddns-wan-ip" };
  object = new SharedObject({ client, place, clock, onSight: () => {} });
  notes = new Notes({ object, node: "node-2", records: [HOME, HOST], clock, log });
  end = new AbortController();
  ended = notes.run(end.signal);
});

afterEach(async () => {
  end.abort();
  await clock.advance(20_000);
  await ended;
  expect(clock.pending).toBe(0);
});

/** A leader has told it, and this node has seen it, or not yet. */
function put(one: SharedAddress, isSeen = true): void {
  const found = api.objects.put(COLLECTION, "home", "esddns-wan-ip", { data: writeSharedAddress(one) });
  if (isSeen && CONFIG_MAPS.is(found)) object.see({ kind: "present", object: found });
}

function stored(): SharedAddress {
  const found = api.objects.get(COLLECTION, "esddns-wan-ip");
  if (!CONFIG_MAPS.is(found)) throw new TypeError("there is none");
  return readSharedAddress(found.data ?? {});
}

async function publish(text: string, outcome: Outcome, record = HOME): Promise<void> {
  const set = { name: record.name, type: record.type, values: [address(text)] };
  const change = {
    record,
    before: undefined,
    after: set,
    address: address(text),
    reason: "missing",
  } as const;
  const took = milliseconds(1);
  notes.learn({ kind: "published", round: 1, change, outcome, took, sinceStart: took });
  await clock.advance(0);
}

const told = (text: string, rest: Partial<SharedAddress> = {}) =>
  shared({ addresses: new Map([[4, address(text)]]), published: new Map(), ...rest });

describe("a node that follows", () => {
  it("notes a record that it made right, and the next version has the next number", async () => {
    put(told(SECOND, { passed: new Map([["home.example.org/A", ["node-1"]]]) }));
    await publish(SECOND, { kind: "applied" });
    expect(stored()).toMatchObject({
      published: new Map([["home.example.org/A", address(SECOND)]]),
      passed: new Map(),
      sequence: 42,
      leader: "node-1",
    });
  });

  it("notes one that it found right when its turn came", async () => {
    put(told(SECOND));
    await publish(SECOND, { kind: "unchanged" });
    expect(stored().published.size).toBe(1);
  });

  it("notes one that it could not make right", async () => {
    put(told(SECOND, { passed: new Map([["home.example.org/A", ["node-1"]]]) }));
    await publish(SECOND, FAILED);
    expect(stored().passed.get("home.example.org/A")).toEqual(["node-1", "node-2"]);
  });

  it("notes what it did to a record with a host of its own", async () => {
    put(told(SECOND, { addresses: new Map([[6, address("2a10:ed1:77::1")]]) }));
    await publish("2a10:ed1:77::5", { kind: "applied" }, HOST);
    expect(stored().published.get("host.example.org/AAAA")?.text).toBe("2a10:ed1:77::5");
  });

  it("notes nothing that others know, and nothing of what it only planned", async () => {
    put(told(SECOND, { published: new Map([["home.example.org/A", address(SECOND)]]) }));
    await publish(SECOND, { kind: "applied" });
    const plan = [
      {
        kind: "in-sync" as const,
        record: HOST,
        set: { name: HOST.name, type: HOST.type, values: [address("2a10::5")] },
        address: address("2a10::5"),
      },
    ];
    const event: EngineEvent = { kind: "planned", round: 1, family: 6, plan };
    notes.learn(event);
    await clock.advance(60_000);
    expect(api.requests).toEqual([]);
  });

  it.each([
    ["that it made right", { kind: "applied" } as const],
    ["that it could not make right", FAILED],
  ])("notes no record %s when the address is another one by now", async (_, outcome) => {
    put(told(FIRST));
    const now = told(SECOND, { sequence: 43 });
    put(now, false);
    await publish(FIRST, outcome);
    expect(stored()).toEqual(now);
    await clock.advance(60_000);
    expect(api.requests.filter(({ verb }) => verb === "update")).toHaveLength(1);
  });

  it("notes nothing before anything was told, and creates nothing", async () => {
    await publish(FIRST, { kind: "applied" });
    await clock.advance(60_000);
    expect(api.requests).toEqual([]);
  });

  it("notes nothing in an object that is gone", async () => {
    put(told(SECOND));
    api.objects.delete(COLLECTION, "esddns-wan-ip");
    await publish(SECOND, { kind: "applied" });
    expect(api.requests.filter(({ verb }) => verb === "update")).toHaveLength(1);
  });

  it("keeps what others have noted meanwhile", async () => {
    put(told(SECOND, { passed: new Map([["home.example.org/A", ["node-1"]]]) }));
    put(
      told(SECOND, { passed: new Map([["home.example.org/A", ["node-1", "node-3"]]]), sequence: 42 }),
      false,
    );
    await publish(SECOND, FAILED);
    expect(stored()).toMatchObject({
      passed: new Map([["home.example.org/A", ["node-1", "node-3", "node-2"]]]),
      sequence: 43,
    });
  });

  it("notes later what the API server does not take now, and says so once", async () => {
    put(told(SECOND));
    api.fail({ status: 503, times: 4 });
    await publish(SECOND, { kind: "applied" });
    expect(stored().published.size).toBe(0);
    await clock.advance(30_000);
    expect(stored().published.size).toBe(1);
    expect(log.messages("warn")).toEqual(["The shared address cannot be written"]);
  });
});
