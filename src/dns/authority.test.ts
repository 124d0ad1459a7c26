import { beforeEach, describe, expect, it } from "vitest";
import { type Address, parseAddress } from "#core/address.ts";
import { CancelledError, describeError } from "#core/errors.ts";
import { parseDomainName } from "#core/name.ts";
import type { Endpoint } from "#core/ports.ts";
import { canonicalValues, type RecordSet } from "#core/record.ts";
import { milliseconds, seconds } from "#core/units.ts";
import { createAuthority } from "#dns/authority.ts";
import { type DnsBehaviour, respond } from "#lab/dns-responder.ts";
import { DnsZone, recordsOf } from "#lab/dns-zone.ts";
import { createHashes } from "#platform/hashes.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { SimulatedNetwork } from "#testing/simulated-network.ts";
import { decodeMessage, encodeMessage } from "#wire/dns/message.ts";
import { CLASS, TYPE } from "#wire/dns/types.ts";

const NEVER = new AbortController().signal;
const RESOLVER = endpoint("192.0.2.99");
const SECOND_RESOLVER = endpoint("192.0.2.98");
const NS1 = endpoint("192.0.2.1");
const NS2 = endpoint("192.0.2.2");
const NAME = parseDomainName("home.example.org");
const KEY = { name: NAME, type: "A" } as const;
const OLD = address("203.0.113.5");
const NEW = address("203.0.113.6");
const ALIAS = {
  name: "alias.example.org",
  type: TYPE.CNAME,
  class: CLASS.IN,
  ttl: 60,
  data: { kind: "host", host: NAME },
} as const;

let clock: ManualClock;
let network: SimulatedNetwork;
let resolvers: Endpoint[];
let zones: { readonly ns1: DnsZone; readonly ns2: DnsZone };

function address(text: string): Address {
  return parseAddress(text)!;
}

function endpoint(text: string): Endpoint {
  return { address: address(text), port: 53 };
}

function setOf(...values: Address[]): RecordSet {
  return { ...KEY, ttl: seconds(300), values: canonicalValues(values) };
}

function newZone(): DnsZone {
  const nameServers = ["ns1.example.net", "NS2.example.net"];
  return new DnsZone({ name: "example.org", nameServers, sets: [setOf(OLD)], records: [ALIAS] });
}

/** One more server of a zone. `delay`: milliseconds to its answer; absent: 40. */
function serve(where: Endpoint, zone: DnsZone, behaviour: DnsBehaviour = "honest", delay = 40): void {
  const options = { zones: [zone], hashes: createHashes(), now: () => clock.date(), behaviour };
  network.serveUdp(
    where,
    (bytes, client) => {
      const answer = respond(bytes, client, "udp", options)?.answer;
      return answer ? [{ bytes: answer }] : [];
    },
    { roundTrip: delay },
  );
}

function change(zone: DnsZone, set: RecordSet): void {
  const others = zone.records.filter(({ name, type }) => name !== set.name || type !== TYPE[set.type]);
  zone.replace([...others, ...recordsOf(set)]);
}

function authority(servers?: readonly Endpoint[]) {
  const random = { bytes: (length: number) => new Uint8Array(length).fill(9), fraction: () => 0 };
  const http = { request: () => Promise.reject(new TypeError("no HTTP")) };
  const names = { ...network.names, resolvers: () => resolvers };
  const { tcp, tls, udp } = network;
  return createAuthority({ clock, http, names, random, tcp, tls, udp }, { servers });
}

/** Runs a question to its end and says how long it took on the clock. */
async function timed<T>(question: Promise<T>): Promise<{ readonly result: T; readonly took: number }> {
  const start = clock.now();
  const end: { took?: number } = {};
  const settled = question.finally(() => {
    end.took = clock.now() - start;
  });
  settled.catch(() => {});
  while (end.took === undefined) await clock.advance(10);
  return { result: await settled, took: end.took };
}

function askedOf(where: Endpoint): number {
  return network.sent.filter(({ peer }) => peer.address.text === where.address.text).length;
}

beforeEach(() => {
  clock = new ManualClock();
  network = new SimulatedNetwork(clock);
  network.hosts.set("ns1.example.net", [NS1.address]);
  network.hosts.set("ns2.example.net", [NS2.address]);
  resolvers = [RESOLVER];
  zones = { ns1: newZone(), ns2: newZone() };
  serve(RESOLVER, newZone());
  serve(NS1, zones.ns1);
  serve(NS2, zones.ns2);
});

