import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressFromBytes } from "#core/address.ts";
import type { RecordId } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import {
  type Data,
  readSharedAddress,
  SharedAddressError,
  writeSharedAddress,
} from "#kubernetes/cluster/shared-address-data.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import type { LoadBalancerState } from "#state/cluster.ts";
import { address } from "#testing/engine-world.ts";
import { shared } from "#testing/shared-address.ts";

const four = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(addressFromBytes);
const six = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(addressFromBytes);
const count = fc.integer({ min: 0, max: 2 ** 40 });
// No extreme years: those have another form (RFC 3339 has four digits)
const date = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const record = fc
  .tuple(label, fc.constantFrom("A" as const, "AAAA" as const))
  .map(([name, type]): RecordId => `${name}.example.org/${type}`);
const loadBalancer = fc.oneof<fc.Arbitrary<LoadBalancerState | undefined>[]>(
  fc.constant(undefined),
  fc.record({ kind: fc.constantFrom("none" as const, "pending" as const), service: label }),
  fc.record({
    kind: fc.constant("address" as const),
    service: label,
    address: four.map(({ text }) => text),
    isPublic: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("hostname" as const), service: label, hostname: fc.domain() }),
);
const anyShared: fc.Arbitrary<SharedAddress> = fc
  .record({
    four: fc.option(four),
    six: fc.option(six),
    detectedAt: date,
    changedAt: fc.option(date, { nil: undefined }),
    epoch: count,
    sequence: count,
    validFor: count.map(seconds),
    agreement: fc.string(),
    leader: label,
    published: fc.array(fc.tuple(record, four)).map((all) => new Map(all)),
    passed: fc.array(fc.tuple(record, fc.array(label))).map((all) => new Map(all)),
    members: fc.array(label),
    loadBalancer,
  })
  .map(({ four, six, ...rest }) => ({
    ...rest,
    addresses: new Map([...(four ? [[4, four] as const] : []), ...(six ? [[6, six] as const] : [])]),
  }));

