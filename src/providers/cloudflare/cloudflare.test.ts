import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Address, addressFromBytes, parseAddress } from "#core/address.ts";
import { parseDomainName } from "#core/name.ts";
import type { Change } from "#core/plan.ts";
import type { Provider } from "#core/provider.ts";
import { canonicalValues, type RecordMode, type RecordSet } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import { cloudflare } from "#providers/cloudflare/cloudflare.ts";
import { CloudflareEmulator, type StoredRecord } from "#testing/emulators/cloudflare.ts";
import { emulatedWorld, openPlain, testPorts } from "#testing/emulators/world.ts";
import { providerContract, type ProviderWorld } from "#testing/provider-contract.ts";

const ZONE = parseDomainName("example.org");
const TOKEN = "cf_0123456789abcdef";
const HOME = parseDomainName("home.example.org");

providerContract("cloudflare", { make: cloudflareWorld });

async function cloudflareWorld(): Promise<ProviderWorld> {
  const emulator = new CloudflareEmulator({ zones: [ZONE], token: TOKEN });
  await emulator.listen();
  const ports = testPorts();
  const make = (token: string) =>
    cloudflare.create(cloudflare.config.parse({ token, endpoint: emulator.endpoint }), ports, openPlain);
  return emulatedWorld({
    emulator,
    ports,
    provider: make(TOKEN),
    zone: ZONE,
    withWrongSecret: () => make("cf_wrong_fedcba9876543210"),
    secrets: [TOKEN],
    errorBody: (status, message) => ({
      success: false,
      errors: [{ code: status === 429 ? 971 : 9999, message }],
      messages: [],
      result: null,
    }),
    seed({ name, type, values, ttl }) {
      for (const { text } of values) emulator.seed(ZONE, { name, type, content: text, ttl: ttl ?? 1 });
    },
    peek({ name, type }) {
      const records = emulator.find(name, type);
      const [first] = records;
      if (!first) return undefined;
      return { name, type, values: canonicalValues(records.map(addressOf)), ttl: seconds(first.ttl) };
    },
  });
}

