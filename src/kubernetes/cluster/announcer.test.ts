import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DesiredRecord, recordId } from "#core/record.ts";
import { milliseconds } from "#core/units.ts";
import type { EngineEvent } from "#engine/events.ts";
import { CONFIG_MAPS } from "#kubernetes/api/resource.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { Announcer, type AnnouncerOptions } from "#kubernetes/cluster/announcer.ts";
import { readSharedAddress, writeSharedAddress } from "#kubernetes/cluster/shared-address-data.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import { SharedObject } from "#kubernetes/cluster/shared-object.ts";
import { address, desired, fixedRandom } from "#testing/engine-world.ts";
import { FakeWitness } from "#testing/fake-witness.ts";
import { KubeApi, type SeenRequest } from "#testing/kube-api.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";
import { shared } from "#testing/shared-address.ts";

const COLLECTION = "v1/home/configmaps";
const NAME = "esddns-wan-ip";
const INTERVAL = 300_000;
const [FIRST, SECOND] = ["44.128.10.77", "44.128.11.1"];
const HOME = desired();

let clock: ManualClock;
let api: KubeApi;
let log: MemoryLog;
let object: SharedObject;
let announcer: Announcer;
let unwritten: string[];
let isHeld: boolean;
/** The watch shows nothing. */
let isBlind: boolean;
let end: AbortController;
let ended: Promise<"deposed" | "ended">;

beforeEach(() => {
  clock = new ManualClock();
  api = new KubeApi(clock);
  log = new MemoryLog();
  unwritten = [];
  isHeld = true;
  isBlind = false;
  end = new AbortController();
});

afterEach(async () => {
  end.abort();
  await clock.advance(60_000);
  await ended;
  expect(clock.pending).toBe(0);
});

function begin(options: Partial<AnnouncerOptions> & { readonly transitions?: number } = {}): void {
  const client = createKubernetesClient({ transport: api.transport(), clock, purpose: "test" });
  const place = { namespace: "home", name: NAME };
  object = new SharedObject({ client, place, clock, onSight: () => announcer.look() });
  announcer = new Announcer({
    object,
    term: {
      id: { transitions: options.transitions ?? 0, acquireTime: "" },
      signal: end.signal,
      isHeld: () => isHeld,
    },
    node: "node-1",
    records: [HOME],
    interval: milliseconds(INTERVAL),
    members: () => ["node-1", "node-2", "node-3", "node-4"],
    loadBalancer: () => undefined,
    events: { unwritten: (words) => void unwritten.push(words) },
    clock,
    random: fixedRandom(),
    log,
    ...options,
  });
  api.objects.listen(({ type, object: seen }) => {
    if (isBlind || !CONFIG_MAPS.is(seen)) return;
    object.see(type === "DELETED" ? { kind: "absent" } : { kind: "present", object: seen });
  });
  ended = announcer.run(end.signal);
}

/** What somebody has written, as it was seen. */
function put(one: SharedAddress): void {
  api.objects.put(COLLECTION, "home", NAME, { data: writeSharedAddress(one) });
}

function stored(): SharedAddress | undefined {
  const found = api.objects.get(COLLECTION, NAME);
  return CONFIG_MAPS.is(found) && found.data ? readSharedAddress(found.data) : undefined;
}

function writes(): number {
  return api.requests.filter(({ verb }) => verb === "update").length;
}

async function learn(...events: readonly EngineEvent[]): Promise<void> {
  for (const event of events) announcer.learn(event);
  await clock.advance(0);
}

function seenBy(operators: readonly string[], text: string, family: 4 | 6) {
  const network = { clock, truth: () => text };
  return operators.map((operator) => ({
    kind: "seen" as const,
    family,
    witness: new FakeWitness(network, { operator }),
    elapsed: milliseconds(40),
    testimony: { address: address(text) },
  }));
}

