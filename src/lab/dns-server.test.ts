import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Address, parseAddress } from "#core/address.ts";
import { parseDomainName } from "#core/name.ts";
import { canonicalValues } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import { type DnsServer, startDnsServer } from "#lab/dns-server.ts";
import { createHashes } from "#platform/hashes.ts";
import { decodeMessage, encodeMessage, type Message, queryMessage } from "#wire/dns/message.ts";
import { optRecord } from "#wire/dns/edns.ts";
import { formatRcode, RCODE } from "#wire/dns/rcode.ts";
import type { RecordData } from "#wire/dns/record-data.ts";
import type { ResourceRecord } from "#wire/dns/resource-record.ts";
import { frameMessage } from "#wire/dns/tcp-frame.ts";
import { type AnswerVerdict, signMessage, verifyAnswer } from "#wire/dns/tsig.ts";
import type { TsigKey } from "#wire/dns/tsig-key.ts";
import { CLASS, TYPE } from "#wire/dns/types.ts";
import {
  addRecord,
  deleteRecord,
  deleteRecordSet,
  recordSetExists,
  recordSetHas,
  recordSetMissing,
  updateMessage,
} from "#wire/dns/update.ts";

const LOOPBACK = address("127.0.0.1");
const ZONE = "example.org";
const HOME = parseDomainName("home.example.org");
const OLD = address("203.0.113.5");
const NEW = address("203.0.113.6");
const hashes = createHashes();
const key: TsigKey = { name: "key", algorithm: "hmac-sha256", secret: new Uint8Array(32).fill(1) };

let server: DnsServer;
let changes: string[];

beforeEach(async () => {
  changes = [];
  const alias: ResourceRecord = {
    name: "alias.example.org",
    type: TYPE.CNAME,
    class: CLASS.IN,
    ttl: 60,
    data: { kind: "host", host: HOME },
  };
  server = await startDnsServer({
    address: LOOPBACK,
    zones: [
      {
        name: ZONE,
        sets: [{ name: HOME, type: "A", ttl: seconds(60), values: canonicalValues([OLD]) }],
        records: [alias],
      },
    ],
    keys: [key],
    onChange: (zone) => changes.push(zone),
  });
});

afterEach(() => server.close());

function address(text: string): Address {
  return parseAddress(text)!;
}

function addressData(value: Address): RecordData {
  return { kind: "address", address: value };
}

async function overUdp(bytes: Uint8Array): Promise<Uint8Array> {
  const socket = createSocket("udp4");
  try {
    socket.connect(server.endpoint.port, LOOPBACK.text);
    await once(socket, "connect");
    socket.send(bytes);
    const [answer]: unknown[] = await once(socket, "message");
    return answer instanceof Uint8Array ? Uint8Array.from(answer) : new Uint8Array();
  } finally {
    socket.close();
  }
}

async function overTcp(bytes: Uint8Array): Promise<Uint8Array> {
  const socket = connect(server.endpoint.port, LOOPBACK.text);
  try {
    socket.write(frameMessage(bytes));
    const [answer]: unknown[] = await once(socket, "data");
    return answer instanceof Uint8Array ? Uint8Array.from(answer.subarray(2)) : new Uint8Array();
  } finally {
    socket.destroy();
  }
}

async function ask(name: string, type: number, send = overUdp): Promise<Message> {
  return decodeMessage(await send(encodeMessage(queryMessage({ name, type }, { id: 7, rd: true }))));
}

interface Signed {
  readonly rcode: string;
  readonly verdict: AnswerVerdict;
}

async function update(
  records: readonly ResourceRecord[],
  { prerequisites, withKey = key, at = nowSeconds(), zone = ZONE }: Partial<UpdateOptions> = {},
): Promise<Signed> {
  const message = encodeMessage(updateMessage(zone, records, { id: 9, prerequisites }));
  const { bytes, mac } = signMessage(message, withKey, { at }, hashes);
  const answer = await overUdp(bytes);
  return {
    rcode: formatRcode(decodeMessage(answer).header.rcode),
    verdict: verifyAnswer(answer, withKey, mac, at, hashes),
  };
}

