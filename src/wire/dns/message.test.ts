import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressFromBytes } from "#core/address.ts";
import { WireError } from "#core/errors.ts";
import { extendedRcode, optRecord } from "#wire/dns/edns.ts";
import { decodeMessage, encodeMessage, type Message, queryMessage } from "#wire/dns/message.ts";
import type { RecordData } from "#wire/dns/record-data.ts";
import type { ResourceRecord } from "#wire/dns/resource-record.ts";
import { CLASS, TYPE } from "#wire/dns/types.ts";

const uint16 = fc.nat(0xffff);
const uint32 = fc.nat(0xffff_ffff);
const bytes = fc.uint8Array({ maxLength: 40 });
const name = fc
  .array(fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/), { maxLength: 4 })
  .map((labels) => labels.join("."));
const address = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map(addressFromBytes);

type Typed = readonly [type: number, data: RecordData];
const typed: fc.Arbitrary<Typed> = fc.oneof(
  address(4).map((address): Typed => [TYPE.A, { kind: "address", address }]),
  address(16).map((address): Typed => [TYPE.AAAA, { kind: "address", address }]),
  name.map((host): Typed => [TYPE.NS, { kind: "host", host }]),
  name.map((host): Typed => [TYPE.CNAME, { kind: "host", host }]),
  fc
    .record({
      mname: name,
      rname: name,
      serial: uint32,
      refresh: uint32,
      retry: uint32,
      expire: uint32,
      minimum: uint32,
    })
    .map((soa): Typed => [TYPE.SOA, { kind: "soa", soa }]),
  fc
    .array(bytes, { minLength: 1, maxLength: 4 })
    .map((strings): Typed => [TYPE.TXT, { kind: "text", strings }]),
  fc
    .record({
      algorithm: name,
      timeSigned: fc.nat(2 ** 48 - 1),
      fudge: uint16,
      mac: bytes,
      originalId: uint16,
      error: uint16,
      other: bytes,
    })
    .map((tsig): Typed => [TYPE.TSIG, { kind: "tsig", tsig }]),
  fc
    .array(fc.record({ code: uint16, data: bytes }), { maxLength: 3 })
    .map((options): Typed => [TYPE.OPT, { kind: "opt", options }]),
  bytes.map((bytes): Typed => [65_280, { kind: "raw", bytes }]),
  fc.constantFrom<Typed>(
    [TYPE.A, { kind: "raw", bytes: new Uint8Array() }],
    [TYPE.SOA, { kind: "raw", bytes: new Uint8Array() }],
  ),
);
const record: fc.Arbitrary<ResourceRecord> = fc
  .record({ name, typed, class: fc.constantFrom(CLASS.IN, CLASS.NONE, CLASS.ANY, 1232), ttl: uint32 })
  .map(({ typed: [type, data], ...rest }) => ({ ...rest, type, data }));
const records = fc.array(record, { maxLength: 4 });
const flag = fc.boolean();
const header = fc.record({
  id: uint16,
  qr: flag,
  opcode: fc.nat(15),
  aa: flag,
  tc: flag,
  rd: flag,
  ra: flag,
  ad: flag,
  cd: flag,
  rcode: fc.nat(15),
});
const question = fc.record({ name, type: uint16, class: uint16 });
const message: fc.Arbitrary<Message> = fc.record({
  header,
  questions: fc.array(question, { maxLength: 2 }),
  answers: records,
  authorities: records,
  additionals: records,
});

/** BIND 9.18's answer to `dig +norec +noedns example.org SOA`, names compressed. */
const BIND_ANSWER =
  "1a2784000001000100010001076578616d706c65036f72670000060001c00c000600010000012c0027036e7331c00c0a686f73746d6173746572c00c0000000f00000e1000000258000151800000003cc00c000200010000012c0002c029c029000100010000012c00047f000001";
/** Knot 3.2's answer to `dig +norec multi.example.org A`, with EDNS. */
const KNOT_ANSWER =
  "21da84000001000200000001056d756c7469076578616d706c65036f72670000010001c00c000100010000005a0004c6336401c00c000100010000005a0004cb00714d00002904d0000000000000";

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

