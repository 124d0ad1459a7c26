import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatEndpoint } from "#core/endpoint.ts";
import { parseDomainName } from "#core/name.ts";
import type { Endpoint } from "#core/ports.ts";
import type { LabControls, WitnessBehaviour } from "#lab/controls.ts";
import { createLabControls } from "#lab/create-controls.ts";
import { type LabWitness, startWorld, type World } from "#lab/world.ts";
import { ended, LabPeer, PATIENCE, within } from "#testing/lab-peer.ts";

const TRUTH = "203.0.113.2";
const LIE = "198.51.100.66";

let world: World;
let lab: LabControls;
let peer: LabPeer;
let isOver = false;

beforeEach(async () => {
  world = await startWorld();
  lab = createLabControls(world);
  peer = new LabPeer(world);
});

afterEach(async () => {
  peer.close();
  if (!isOver) await world.close();
  isOver = false;
});

describe("a world in hand", () => {
  it("answers honestly everywhere, with old records to begin with", async () => {
    expect(await askEverybody()).toEqual(everybody(TRUTH));
    expect(await peer.query("A")).toEqual(["203.0.113.1"]);
    expect(lab.view()).toMatchObject({
      isOnline: true,
      isUdpBlocked: false,
      loss: 0,
      delay: 0,
      provider: "honest",
      followedAfter: undefined,
      waitingSince: expect.any(Date),
    });
  });

  it("shows what a peer would find", async () => {
    lab.moveAddress();
    const { addresses, witnesses, dns, digLine } = lab.view();
    expect(addresses[0]).toEqual({ family: 4, text: "203.0.113.3" });
    expect(await askEverybody()).toEqual(everybody("203.0.113.3"));
    expect(witnesses.map(({ name, kind, transport }) => [name, kind, transport])).toEqual([
      ["alpha", "stun", "udp"],
      ["bravo", "stun", "udp"],
      ["charlie", "stun", "tcp"],
      ["delta", "http", "tls"],
      ["foxtrot", "http", "tls"],
    ]);
    for (const { name, type, values } of dns.filter(({ type }) => type === "A"))
      expect(await peer.query(type, name)).toEqual(values);
    expect(digLine).toContain(` -p ${world.dns.endpoint.port} `);
  });

  it("answers for any name that a wildcard stands for, and for no other", async () => {
    expect(await peer.query("A", "cloud.lab.example")).toEqual(["203.0.113.1"]);
    expect(await peer.query("A", "a.b.lab.example")).toEqual(["203.0.113.1"]);
    expect(await peer.query("A", "below.home.lab.example")).toBe("NXDOMAIN");
    expect(await peer.query("AAAA", "cloud.lab.example")).toEqual([]);
  });
});

describe("a witness", () => {
  it.each(["alpha", "charlie", "delta"])("%s lies, dies and is honest again, alone", async (name) => {
    const answers = async (behaviour: WitnessBehaviour) => {
      lab.setBehaviour(name, behaviour);
      return askEverybody();
    };
    expect(await answers("lies")).toEqual({ ...everybody(TRUTH), [name]: LIE });
    expect(lab.view().witnesses.find((witness) => witness.name === name)).toMatchObject({
      behaviour: "lies",
      lie: expect.stringContaining(LIE),
    });
    expect(await answers("dead")).toEqual({ ...everybody(TRUTH), [name]: "silent" });
    expect(await answers("honest")).toEqual(everybody(TRUTH));
  });

  it("does the same in both families", async () => {
    if (!world.families.includes(6)) return;
    lab.setBehaviour("alpha", "lies");
    lab.setBehaviour("delta", "lies");
    const six = world.witnesses.filter(({ family }) => family === 6);
    const asked = six.map(async (witness) => [witness.operator, await peer.ask(witness)] as const);
    expect(Object.fromEntries(await Promise.all(asked))).toMatchObject({
      alpha: "2001:db8:bad::66",
      bravo: "2001:db8::2",
      delta: "2001:db8:bad::66",
    });
  });

  it("of another name is not known", () => {
    expect(() => lab.setBehaviour("echo", "lies")).toThrow(
      'Cannot find the witness "echo": expected one of alpha, bravo, charlie, delta, foxtrot',
    );
  });
});