function decided(text: string, family: 4 | 6 = 4, dissenters: readonly string[] = []): EngineEvent {
  const seen = seenBy(["alpha", "bravo"], text, family);
  const against = seenBy(dissenters, "44.128.99.9", family);
  const verdict = {
    kind: "known",
    basis: "quorum",
    family,
    address: address(text),
    observations: [...seen, ...against],
  } as const;
  return {
    kind: "decided",
    round: 1,
    family,
    verdict: { ...verdict, for: seen, against },
    took: milliseconds(100),
    notes: [],
  };
}

function right(text: string, record: DesiredRecord = HOME): EngineEvent {
  const set = { name: record.name, type: record.type, values: [address(text)] };
  return {
    kind: "planned",
    round: 1,
    family: 4,
    plan: [{ kind: "in-sync", record, set, address: address(text) }],
  };
}

function unread(record: DesiredRecord = HOME): EngineEvent {
  const reason = { kind: "unread", error: new Error("no") } as const;
  return { kind: "planned", round: 1, family: 4, plan: [{ kind: "keep", record, reason }] };
}

function probed(result: "changed" | "silent" | "unchanged"): EngineEvent {
  const witness = new FakeWitness({ clock, truth: () => FIRST });
  return { kind: "probed", family: 4, witness, result, took: milliseconds(40) };
}