describe("reading at the zone's own servers", () => {
  it("finds them through the resolver, and asks them without recursion", async () => {
    change(zones.ns1, setOf(NEW));
    const { result } = await timed(authority().read(KEY, NEVER));
    expect(result).toEqual({ kind: "present", set: setOf(NEW) });
    const questions = network.sent.map(({ peer, bytes }) => [
      peer.address.text,
      decodeMessage(bytes).header.rd,
    ]);
    expect(questions).toEqual([
      [RESOLVER.address.text, true],
      [RESOLVER.address.text, true],
      [NS1.address.text, false],
    ]);
    expect(network.openSockets).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it("tells names and types that are not there apart from what could not be read", async () => {
    const read = async (name: string, type: "A" | "AAAA") => {
      const { result } = await timed(authority().read({ name: parseDomainName(name), type }, NEVER));
      return result;
    };
    expect(await read("missing.example.org", "A")).toEqual({ kind: "absent" });
    expect(await read("home.example.org", "AAAA")).toEqual({ kind: "absent" });
    const alias = await read("alias.example.org", "A");
    expect(alias).toMatchObject({ kind: "unread", error: { code: "alias" } });
    expect(describeError(alias.kind === "unread" && alias.error)).toContain("home.example.org");
  });

  it("looks the servers up again only after ten minutes", async () => {
    const zone = authority();
    await timed(zone.read(KEY, NEVER));
    await timed(zone.read({ ...KEY, type: "AAAA" }, NEVER));
    expect(askedOf(RESOLVER)).toBe(2);
    await clock.advance(600_000);
    await timed(zone.read(KEY, NEVER));
    expect(askedOf(RESOLVER)).toBe(4);
  });

  it("looks a zone up once for all of its names", async () => {
    const zone = authority();
    const names = Array.from({ length: 50 }, (_, index) => parseDomainName(`h${index}.example.org`));
    await timed(Promise.all(names.map((name) => zone.read({ name, type: "A" }, NEVER))));
    const asked = network.sent.filter(({ peer }) => peer.address.text === RESOLVER.address.text);
    const types = asked.map(({ bytes }) => decodeMessage(bytes).questions[0]?.type);
    expect(types.filter((type) => type === TYPE.NS)).toHaveLength(1);
  });

  it("asks the next server when one is silent, and the next resolver, too", async () => {
    serve(NS1, zones.ns1, "silent");
    resolvers = [SECOND_RESOLVER, RESOLVER];
    const { result, took } = await timed(authority().read(KEY, NEVER));
    expect(result).toMatchObject({ kind: "present" });
    expect(took).toBeLessThan(1500);
    expect(network.openSockets).toBe(0);
  });

  it.each<DnsBehaviour>(["refused", "servfail"])(
    "asks the next one when the first has it %s",
    async (behaviour) => {
      serve(NS1, zones.ns1, behaviour);
      const { result } = await timed(authority().read(KEY, NEVER));
      expect(result).toMatchObject({ kind: "present" });
      serve(NS2, zones.ns2, behaviour);
      expect((await timed(authority().read(KEY, NEVER))).result).toMatchObject({
        kind: "unread",
        error: { code: "rcode" },
      });
    },
  );

  it("does not believe a server that does not hold the zone", async () => {
    network.serveUdp(NS1, (bytes) => {
      const asked = decodeMessage(bytes);
      const answers = recordsOf(setOf(NEW));
      return [
        { bytes: encodeMessage({ ...asked, header: { ...asked.header, qr: true, aa: false }, answers }) },
      ];
    });
    const { result } = await timed(authority([NS1]).read(KEY, NEVER));
    expect(result).toMatchObject({ kind: "unread", error: { code: "not-authoritative" } });
  });

  it("goes to the servers that are given, and to nobody else", async () => {
    const { result } = await timed(authority([NS2]).read(KEY, NEVER));
    expect(result).toMatchObject({ kind: "present" });
    expect(askedOf(RESOLVER) + askedOf(NS1)).toBe(0);
  });

  it("cannot be done without a resolver, for a zone that is nowhere, or a server without address", async () => {
    const nowhere = await timed(
      authority().read({ name: parseDomainName("home.example.com"), type: "A" }, NEVER),
    );
    expect(nowhere.result).toMatchObject({ kind: "unread", error: { code: "resolver" } });
    network.hosts.clear();
    const unaddressed = await timed(authority().read(KEY, NEVER));
    expect(unaddressed.result).toMatchObject({ kind: "unread", error: { code: "name" } });
    resolvers = [];
    expect((await timed(authority().read(KEY, NEVER))).result).toMatchObject({
      kind: "unread",
      error: { message: expect.stringContaining("no resolver") },
    });
  });

  it("throws when it is cancelled, and leaves nothing behind", async () => {
    const cancel = new AbortController();
    serve(NS1, zones.ns1, "silent");
    serve(NS2, zones.ns2, "silent");
    const reading = authority().read(KEY, cancel.signal);
    const failure = reading.catch((error: unknown) => error);
    await clock.advance(800);
    cancel.abort();
    expect(await failure).toBeInstanceOf(CancelledError);
    expect(network.openSockets).toBe(0);
    expect(clock.pending).toBe(0);
  });
});

describe("verifying", () => {
  const deadline = milliseconds(10_000);

  it("has converged when every server has exactly the values", async () => {
    const { result } = await timed(authority().verify(setOf(OLD), deadline, NEVER));
    expect(result).toEqual({
      kind: "converged",
      servers: ["ns1.example.net", "ns2.example.net"],
      took: 120,
    });
  });

  it("waits for the last one, asking it less and less often, and the others no more", async () => {
    change(zones.ns1, setOf(NEW));
    const verification = timed(authority().verify(setOf(NEW), deadline, NEVER));
    await clock.advance(4000);
    const before = askedOf(NS2);
    change(zones.ns2, setOf(NEW));
    const { result } = await verification;
    expect(result).toMatchObject({ kind: "converged" });
    expect(askedOf(NS1)).toBe(1);
    expect(before).toBeLessThan(8);
    const times = network.sent.filter(({ peer }) => peer.address === NS2.address).map(({ at }) => at);
    const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0) - 40);
    expect(pauses.slice(0, 5)).toEqual([100, 200, 400, 800, 1600]);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(2000);
  });

  it("ends at the deadline and says who is wrong", async () => {
    change(zones.ns1, setOf(NEW));
    const { result, took } = await timed(authority().verify(setOf(NEW), milliseconds(3000), NEVER));
    expect(result).toEqual({
      kind: "incomplete",
      right: ["ns1.example.net"],
      wrong: ["ns2.example.net"],
      took: 3000,
    });
    expect(took).toBe(3000);
    expect(network.openSockets).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it("counts a silent server, and one with a value too many, as wrong", async () => {
    serve(NS1, zones.ns1, "silent");
    change(zones.ns2, setOf(OLD, NEW));
    const { result } = await timed(authority().verify(setOf(NEW), milliseconds(2000), NEVER));
    expect(result).toMatchObject({
      kind: "incomplete",
      right: [],
      wrong: ["ns1.example.net", "ns2.example.net"],
    });
  });

  it("does not compare TTLs", async () => {
    const expected = { ...setOf(OLD), ttl: seconds(60) };
    const { result } = await timed(authority().verify(expected, deadline, NEVER));
    expect(result).toMatchObject({ kind: "converged" });
  });

  it("uses any address of a server that answers", async () => {
    network.hosts.set("ns1.example.net", [address("192.0.2.77"), NS1.address]);
    const { result } = await timed(authority().verify(setOf(OLD), deadline, NEVER));
    expect(result).toMatchObject({ kind: "converged" });
  });

  it("cannot be done when the servers cannot be found", async () => {
    resolvers = [];
    const { result } = await timed(authority().verify(setOf(OLD), deadline, NEVER));
    expect(result).toMatchObject({ kind: "unverifiable", why: expect.stringContaining("no resolver") });
    resolvers = [SECOND_RESOLVER];
    const silent = await timed(authority().verify(setOf(OLD), milliseconds(2000), NEVER));
    expect(silent.result).toMatchObject({ kind: "unverifiable", why: expect.stringContaining("2000 ms") });
  });

  it("throws when it is cancelled, and leaves nothing behind", async () => {
    const cancel = new AbortController();
    const failure = authority()
      .verify(setOf(NEW), deadline, cancel.signal)
      .catch((error: unknown) => error);
    await clock.advance(1000);
    cancel.abort();
    expect(await failure).toBeInstanceOf(CancelledError);
    expect(network.openSockets).toBe(0);
    expect(clock.pending).toBe(0);
  });
});

describe("a delegation to more servers than anybody has", () => {
  it("is followed to the first sixteen", async () => {
    const nameServers = Array.from({ length: 20 }, (_, index) => `ns${100 + index}.example.net`);
    for (const host of nameServers) network.hosts.set(host, [NS1.address]);
    serve(RESOLVER, new DnsZone({ name: "example.org", nameServers, sets: [setOf(OLD)] }));

    const { result } = await timed(authority().verify(setOf(OLD), milliseconds(5000), NEVER));

    expect(result).toMatchObject({ kind: "converged", servers: nameServers.slice(0, 16) });
  });
});