describe("a line that is down", () => {
  it("lets nothing through, and everything when it is up again", async () => {
    lab.setOnline(false);
    expect(lab.view()).toMatchObject({ isOnline: false, onlineAgainAt: undefined });
    expect(await askEverybody()).toEqual(everybody("silent"));
    expect([await peer.query("A"), await peer.queryTcp("A"), await peer.update("203.0.113.2")]).toEqual([
      "silent",
      "silent",
      "silent",
    ]);
    lab.setOnline(true);
    expect(await askEverybody()).toEqual(everybody(TRUTH));
    expect(await peer.query("A")).toEqual(["203.0.113.1"]);
    expect(await peer.queryTcp("A")).toEqual(["203.0.113.1"]);
  });

  it("cuts the connections there are, of every kind, and those that hung when it is back", async () => {
    const ports = [world.dns.endpoint.port, witness("charlie").endpoint.port, witness("delta").endpoint.port];
    const opened = await Promise.all(ports.map((port) => peer.open(port)));
    const cut = opened.map(ended);
    lab.setOnline(false);
    expect(await Promise.all(cut)).toEqual(["ECONNRESET", "ECONNRESET", "ECONNRESET"]);
    const hung = await peer.open(world.dns.endpoint.port);
    const end = ended(hung);
    expect(await within(PATIENCE, end)).toBe("silent");
    lab.setOnline(true);
    expect(await end).toBe("ECONNRESET");
  });

  it("loses for good what was sent while it was down", async () => {
    lab.setOnline(false);
    expect(await peer.update("203.0.113.9")).toBe("silent");
    expect(await peer.updateUdp("203.0.113.9")).toBe("silent");
    lab.setOnline(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await peer.query("A")).toEqual(["203.0.113.1"]);
    expect(world.dns.count("update")).toBe(0);
  });

  it("comes back by itself after an outage", async () => {
    const isBack = new Promise<void>((resolve) =>
      lab.subscribe(() => {
        if (lab.view().isOnline) resolve();
      }),
    );
    lab.goOffline(60);
    const { isOnline, onlineAgainAt } = lab.view();
    expect(isOnline).toBe(false);
    expect(Math.abs(Number(onlineAgainAt) - Date.now() - 60)).toBeLessThan(30);
    expect(await within(30, peer.ask(witness("alpha")))).toBe("silent");
    await isBack;
    expect(await peer.ask(witness("alpha"))).toBe(TRUTH);
    expect(lab.view().onlineAgainAt).toBeUndefined();
  });

  it("stays down when it was taken down by hand during an outage", async () => {
    lab.goOffline(20);
    lab.setOnline(false);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(lab.view().isOnline).toBe(false);
    expect(await peer.ask(witness("charlie"))).toBe("silent");
  });
});

it("blocked UDP stops STUN and DNS over UDP alone", async () => {
  lab.setUdpBlocked(true);
  expect(await askEverybody()).toEqual({ ...everybody(TRUTH), alpha: "silent", bravo: "silent" });
  expect(await peer.query("A")).toBe("silent");
  expect(await peer.queryTcp("A")).toEqual(["203.0.113.1"]);
  expect(await peer.update("203.0.113.2")).toBe("NOERROR");
  lab.setUdpBlocked(false);
  expect(await askEverybody()).toEqual(everybody(TRUTH));
  expect(await peer.query("A")).toEqual(["203.0.113.2"]);
});

it("loss spares connections", async () => {
  lab.setLoss(100);
  expect(await askEverybody()).toEqual({ ...everybody(TRUTH), alpha: "silent", bravo: "silent" });
  expect(await peer.query("A")).toBe("silent");
  expect(await peer.queryTcp("A")).toEqual(["203.0.113.1"]);
  lab.setLoss(0);
  expect(await askEverybody()).toEqual(everybody(TRUTH));
});