describe("a leader", () => {
  it("tells nothing before witnesses have told it an address", async () => {
    begin();
    await learn(right(FIRST), unread());
    await clock.advance(INTERVAL);
    expect(stored()).toBeUndefined();
  });

  it("tells an address at once, and that a record is right at once", async () => {
    begin();
    await learn(decided(FIRST));
    expect(stored()).toMatchObject({
      addresses: new Map([[4, address(FIRST)]]),
      detectedAt: clock.date(),
      changedAt: clock.date(),
      epoch: 0,
      sequence: 1,
      validFor: 600,
      leader: "node-1",
      agreement: "IPv4: alpha, bravo agree",
      members: ["node-1", "node-2", "node-3", "node-4"],
    });
    await learn(right(FIRST));
    expect(stored()!.published.get("home.example.org/A")).toEqual(address(FIRST));
    expect([writes(), stored()!.sequence]).toEqual([2, 2]);
  });

  it("tells both families in one object", async () => {
    begin({ records: [HOME, desired("home.example.org", "AAAA")] });
    await learn(decided(FIRST), decided("2a10:ed1:77::1", 6));
    expect([...stored()!.addresses.values()].map(({ text }) => text)).toEqual([FIRST, "2a10:ed1:77::1"]);
    expect(stored()!.agreement).toBe("IPv4: alpha, bravo agree; IPv6: alpha, bravo agree");
  });

  it.each([
    [["charlie"], 1],
    [["charlie", "delta", "charlie"], 2],
  ])("tells how many operators were against it: %j", async (dissenters, count) => {
    begin();
    await learn(decided(FIRST, 4, dissenters));
    expect(stored()!.agreement).toBe(`IPv4: alpha, bravo agree, ${count} against`);
  });

  it("writes nothing when nothing is new, and gives a sign of life for each third of the interval", async () => {
    begin();
    await learn(decided(FIRST), right(FIRST));
    const before = writes();
    await clock.advance(50_000);
    await learn(decided(FIRST), right(FIRST), probed("unchanged"));
    expect(writes()).toBe(before);
    await clock.advance(51_000);
    expect(writes()).toBe(before + 1);
    expect(stored()!.detectedAt).toEqual(new Date("2026-01-01T00:00:50.000Z"));
    for (let minute = 0; minute < 10; minute += 1) {
      await learn(probed("unchanged"));
      await clock.advance(60_000);
    }
    expect(writes()).toBeLessThan(before + 8);
    expect(writes()).toBeGreaterThan(before + 4);
  });

  it("gives no sign of life without a witness that confirmed the address since", async () => {
    begin();
    await learn(decided(FIRST), right(FIRST));
    const before = writes();
    await clock.advance(60_000);
    await learn(probed("silent"), probed("changed"));
    await clock.advance(INTERVAL);
    expect(writes()).toBe(before);
    await learn(probed("unchanged"));
    await clock.advance(10_001);
    expect(writes()).toBe(before + 1);
  });

  it("gives signs of life although its wall clock was set back", async () => {
    begin();
    await learn(decided(FIRST));
    clock.setDate(new Date("2001-01-01"));
    await learn(probed("unchanged"));
    await clock.advance(110_000);
    expect(stored()!.detectedAt.getUTCFullYear()).toBe(2001);
  });

  it("tells who could not make a record right, and that of the old address no more", async () => {
    begin();
    await learn(decided(FIRST), unread());
    expect(stored()!.passed.get("home.example.org/A")).toEqual(["node-1"]);
    await learn(decided(SECOND));
    expect(stored()!.passed.size).toBe(0);
    api.fail({ status: 500, times: 2 });
    await learn(unread());
    await learn(decided(FIRST));
    await clock.advance(60_000);
    expect(stored()).toMatchObject({ addresses: new Map([[4, address(FIRST)]]), passed: new Map() });
  });

  it("tells of a hundred records in a few writes", async () => {
    const records = Array.from({ length: 100 }, (_, index) => desired(`r${index}.example.org`));
    begin({ records });
    await learn(decided(FIRST), ...records.map((record) => right(FIRST, record)));
    expect([...stored()!.published.keys()].toSorted()).toEqual(records.map(recordId).toSorted());
    expect(writes()).toBe(1);
    for (const record of records) await learn(unread(record));
    await clock.advance(20_000);
    expect(stored()!.passed.size).toBe(100);
    expect(writes()).toBeLessThan(25);
  });

  it("tells what its cluster and its load balancer are as soon as it knows", async () => {
    const pending = { kind: "pending", service: "esddns" } as const;
    const known: { members?: readonly string[]; loadBalancer?: typeof pending } = {};
    put(shared({ epoch: 0, members: ["node-7"] }));
    begin({ members: () => known.members, loadBalancer: () => known.loadBalancer });
    await learn(decided(FIRST));
    expect(stored()!.members).toEqual(["node-7"]);
    known.members = ["node-1", "node-2"];
    known.loadBalancer = pending;
    announcer.look();
    await clock.advance(0);
    expect(stored()).toMatchObject(known);
  });

  it("writes nothing once it does not lead", async () => {
    begin();
    await learn(decided(FIRST));
    isHeld = false;
    await learn(decided(SECOND), right(SECOND));
    await clock.advance(INTERVAL);
    expect([writes(), stored()!.addresses.get(4)!.text]).toEqual([1, FIRST]);
  });

  it("tries again and again when the API server does not take it, says so once, and loses nothing", async () => {
    begin();
    await learn(decided(FIRST));
    api.fail({ status: 500, times: 5 });
    await learn(decided(SECOND), right(SECOND));
    expect(stored()!.addresses.get(4)!.text).toBe(FIRST);
    await clock.advance(120_000);
    expect(stored()).toMatchObject({
      addresses: new Map([[4, address(SECOND)]]),
      published: new Map([["home.example.org/A", address(SECOND)]]),
    });
    expect(log.messages("warn")).toEqual(["The shared address cannot be written"]);
    expect(unwritten).toEqual([]);
  });

  it("has an Event say what only a person can mend, once", async () => {
    begin();
    await learn(decided(FIRST));
    const when = ({ verb }: SeenRequest) => verb === "update";
    api.fail({ status: 422, says: "field is immutable when `immutable` is set", times: 3, when });
    await learn(decided(SECOND));
    await clock.advance(120_000);
    expect(unwritten).toEqual([expect.stringContaining("delete it, and it is made anew")]);
    expect(stored()!.addresses.get(4)!.text).toBe(SECOND);
  });
});