describe("cloudflare", () => {
  const signal = new AbortController().signal;
  let emulator: CloudflareEmulator;
  let ports: ReturnType<typeof testPorts>;
  let provider: Provider;

  beforeEach(async () => {
    emulator = new CloudflareEmulator({ zones: [ZONE, "lab.example.org"], token: TOKEN });
    await emulator.listen();
    ports = testPorts();
    provider = make({});
  });
  afterEach(async () => {
    await ports.close();
    await emulator.close();
  });

  function make(config: object): Provider {
    const parsed = cloudflare.config.parse({ token: TOKEN, endpoint: emulator.endpoint, ...config });
    return cloudflare.create(parsed, ports, openPlain);
  }

  function seed(content: string, more: Partial<StoredRecord> = {}): StoredRecord {
    return emulator.seed(ZONE, { name: HOME, type: "A", content, ttl: 300, ...more });
  }

  it("gives the record that is there the new address and keeps everything else of it", async () => {
    const { id } = seed("192.0.2.1", { ttl: 900, proxied: true, comment: "by hand", tags: ["a:b"] });

    await change(["192.0.2.1"], ["192.0.2.2"]);

    expect(emulator.records).toMatchObject([
      { id, content: "192.0.2.2", ttl: 1, proxied: true, comment: "by hand", tags: ["a:b"] },
    ]);
  });

  it("marks what is proxied, and leaves its TTL to Cloudflare", async () => {
    seed("192.0.2.1", { proxied: true, ttl: 1 });
    const [reading] = (await provider.read([{ name: HOME, type: "A" }], signal)).values();
    expect(reading).toMatchObject({ kind: "present", set: { proxied: true } });

    await change(["192.0.2.1"], ["192.0.2.2"], { ttl: 600 });

    expect(emulator.records).toMatchObject([{ content: "192.0.2.2", ttl: 1, proxied: true }]);
    expect(emulator.log.at(-1)?.body).not.toContain("ttl");
  });

  it("keeps what is right, recycles what is wrong, and deletes what is left over", async () => {
    const right = seed("192.0.2.2");
    seed("192.0.2.1");
    seed("192.0.2.3");

    await change(["192.0.2.1", "192.0.2.2", "192.0.2.3"], ["192.0.2.2"]);

    expect(emulator.records).toMatchObject([{ id: right.id, content: "192.0.2.2" }]);
  });

  it("touches nothing but its own record in merge mode", async () => {
    const foreign = seed("203.0.113.9", { ttl: 7200, comment: "theirs" });
    const ours = seed("192.0.2.1", { ttl: 7200 });

    await change(["192.0.2.1", "203.0.113.9"], ["192.0.2.2", "203.0.113.9"], { mode: "merge", ttl: 600 });

    expect(emulator.records).toEqual([foreign, { ...ours, content: "192.0.2.2", ttl: 600 }]);
  });

  it("keeps, in merge mode, what somebody added since the reading", async () => {
    seed("192.0.2.1");
    const late = seed("203.0.113.9");

    await change(["192.0.2.1"], ["192.0.2.2"], { mode: "merge" });

    expect(emulator.records).toMatchObject([{ content: "192.0.2.2" }, late]);
  });

  it("needs no second reading for the write that follows", async () => {
    seed("192.0.2.1");
    await provider.read([{ name: HOME, type: "A" }], signal);
    const before = emulator.log.length;

    await change(["192.0.2.1"], ["192.0.2.2"]);

    expect(emulator.log.slice(before).map(({ method }) => method)).toEqual(["PATCH"]);
  });

  it("reads again when the record was deleted since the reading", async () => {
    const { id } = seed("192.0.2.1");
    await provider.read([{ name: HOME, type: "A" }], signal);
    emulator.remove(id);

    expect(await change(["192.0.2.1"], ["192.0.2.2"])).toMatchObject([{ kind: "applied" }]);
    expect(emulator.records).toMatchObject([{ content: "192.0.2.2" }]);
  });

  it("takes an identical record that somebody was faster to create for done", async () => {
    await provider.read([{ name: HOME, type: "A" }], signal);
    seed("192.0.2.2");

    expect(await change([], ["192.0.2.2"])).toMatchObject([{ kind: "unchanged" }]);
  });

  it("writes many records in batches of at most 200", async () => {
    const changes = Array.from({ length: 250 }, (_, index) =>
      changeOf([], ["192.0.2.1"], { name: `h${index}.example.org` }),
    );
    await provider.read(
      changes.map(({ after }) => after),
      signal,
    );

    const outcomes = await provider.apply(changes, signal);

    expect(outcomes.every(({ kind }) => kind === "applied")).toBe(true);
    expect(emulator.writes).toBe(2);
    expect(emulator.records).toHaveLength(250);
  });

  it("finds the one bad record of a batch, and makes the others", async () => {
    const good = changeOf([], ["192.0.2.1"], { name: "good.example.org" });
    const bad = changeOf([], ["192.0.2.1"], { name: "bad.example.org", ttl: 5 });

    const outcomes = await provider.apply([bad, good], signal);

    expect(outcomes).toMatchObject([{ kind: "refused", cause: "invalid" }, { kind: "applied" }]);
    expect(emulator.records).toMatchObject([{ name: "good.example.org" }]);
  });

  it("creates proxied records when it is told to, with Cloudflare's own TTL", async () => {
    provider = make({ proxied: true });

    await change([], ["192.0.2.1"], { ttl: 600 });

    expect(emulator.records).toMatchObject([{ proxied: true, ttl: 1 }]);
  });

  it("finds the zone by the longest suffix", async () => {
    await provider.apply([changeOf([], ["192.0.2.1"], { name: "a.lab.example.org" })], signal);

    expect(emulator.records).toMatchObject([{ zone: "lab.example.org", name: "a.lab.example.org" }]);
  });

  it("asks for the one zone that is configured", async () => {
    provider = make({ zone: "example.org" });

    await provider.apply([changeOf([], ["192.0.2.1"], { name: "a.lab.example.org" })], signal);

    expect(emulator.log[0]?.url.searchParams.get("name")).toBe("example.org");
    expect(emulator.records).toMatchObject([{ zone: "example.org", name: "a.lab.example.org" }]);
  });

  it.each([["/"], ["/client/v4"], ["/client/v4/"]])("takes an endpoint that ends in %s", async (path) => {
    provider = make({ endpoint: emulator.endpoint + path });

    expect(await change([], ["192.0.2.1"])).toMatchObject([{ kind: "applied" }]);
  });

  it.each([
    [401, 1000, "authentication"],
    [400, 6003, "authentication"],
    [403, 10_000, "authentication"],
    [403, 1234, "not-allowed"],
    [400, 81_053, "conflict"],
    [400, 81_054, "conflict"],
    [400, 9005, "invalid"],
  ])("understands %i with code %i as %s", async (status, code, cause) => {
    const body = { success: false, errors: [{ code, message: "no" }], messages: [], result: null };
    emulator.fault({ kind: "status", status, body }, { on: "write" });

    expect(await change([], ["192.0.2.1"])).toMatchObject([
      { kind: "refused", cause, words: `no (${code})` },
    ]);
  });

  function change(before: readonly string[], after: readonly string[], options: ChangeOptions = {}) {
    return provider.apply([changeOf(before, after, options)], signal);
  }
});

interface ChangeOptions {
  readonly name?: string;
  readonly mode?: RecordMode;
  readonly ttl?: number;
}

function changeOf(before: readonly string[], after: readonly string[], options: ChangeOptions): Change {
  const { mode = "replace", ttl } = options;
  const name = options.name === undefined ? HOME : parseDomainName(options.name);
  const set = (texts: readonly string[]): RecordSet => ({
    name,
    type: "A",
    values: canonicalValues(texts.map(parse)),
    ...(ttl === undefined ? {} : { ttl: seconds(ttl) }),
  });
  const wanted = set(after);
  const ours = after.find((text) => !before.includes(text)) ?? after[0] ?? "";
  return {
    record: { name, type: "A", provider: "test", mode },
    before: before.length > 0 ? set(before) : undefined,
    after: wanted,
    address: parse(ours),
    reason: "address-changed",
  };
}

function addressOf({ content }: StoredRecord): Address {
  return parse(content);
}

function parse(text: string): Address {
  return parseAddress(text) ?? addressFromBytes(new Uint8Array(4));
}