it("delay is a round trip: one for UDP, two for TCP, three for HTTPS", async () => {
  const took = async (question: () => Promise<unknown>) => {
    const before = performance.now();
    await question();
    return performance.now() - before;
  };
  const all = async () => [
    await took(() => peer.ask(witness("alpha"))),
    await took(() => peer.query("A")),
    await took(() => peer.ask(witness("charlie"))),
    await took(() => peer.queryTcp("A")),
    await took(() => peer.ask(witness("delta"))),
  ];
  const roundTrips = [1, 1, 2, 2, 3];
  lab.setDelay(50);
  // Timers may fire a millisecond early
  for (const [index, span] of (await all()).entries())
    expect(span).toBeGreaterThan(50 * roundTrips[index]! - 5);
  lab.setDelay(0);
  for (const [index, span] of (await all()).entries()) expect(span).toBeLessThan(50 * roundTrips[index]!);
});

describe("the provider", () => {
  it.each([
    ["refuses", "REFUSED"],
    ["times-out", "silent"],
  ] as const)("%s updates and answers questions", async (behaviour, rcode) => {
    lab.setProvider(behaviour);
    expect([await peer.update("203.0.113.2"), await peer.update("203.0.113.2")]).toEqual([rcode, rcode]);
    expect(await peer.query("A")).toEqual(["203.0.113.1"]);
    lab.setProvider("honest");
    expect(await peer.update("203.0.113.2")).toBe("NOERROR");
    expect(await peer.query("A")).toEqual(["203.0.113.2"]);
  });

  it("takes one update and no second one soon after when it throttles", async () => {
    lab.setProvider("throttles");
    expect(await peer.update("203.0.113.2")).toBe("NOERROR");
    expect(await peer.update("203.0.113.3")).toBe("SERVFAIL");
    expect(await peer.query("A")).toEqual(["203.0.113.2"]);
    lab.setProvider("honest");
    expect(await peer.update("203.0.113.3")).toBe("NOERROR");
  });

  it("loses one update with its repetitions when it times out once, and is well again", async () => {
    lab.setProvider("times-out-once");
    let told = 0;
    lab.subscribe(() => (told += 1));
    expect(await peer.update("203.0.113.2", { id: 7 })).toBe("silent");
    expect(lab.view().provider).toBe("honest");
    expect(told).toBe(1);
    expect(await peer.update("203.0.113.2", { id: 7 })).toBe("silent");
    expect(await peer.update("203.0.113.2", { id: 8 })).toBe("NOERROR");
  });
});

describe("the way of the records behind the address", () => {
  const rightAddress = () => lab.view().addresses.map(({ text }) => text);

  const follow = () => {
    for (const key of world.records) {
      const value = world.publicAddress(key.type === "A" ? 4 : 6);
      world.dns.set({ ...key, values: [value] });
    }
  };

  it("is not measured before anybody moved it", () => {
    follow();
    expect(lab.view()).toMatchObject({ followedAfter: undefined, waitingSince: undefined });
  });

  it("is measured from the last move until every record is right", async () => {
    lab.moveAddress();
    const before = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await peer.update(rightAddress()[0] ?? "");
    expect(lab.view()).toMatchObject({ followedAfter: undefined, waitingSince: expect.any(Date) });
    follow();
    const { followedAfter = 0, waitingSince } = lab.view();
    expect(waitingSince).toBeUndefined();
    expect(followedAfter).toBeGreaterThan(28);
    expect(followedAfter).toBeLessThan(performance.now() - before + 5);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(lab.view().followedAfter).toBe(followedAfter);
    lab.moveAddress();
    expect(lab.view()).toMatchObject({ followedAfter: undefined, waitingSince: expect.any(Date) });
  });
});