describe("the data of a shared address", () => {
  it("says the same when it is read as was written, in texts alone", () => {
    fc.assert(
      fc.property(anyShared, (one) => {
        const data = writeSharedAddress(one);
        expect(Object.values(data).every((text) => typeof text === "string")).toBe(true);
        expect(readSharedAddress(data)).toEqual(one);
      }),
    );
  });

  it("has the keys that scripts read, dates of UTC, and JSON", () => {
    const published = new Map<RecordId, ReturnType<typeof address>>([
      ["home.example.org/A", address("203.0.113.7")],
    ]);
    const addresses = new Map([[4, address("203.0.113.7")] as const]);
    const changedAt = new Date("2026-01-01T01:00:00+01:00");
    expect(writeSharedAddress(shared({ addresses, published, changedAt, members: ["node-1"] }))).toEqual({
      current_ip: "203.0.113.7",
      current_ipv6: "",
      detected_at: "2026-01-01T00:00:00.000Z",
      changed_at: "2026-01-01T00:00:00.000Z",
      epoch: "3",
      sequence: "41",
      valid_for_seconds: "600",
      agreement: "IPv4: alpha, bravo agree",
      leader: "node-1",
      published: '{"home.example.org/A":"203.0.113.7"}',
      passed: "{}",
      members: '["node-1"]',
      load_balancer: "null",
    });
  });

  it("may leave out what a leader may not know", () => {
    const { detected_at, epoch, sequence, valid_for_seconds } = writeSharedAddress(shared());
    const data = { detected_at, epoch, sequence, valid_for_seconds };
    expect(readSharedAddress(defined(data))).toMatchObject({
      addresses: new Map(),
      published: new Map(),
      passed: new Map(),
      members: [],
      changedAt: undefined,
      loadBalancer: undefined,
    });
  });

  it.each([
    ["current_ip", "203.0.113"],
    ["current_ip", "2001:db8::1"],
    ["current_ipv6", "203.0.113.7"],
    ["current_ipv6", "::g"],
    ["detected_at", ""],
    ["detected_at", "yesterday"],
    ["changed_at", "31.12.2026"],
    ["epoch", ""],
    ["epoch", "-1"],
    ["epoch", "1.5"],
    ["epoch", "1e3"],
    ["epoch", "999999999999999"],
    ["sequence", "one"],
    ["sequence", "99999999999999999999"],
    ["valid_for_seconds", "600s"],
    ["published", "{"],
    ["published", "[]"],
    ["published", '{"home.example.org":"203.0.113.7"}'],
    ["published", '{"home.example.org/TXT":"203.0.113.7"}'],
    ["published", '{"home.example.org/A":7}'],
    ["published", '{"home.example.org/A":"here"}'],
    ["passed", '"node-1"'],
    ["passed", '{"home.example.org/A":"node-1"}'],
    ["passed", '{"home.example.org/A":[1]}'],
    ["members", "node-1"],
    ["members", '{"node-1":true}'],
    ["members", "[null]"],
    ["members", '["node-1; reboot"]'],
    ["members", '["<b>node</b>"]'],
    ["passed", '{"home.example.org/A":["$(reboot)"]}'],
    ["leader", "node-1\nnode-2"],
    ["leader", "node-1 && reboot"],
  ])("is refused with the key in the message: %s is %j", (key, text) => {
    const data = { ...writeSharedAddress(shared()), [key]: text };
    const read = () => readSharedAddress(data);
    expect(read).toThrow(SharedAddressError);
    expect(read).toThrow(
      `Cannot use "${key}" of the shared address: it is ${JSON.stringify(text)}, expected `,
    );
  });

  it.each(["detected_at", "epoch", "sequence", "valid_for_seconds"])("is refused without %s", (key) => {
    const { [key]: _, ...data }: Data = writeSharedAddress(shared());
    expect(() => readSharedAddress(data)).toThrow(`Cannot use "${key}" of the shared address: it is missing`);
  });

  it("that is refused says what to do, and not all of a long text", () => {
    const data = { ...writeSharedAddress(shared()), epoch: "x".repeat(5000) };
    try {
      readSharedAddress(data);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(SharedAddressError);
      expect(error).toMatchObject({
        code: "malformed",
        hint: expect.stringContaining("the leader writes it anew"),
      });
      expect(error instanceof Error && error.message.length).toBeLessThan(250);
    }
  });

  it("that names more nodes than a cluster has is refused", () => {
    const names = JSON.stringify(Array.from({ length: 100_000 }, (_, index) => `n${index}`));
    for (const key of ["members", "passed"]) {
      const text = key === "members" ? names : `{"home.example.org/A":${names}}`;
      expect(() => readSharedAddress({ ...writeSharedAddress(shared()), [key]: text })).toThrow(
        `Cannot use "${key}" of the shared address`,
      );
    }
  });

  it("that is far larger than any is refused before it is looked at", () => {
    const many = Array.from({ length: 30_000 }, (_, index) => [`r${index}.example.org/A`, "192.0.2.1"]);
    const data = { ...writeSharedAddress(shared()), published: JSON.stringify(Object.fromEntries(many)) };
    expect(() => readSharedAddress(data)).toThrow('Cannot use "published" of the shared address');
  });

  it("says who agreed in a few words, and in the same when it is read", () => {
    const one = shared({ agreement: "alpha, ".repeat(10_000) });
    const { agreement } = readSharedAddress({ ...writeSharedAddress(one), agreement: one.agreement });
    expect(agreement).toHaveLength(4096);
    expect(writeSharedAddress(one)["agreement"]).toBe(agreement);
  });

  it.each([
    '"a balancer"',
    '{"kind":"address","service":"esddns"}',
    '{"kind":"hostname","service":"esddns","hostname":7}',
    '{"kind":"pending"}',
    '{"kind":"other","service":"esddns"}',
    "[]",
  ])("has no load balancer where none can be read: %s", (load_balancer) => {
    const data = { ...writeSharedAddress(shared()), load_balancer };
    expect(readSharedAddress(data).loadBalancer).toBeUndefined();
  });
});

function defined(data: Readonly<Record<string, string | undefined>>): Data {
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, text ?? ""]));
}