describe("a DNS message", () => {
  it("reads back as it was written", () => {
    fc.assert(
      fc.property(message, (message) => {
        expect(decodeMessage(encodeMessage(message))).toEqual(message);
      }),
    );
  });

  it("of BIND is read through its compression", () => {
    const { header, questions, answers, authorities, additionals } = decodeMessage(fromHex(BIND_ANSWER));
    expect(header).toMatchObject({ id: 0x1a27, qr: true, aa: true, rd: false, tc: false, rcode: 0 });
    expect(questions).toEqual([{ name: "example.org", type: TYPE.SOA, class: CLASS.IN }]);
    const soa = { mname: "ns1.example.org", rname: "hostmaster.example.org", serial: 15, refresh: 3600 };
    const times = { retry: 600, expire: 86_400, minimum: 60 };
    expect(answers[0]).toMatchObject({ name: "example.org", ttl: 300, data: { soa: { ...soa, ...times } } });
    expect(authorities[0]).toMatchObject({ name: "example.org", data: { host: "ns1.example.org" } });
    expect(additionals[0]).toMatchObject({
      name: "ns1.example.org",
      data: { address: { text: "127.0.0.1" } },
    });
  });

  it("of Knot is read with its record set and its OPT", () => {
    const { answers, additionals } = decodeMessage(fromHex(KNOT_ANSWER));
    const found = answers.map(({ name, ttl, data }) => [
      name,
      ttl,
      data.kind === "address" && data.address.text,
    ]);
    expect(found).toEqual([
      ["multi.example.org", 90, "198.51.100.1"],
      ["multi.example.org", 90, "203.0.113.77"],
    ]);
    expect(additionals).toEqual([optRecord(1232)]);
  });

  it("asks as dig does", () => {
    const query = queryMessage({ name: "multi.example.org", type: TYPE.A }, { id: 0x21da, rd: false });
    expect(encodeMessage(query)).toEqual(
      fromHex("21da00000001000000000000056d756c7469076578616d706c65036f72670000010001"),
    );
  });

  it("that ends early is refused, wherever it ends", () => {
    for (const whole of [BIND_ANSWER, KNOT_ANSWER].map(fromHex)) {
      for (let length = 0; length < whole.length; length += 1)
        expect(() => decodeMessage(whole.subarray(0, length)), `cut at ${length}`).toThrow(WireError);
    }
  });

  it("with bytes after its end is refused", () => {
    expect(() => decodeMessage(Uint8Array.from([...fromHex(BIND_ANSWER), 0]))).toThrow(
      /after the last record/,
    );
  });

  it("whose data is longer or shorter than its length says is refused", () => {
    const query = { ...queryMessage({ name: "a.b", type: TYPE.A }, { id: 1, rd: false }), questions: [] };
    const broken = (type: number, length: number) =>
      encodeMessage({
        ...query,
        answers: [
          { name: "", type, class: CLASS.IN, ttl: 0, data: { kind: "raw", bytes: new Uint8Array(length) } },
        ],
      });
    for (const [type, length] of [
      [TYPE.A, 3],
      [TYPE.A, 5],
      [TYPE.AAAA, 4],
      [TYPE.NS, 2],
      [TYPE.OPT, 3],
    ] as const)
      expect(() => decodeMessage(broken(type, length)), `type ${type}`).toThrow(WireError);
  });

  it("of random bytes is a message or an error, and never hangs", () => {
    const headed = fc
      .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ maxLength: 200 }))
      .map(([head, body]) => Uint8Array.from([...head, 0, 1, 0, 2, 0, 1, 0, 1, ...body]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), headed), (bytes) => {
        try {
          decodeMessage(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("with any one bit flipped is a message or an error", () => {
    for (const whole of [BIND_ANSWER, KNOT_ANSWER].map(fromHex)) {
      for (let bit = 0; bit < whole.length * 8; bit += 1) {
        const flipped = whole.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        try {
          decodeMessage(flipped);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }
    }
  });

  it("has the upper bits of its rcode in OPT", () => {
    const query = queryMessage({ name: "a.b", type: TYPE.A }, { id: 1, rd: false });
    const badvers = { ...optRecord(), ttl: 0x0100_0000 };
    expect(extendedRcode({ ...query, additionals: [badvers] })).toBe(16);
    expect(extendedRcode({ ...query, header: { ...query.header, rcode: 3 } })).toBe(3);
  });
});