interface UpdateOptions {
  readonly prerequisites: readonly ResourceRecord[];
  readonly withKey: TsigKey;
  readonly at: number;
  readonly zone: string;
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function values(): readonly string[] | undefined {
  return server.recordSet({ name: HOME, type: "A" })?.values.map(({ text }) => text);
}

const replace = [deleteRecordSet(HOME, TYPE.A), addRecord(HOME, TYPE.A, 300, addressData(NEW))];

describe("a question to the lab's DNS server", () => {
  it.each([
    ["UDP", overUdp],
    ["TCP", overTcp],
  ])("is answered with authority over %s", async (_, send) => {
    const { header, answers } = await ask("HOME.example.org", TYPE.A, send);
    expect(header).toMatchObject({ qr: true, aa: true, rd: true, ra: false, rcode: RCODE.NOERROR });
    expect(answers).toMatchObject([{ ttl: 60, data: { address: { text: "203.0.113.5" } } }]);
  });

  it.each([
    ["a name that is not there", "missing.example.org", TYPE.A, "NXDOMAIN", true],
    ["a type that is not there", HOME, TYPE.AAAA, "NOERROR", true],
    ["a name with names below it alone", "example.org", TYPE.A, "NOERROR", true],
    ["another zone", "home.example.com", TYPE.A, "REFUSED", false],
  ])("for %s is denied as it should be", async (_, name, type, rcode, hasSoa) => {
    const { header, answers, authorities } = await ask(name, type);
    expect(formatRcode(header.rcode)).toBe(rcode);
    expect(header.aa).toBe(hasSoa);
    expect(answers).toEqual([]);
    expect(authorities.map(({ type }) => type)).toEqual(hasSoa ? [TYPE.SOA] : []);
  });

  it("for an alias yields the alias", async () => {
    const { answers } = await ask("alias.example.org", TYPE.A);
    expect(answers).toMatchObject([{ type: TYPE.CNAME, data: { host: HOME } }]);
  });

  it("is truncated over UDP when the answer is too large, and whole over TCP", async () => {
    const many = Array.from({ length: 60 }, (_, index) => address(`198.51.100.${index}`));
    server.set({ name: HOME, type: "A", values: canonicalValues(many) });
    expect((await ask(HOME, TYPE.A)).header.tc).toBe(true);
    expect((await ask(HOME, TYPE.A, overTcp)).answers).toHaveLength(60);
    const large = queryMessage(
      { name: HOME, type: TYPE.A },
      { id: 1, rd: false, additionals: [optRecord(4096)] },
    );
    expect(decodeMessage(await overUdp(encodeMessage(large))).answers).toHaveLength(60);
  });
});

describe("an update", () => {
  it("replaces a set, counts the serial up, and its answer is signed", async () => {
    expect(await update(replace)).toEqual({ rcode: "NOERROR", verdict: { kind: "verified" } });
    expect(values()).toEqual(["203.0.113.6"]);
    expect(server.serial(ZONE)).toBe(2);
    expect(changes).toEqual([ZONE]);
    expect(server.requests.at(-1)).toMatchObject({
      kind: "update",
      signed: true,
      rcode: "NOERROR",
      name: ZONE,
    });
  });

  it("that changes nothing leaves the serial as it is", async () => {
    await update([addRecord(HOME, TYPE.A, 60, addressData(OLD))]);
    expect(server.serial(ZONE)).toBe(1);
    expect(changes).toEqual([]);
  });

  it("adds to a set and takes single values out of it", async () => {
    await update([addRecord(HOME, TYPE.A, 300, addressData(NEW))]);
    expect(values()).toEqual(["203.0.113.5", "203.0.113.6"]);
    await update([deleteRecord(HOME, TYPE.A, addressData(OLD))]);
    expect(values()).toEqual(["203.0.113.6"]);
    expect(server.recordSet({ name: HOME, type: "A" })?.ttl).toBe(300);
  });

  it("never takes away SOA and NS of the zone", async () => {
    await update([deleteRecordSet(ZONE, TYPE.ANY), deleteRecordSet(ZONE, TYPE.NS)]);
    expect((await ask(ZONE, TYPE.SOA)).answers).toHaveLength(1);
    expect((await ask(ZONE, TYPE.NS)).answers).toHaveLength(1);
  });

  it.each<[string, ResourceRecord, string]>([
    ["the set is there", recordSetExists(HOME, TYPE.A), "NOERROR"],
    ["another set is there", recordSetExists(HOME, TYPE.AAAA), "NXRRSET"],
    ["another name is there", recordSetExists("x.example.org", TYPE.ANY), "NXDOMAIN"],
    ["the set is not there", recordSetMissing(HOME, TYPE.A), "YXRRSET"],
    ["the name is not there", recordSetMissing(HOME, TYPE.ANY), "YXDOMAIN"],
    ["another set is not there", recordSetMissing(HOME, TYPE.AAAA), "NOERROR"],
    ["the set is this", recordSetHas(HOME, TYPE.A, addressData(OLD)), "NOERROR"],
    ["the set is that", recordSetHas(HOME, TYPE.A, addressData(NEW)), "NXRRSET"],
    ["a set of another zone is there", recordSetExists("home.example.com", TYPE.A), "NOTZONE"],
  ])("on the condition that %s", async (_, prerequisite, rcode) => {
    expect(await update(replace, { prerequisites: [prerequisite] })).toMatchObject({ rcode });
    expect(values()).toEqual([rcode === "NOERROR" ? "203.0.113.6" : "203.0.113.5"]);
  });

  it("of a name outside of the zone does nothing at all", async () => {
    const outside = addRecord("home.example.com", TYPE.A, 300, addressData(NEW));
    expect(await update([...replace, outside])).toMatchObject({ rcode: "NOTZONE" });
    expect(values()).toEqual(["203.0.113.5"]);
  });

  it("of a zone that is not here is not authorised", async () => {
    expect(await update(replace, { zone: "example.com" })).toMatchObject({ rcode: "NOTAUTH" });
  });

  it("without a signature is refused", async () => {
    const answer = decodeMessage(await overUdp(encodeMessage(updateMessage(ZONE, replace, { id: 1 }))));
    expect(formatRcode(answer.header.rcode)).toBe("REFUSED");
    expect(values()).toEqual(["203.0.113.5"]);
  });

  it.each<[string, Partial<UpdateOptions>, number]>([
    ["of another secret", { withKey: { ...key, secret: new Uint8Array(32) } }, RCODE.BADSIG],
    ["of an unknown key", { withKey: { ...key, name: "nobody" } }, RCODE.BADKEY],
    ["of another time", { at: nowSeconds() - 1000 }, RCODE.BADTIME],
  ])("with a signature %s is refused with the reason", async (_, options, error) => {
    const { rcode, verdict } = await update(replace, options);
    expect({ rcode, verdict }).toMatchObject({ rcode: "NOTAUTH", verdict: { kind: "refused", error } });
    expect(values()).toEqual(["203.0.113.5"]);
  });
});

describe("a behaviour", () => {
  it("forges the signature after the work is done", async () => {
    server.behave("forge-signature");
    expect(await update(replace)).toMatchObject({ verdict: { kind: "untrusted", error: "BADSIG" } });
    expect(values()).toEqual(["203.0.113.6"]);
  });

  it("leaves the signature out, or has a wrong clock", async () => {
    server.behave("unsigned");
    expect(await update(replace)).toMatchObject({ verdict: { kind: "unsigned" } });
    server.behave("wrong-clock");
    expect(await update(replace)).toMatchObject({ verdict: { kind: "refused", error: RCODE.BADTIME } });
  });

  it.each(["refused", "servfail"] as const)("answers %s and does nothing", async (behaviour) => {
    server.behave(behaviour);
    expect(await update(replace)).toMatchObject({ rcode: behaviour.toUpperCase() });
    expect(values()).toEqual(["203.0.113.5"]);
  });

  it("drops the answer to an update that was made, and answers questions", async () => {
    server.behave("drop-answer");
    const { bytes } = signMessage(
      encodeMessage(updateMessage(ZONE, replace, { id: 1 })),
      key,
      { at: nowSeconds() },
      hashes,
    );
    expect(server.respond(bytes, server.endpoint)).toBeUndefined();
    expect(values()).toEqual(["203.0.113.6"]);
    expect((await ask(HOME, TYPE.A)).answers).toHaveLength(1);
  });

  it("may be for the next request of a kind alone", async () => {
    server.behave("servfail", "update");
    expect((await ask(HOME, TYPE.A)).header.rcode).toBe(RCODE.NOERROR);
    expect(await update(replace)).toMatchObject({ rcode: "SERVFAIL" });
    expect(await update(replace)).toMatchObject({ rcode: "NOERROR" });
  });
});

it("somebody else can change the zone, and it is told", async () => {
  server.set({ name: HOME, type: "A", values: [NEW] });
  expect(values()).toEqual(["203.0.113.6"]);
  server.remove({ name: HOME, type: "A" });
  expect(values()).toBeUndefined();
  expect(changes).toEqual([ZONE, ZONE]);
  expect((await ask(HOME, TYPE.A)).header.rcode).toBe(RCODE.NXDOMAIN);
});

it("bytes that are no request are neither answered nor counted", () => {
  const answer = encodeMessage({
    ...updateMessage(ZONE, [], { id: 1 }),
    header: { ...updateMessage(ZONE, [], { id: 1 }).header, qr: true },
  });
  for (const bytes of [new Uint8Array(), Uint8Array.of(1, 2, 3), new Uint8Array(12).fill(255), answer])
    expect(server.respond(bytes, server.endpoint)).toBeUndefined();
  expect(server.requests).toEqual([]);
});