it("everything goes back at once, the address and the records excepted", async () => {
  lab.moveAddress();
  lab.setBehaviour("alpha", "dead");
  lab.setBehaviour("delta", "lies");
  lab.setLoss(100);
  lab.setDelay(30);
  lab.setUdpBlocked(true);
  lab.setProvider("times-out");
  lab.goOffline(600_000);
  lab.reset();
  expect(lab.view()).toMatchObject({
    isOnline: true,
    onlineAgainAt: undefined,
    isUdpBlocked: false,
    loss: 0,
    delay: 0,
    provider: "honest",
  });
  expect(await askEverybody()).toEqual(everybody("203.0.113.3"));
  expect(await peer.update("203.0.113.3")).toBe("NOERROR");
});

it("every change is told to whoever listens, until that ends", async () => {
  let told = 0;
  const end = lab.subscribe(() => (told += 1));
  const acts: readonly (() => unknown)[] = [
    () => lab.moveAddress(),
    () => lab.setBehaviour("alpha", "lies"),
    () => lab.setOnline(false),
    () => lab.setOnline(true),
    () => lab.setUdpBlocked(true),
    () => lab.setLoss(1),
    () => lab.setDelay(1),
    () => lab.setProvider("refuses"),
    () => world.dns.set({ name: parseDomainName("home.lab.example"), type: "A", values: [] }),
    () => lab.reset(),
  ];
  for (const act of acts) {
    const before = told;
    act();
    expect(told, String(act)).toBeGreaterThan(before);
  }
  const before = told;
  end();
  lab.moveAddress();
  expect(told).toBe(before);
});

it.each([
  [() => lab.setLoss(101), 'Cannot set the loss to "101": expected a number from 0 to 100'],
  [() => lab.setLoss(-1), "Cannot set the loss"],
  [() => lab.setDelay(Number.NaN), "Cannot set the delay"],
  [() => lab.goOffline(1e9), "Cannot go offline for"],
])("a number that makes no sense changes nothing: %s", (act, message) => {
  const before = lab.view();
  expect(act).toThrow(message);
  expect(lab.view()).toEqual(before);
});

it("the world ends with no timer and no socket left", async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  lab.setDelay(10_000);
  // Their answers are on the way when the world ends
  const stun = await Promise.all(["alpha", "charlie", "delta"].map((name) => peer.ask(witness(name))));
  expect(stun).toEqual(["silent", "silent", "silent"]);
  lab.goOffline(600_000);
  const held = await peer.open(world.dns.endpoint.port);
  expect(timers()).toBeGreaterThan(before);
  const end = ended(held);

  await world.close();
  isOver = true;

  expect(await end).toBe("ECONNRESET");
  expect(timers()).toBeLessThanOrEqual(before);
  for (const { endpoint } of [...world.witnesses, world.dns])
    expect(await isFree(endpoint), formatEndpoint(endpoint)).toBe(true);
});

/** Whether nobody listens at this port, neither over UDP nor over TCP. */
async function isFree({ address, port }: Endpoint): Promise<boolean> {
  const udp = createSocket({ type: `udp${address.family}`, ipv6Only: address.family === 6 });
  const tcp = connect({ host: address.text, port });
  const refused = ended(tcp);
  udp.bind(port, address.text);
  const bound = await Promise.race([
    once(udp, "listening").then(() => true),
    once(udp, "error").then(() => false),
  ]);
  udp.close();
  return bound && (await refused) === "ECONNREFUSED";
}

async function askEverybody(): Promise<Record<string, string>> {
  const four = world.witnesses.filter(({ family }) => family === 4);
  const asked = four.map(async (witness) => [witness.operator, await peer.ask(witness)] as const);
  return Object.fromEntries(await Promise.all(asked));
}

function everybody(says: string): Record<string, string> {
  return { alpha: says, bravo: says, charlie: says, delta: says, foxtrot: says };
}

function witness(operator: string): LabWitness {
  return world.witnesses.find((witness) => witness.operator === operator && witness.family === 4)!;
}