describe("an epoch", () => {
  it.each([
    ["that of the Lease", 7, undefined, 7],
    ["higher than what is in the object, when the Lease was made anew", 0, 12, 13],
    ["that of the Lease, when the object is behind", 20, 12, 20],
    ["higher than what is in the object, when both are equal", 12, 12, 13],
  ])("is %s", async (_, transitions, found, expected) => {
    if (found !== undefined) put(shared({ epoch: found, sequence: 99 }));
    begin({ transitions });
    await learn(decided(FIRST));
    expect(stored()).toMatchObject({ epoch: expected, sequence: 1 });
    await learn(decided(SECOND));
    expect(stored()).toMatchObject({ epoch: expected, sequence: 2 });
  });

  it("that is higher than its own deposes a leader: it writes nothing more", async () => {
    begin({ transitions: 3 });
    await learn(decided(FIRST));
    put({ ...stored()!, epoch: 4, sequence: 1, leader: "node-2" });
    await clock.advance(0);
    expect(await ended).toBe("deposed");
    await learn(decided(SECOND));
    expect(stored()).toMatchObject({ leader: "node-2", epoch: 4 });
    expect(log.entries.at(-1)).toMatchObject({
      message: "Another leader has written since",
      fields: { ours: 3, theirs: 4, leader: "node-2" },
    });
  });

  it("of an object that is gone is not used again", async () => {
    put(shared({ epoch: 12 }));
    begin();
    object.see(seenNow());
    api.objects.delete(COLLECTION, NAME);
    await learn(decided(FIRST));
    expect(stored()!.epoch).toBe(13);
  });
});

function seenNow() {
  const found = api.objects.get(COLLECTION, NAME);
  if (!CONFIG_MAPS.is(found)) throw new TypeError("there is none");
  return { kind: "present", object: found } as const;
}

describe("an object that is not as the leader left it", () => {
  beforeEach(async () => {
    begin({ records: [HOME, desired("www.example.org")] });
    await learn(decided(FIRST), right(FIRST), right(FIRST, desired("www.example.org")));
  });

  it.each([
    ["deleted", () => api.objects.delete(COLLECTION, NAME)],
    ["emptied", () => void api.objects.put(COLLECTION, "home", NAME, { data: {} })],
    ["malformed", () => void api.objects.put(COLLECTION, "home", NAME, { data: { epoch: "x" } })],
  ])("is written as a whole when it was %s", async (_, harm) => {
    const before = stored()!;
    harm();
    await clock.advance(0);
    const { addresses, published, epoch } = before;
    expect(stored()).toMatchObject({ addresses, published, epoch, sequence: before.sequence + 1 });
  });

  it("is mended when a stranger has written to it", async () => {
    const before = stored()!;
    put({
      ...before,
      leader: "stranger",
      validFor: shared().validFor,
      addresses: new Map([[4, address(SECOND)]]),
    });
    await clock.advance(0);
    expect(stored()).toMatchObject({ leader: "node-1", addresses: before.addresses });
  });

  it("keeps what a node has noted, also when both write at once", async () => {
    const before = stored()!;
    isBlind = true;
    put({
      ...before,
      sequence: before.sequence + 1,
      passed: new Map([["www.example.org/A", ["node-2"]]]),
    });
    await learn(unread());
    expect(stored()).toMatchObject({
      passed: new Map([
        ["www.example.org/A", ["node-2"]],
        ["home.example.org/A", ["node-1"]],
      ]),
      sequence: before.sequence + 2,
    });
    expect(api.requests.slice(-3).map(({ verb }) => verb)).toEqual(["update", "get", "update"]);
  });

  it("is not touched because a watch shows an older version", async () => {
    const old = seenNow();
    await learn(decided(SECOND));
    const before = writes();
    object.see(old);
    await clock.advance(1000);
    expect(writes()).toBe(before);
    expect(object.sight).toMatchObject({ shared: { sequence: stored()!.sequence } });
  });
});

describe("records that left the configuration", () => {
  it("are forgotten by a new leader, and those that other nodes know already are left", async () => {
    const other = address(FIRST);
    put(shared({ epoch: 1, published: new Map([["old.example.org/A", other]]) }));
    begin({ transitions: 2 });
    await learn(decided(FIRST), right(FIRST));
    expect([...stored()!.published.keys()]).toEqual(["home.example.org/A"]);
    const { published, sequence } = stored()!;
    put({
      ...stored()!,
      sequence: sequence + 1,
      published: new Map([...published, ["new.example.org/A", other]]),
    });
    await learn(decided(SECOND));
    expect([...stored()!.published.keys()]).toContain("new.example.org/A");
  });
});
