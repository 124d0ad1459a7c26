import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Address, parseAddress } from "#core/address.ts";
import { ConfigError, describeError } from "#core/errors.ts";
import { type DomainName, parseDomainName } from "#core/name.ts";
import type { Change } from "#core/plan.ts";
import type { Clock, Ports } from "#core/ports.ts";
import type { Provider } from "#core/provider.ts";
import { canonicalValues, type RecordMode, type RecordSet, type RecordType } from "#core/record.ts";
import { Secret, type SecretReference } from "#core/secret.ts";
import { seconds } from "#core/units.ts";
import { type DnsServer, startDnsServer } from "#lab/dns-server.ts";
import { createClock } from "#platform/clock.ts";
import { createHashes } from "#platform/hashes.ts";
import { createRandom } from "#platform/random.ts";
import { createTcp } from "#platform/tcp.ts";
import { createUdp } from "#platform/udp.ts";
import { rfc2136 } from "#providers/rfc2136/rfc2136.ts";
import { partialPorts } from "#testing/partial-ports.ts";
import {
  type ProviderContractTest,
  type ProviderFault,
  providerContract,
  type ProviderWorld,
  rememberingLog,
} from "#testing/provider-contract.ts";
import { CLASS, TYPE } from "#wire/dns/types.ts";

const NEVER = new AbortController().signal;
const LOOPBACK = address("127.0.0.1");
const ZONE = parseDomainName("example.org");
const HOME = parseDomainName("home.example.org");
const KEY = { name: "update-key", algorithm: "hmac-sha256" } as const;
const SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0ISE=";
const WRONG_SECRET = "b3RoZXIgc2VjcmV0IG9mIHRoZSBzYW1lIGxlbmd0aC4=";
const OLD = address("203.0.113.5");
const NEW = address("203.0.113.6");
const FOREIGN = address("198.51.100.9");

function address(text: string): Address {
  return parseAddress(text)!;
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

function newServer(sets: readonly RecordSet[] = []): Promise<DnsServer> {
  const alias = {
    name: "alias.example.org",
    type: TYPE.CNAME,
    class: CLASS.IN,
    ttl: 60,
    data: { kind: "host", host: HOME },
  } as const;
  return startDnsServer({
    address: LOOPBACK,
    zones: [{ name: ZONE, sets, records: [alias] }, { name: "deep.example.org" }, { name: "example.net" }],
    keys: [{ ...KEY, secret: bytesOf(SECRET) }],
  });
}

/** Real sockets on loopback; every open one is counted. */
function hostPorts(given: Partial<Ports> = {}) {
  const open = new Set<object>();
  const track = <T extends { close(): void }>(socket: T): T => {
    open.add(socket);
    const close = socket.close.bind(socket);
    return Object.assign(socket, {
      close: () => {
        open.delete(socket);
        close();
      },
    });
  };
  const [udp, tcp] = [createUdp(), createTcp()];
  const resolve: Ports["names"]["resolve"] = async (host, family) => {
    const found = parseAddress(host);
    if (found?.family !== family) throw new TypeError("no such family");
    return [found];
  };
  const ports = partialPorts({
    clock: createClock(),
    hashes: createHashes(),
    random: createRandom(),
    names: { resolve, resolvers: () => [] },
    udp: { connect: (peer, signal) => track(udp.connect(peer, signal)) },
    tcp: { connect: async (peer, signal) => track(await tcp.connect(peer, signal)) },
    log: rememberingLog(),
    ...given,
  });
  return { ports, open };
}

interface Options {
  readonly key?: Readonly<Record<string, unknown>> | undefined;
  readonly zone?: string;
  readonly transport?: "auto" | "tcp" | "udp";
  readonly timeout?: string;
}

function plainSecret(reference: SecretReference): Secret {
  return new Secret(() => (reference.kind === "plain" ? reference.text : ""));
}

function providerOf(server: DnsServer, options: Options = {}, ports = hostPorts().ports): Provider {
  const config = rfc2136.config.parse({
    server: "127.0.0.1",
    port: server.endpoint.port,
    timeout: "300ms",
    key: { ...KEY, secret: SECRET },
    ...options,
  });
  return rfc2136.create(config, ports, plainSecret);
}

const FAULTS = {
  garbage: "garbage",
  "half-body": "half-answer",
  "lost-answer": "drop-answer",
  "lost-request": "silent",
  stall: "silent",
} as const;

async function contractWorld(transport: "tcp" | "udp"): Promise<ProviderWorld> {
  const server = await newServer();
  const log = rememberingLog();
  const { ports, open } = hostPorts({ log });
  return {
    provider: providerOf(server, { transport }, ports),
    zone: ZONE,
    seed: (set) => server.set(set),
    peek: (key) => server.recordSet(key),
    traffic: () => ({ reads: server.count("query"), writes: server.count("update") }),
    close: () => server.close(),
    withWrongSecret: () => providerOf(server, { transport, key: { ...KEY, secret: WRONG_SECRET } }, ports),
    fault: (fault: ProviderFault, on) => {
      const behaviour =
        fault.kind === "status" ? (fault.status === 500 ? "servfail" : "refused") : FAULTS[fault.kind];
      server.behave(behaviour, on === "read" ? "query" : "update");
    },
    pending: () => open.size,
    secrets: [SECRET, WRONG_SECRET],
    logged: () => log.text(),
  };
}

const NO_STATUS = "DNS has response codes: none asks for a pause, and none carries words";
const SKIP: Partial<Record<ProviderContractTest, string>> = {
  "many records take fewer requests than one by one": "a DNS question is about one record set",
  "429 with Retry-After: failed, and when to come back": NO_STATUS,
  "429 without Retry-After: a minute": NO_STATUS,
  "429 on a read: unread, with when to come back": NO_STATUS,
  "409: refused as a conflict": "our updates have no prerequisites that could be unmet",
  "422: refused as invalid, in the provider's words": NO_STATUS,
};

providerContract("rfc2136 over UDP", { make: () => contractWorld("udp"), skip: SKIP });
providerContract("rfc2136 over TCP", { make: () => contractWorld("tcp"), skip: SKIP });

interface Wish {
  readonly name?: DomainName;
  readonly type?: RecordType;
  readonly before?: RecordSet | undefined;
  readonly values?: readonly Address[];
  readonly mode?: RecordMode;
  readonly ttl?: number;
}

function changeOf(wish: Wish = {}): Change {
  const { name = HOME, type = "A", before, values = [NEW], mode = "replace", ttl } = wish;
  const withTtl = ttl === undefined ? {} : { ttl: seconds(ttl) };
  return {
    record: { name, type, provider: "bind", mode, ...withTtl },
    before,
    after: { name, type, values: canonicalValues(values), ...withTtl },
    address: values.at(-1) ?? NEW,
    reason: "wrong-address",
  };
}

function setOf(values: readonly Address[], ttl = 60): RecordSet {
  return { name: HOME, type: "A", ttl: seconds(ttl), values: canonicalValues(values) };
}

describe("an update by rfc2136", () => {
  let server: DnsServer;
  beforeEach(async () => {
    server = await newServer([setOf([OLD])]);
  });
  afterEach(() => server.close());

  const valuesOf = (name: DomainName = HOME, type: RecordType = "A") =>
    server.recordSet({ name, type })?.values.map(({ text }) => text);
  const updates = () => server.requests.filter(({ kind }) => kind === "update");

  it("carries all changes of a zone in one message", async () => {
    const names = ["a", "b", "c"].map((label) => parseDomainName(`${label}.example.org`));
    const outcomes = await providerOf(server).apply(
      names.map((name) => changeOf({ name })),
      NEVER,
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(["applied", "applied", "applied"]);
    expect(updates()).toHaveLength(1);
    for (const name of names) expect(valuesOf(name)).toEqual([NEW.text]);
  });

  it("goes to the zone that holds the name, each zone apart, with outcomes in order", async () => {
    const names = ["x.example.net", "x.deep.example.org", "x.example.org"].map(parseDomainName);
    const outcomes = await providerOf(server).apply(
      names.map((name, index) => changeOf({ name, ttl: 60 + index })),
      NEVER,
    );
    expect(
      outcomes.map((outcome) => outcome.kind === "applied" && [outcome.set?.name, outcome.set?.ttl]),
    ).toEqual([
      ["x.example.net", 60],
      ["x.deep.example.org", 61],
      ["x.example.org", 62],
    ]);
    expect(
      updates()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(["deep.example.org", "example.net", "example.org"]);
  });

  it("that is larger than 512 bytes goes by TCP, a small one by UDP", async () => {
    const provider = providerOf(server);
    await provider.apply([changeOf()], NEVER);
    const many = Array.from({ length: 100 }, (_, index) => parseDomainName(`host${index}.example.org`));
    await provider.apply(
      many.map((name) => changeOf({ name })),
      NEVER,
    );
    expect(updates().map(({ transport }) => transport)).toEqual(["udp", "tcp"]);
    expect(many.map((name) => valuesOf(name))).toEqual(many.map(() => [NEW.text]));
  });

  it("of more changes than fit goes in several messages", async () => {
    const label = "a".repeat(60);
    const names = Array.from({ length: 250 }, (_, index) =>
      parseDomainName(`${label}.${label}.${label}.n${index}.example.org`),
    );
    const outcomes = await providerOf(server).apply(
      names.map((name) => changeOf({ name })),
      NEVER,
    );
    expect(outcomes.every(({ kind }) => kind === "applied")).toBe(true);
    expect(updates()).toHaveLength(3);
    expect(Math.max(...updates().map(({ size }) => size))).toBeLessThan(65_536);
  });

  it("gives a new record 300 s when no TTL is wanted", async () => {
    const name = parseDomainName("new.example.org");
    const [outcome] = await providerOf(server).apply([changeOf({ name })], NEVER);
    expect(outcome).toMatchObject({ kind: "applied", set: { name, ttl: 300, values: [NEW] } });
    expect(server.recordSet({ name, type: "A" })?.ttl).toBe(300);
  });

  it("that merges keeps a value that somebody added since it was planned", async () => {
    const before = setOf([OLD]);
    server.set(setOf([OLD, FOREIGN]));
    await providerOf(server).apply([changeOf({ before, mode: "merge", ttl: 60 })], NEVER);
    expect(valuesOf()).toEqual([FOREIGN.text, NEW.text]);
  });

  it("that replaces does not", async () => {
    server.set(setOf([OLD, FOREIGN]));
    await providerOf(server).apply([changeOf({ before: setOf([OLD]), ttl: 60 })], NEVER);
    expect(valuesOf()).toEqual([NEW.text]);
  });

  it("is signed with the secret of the moment", async () => {
    let secret = WRONG_SECRET;
    const config = rfc2136.config.parse({
      server: "127.0.0.1",
      port: server.endpoint.port,
      key: { ...KEY, secret: { file: "key" } },
    });
    expect(rfc2136.secrets(config)).toEqual([{ kind: "file", path: "key" }]);
    const opened = new Secret(() => secret);
    const provider = rfc2136.create(config, hostPorts().ports, () => opened);
    expect(await provider.apply([changeOf()], NEVER)).toMatchObject([
      { kind: "refused", cause: "authentication" },
    ]);
    secret = SECRET;
    opened.refresh();
    expect(await provider.apply([changeOf()], NEVER)).toMatchObject([{ kind: "applied" }]);
    secret = "no base64!";
    opened.refresh();
    expect(await provider.apply([changeOf()], NEVER)).toMatchObject([
      { kind: "refused", cause: "authentication" },
    ]);
  });

  it("works at a server that trusts the address alone", async () => {
    const open = await startDnsServer({ address: LOOPBACK, zones: [{ name: ZONE }] });
    const provider = providerOf(open, { key: undefined });
    expect(await provider.apply([changeOf()], NEVER)).toMatchObject([{ kind: "applied" }]);
    expect(open.requests.some(({ signed }) => signed)).toBe(false);
    await open.close();
  });

  it.each<[string, Options, object]>([
    [
      "another secret",
      { key: { ...KEY, secret: WRONG_SECRET }, zone: ZONE },
      { cause: "authentication", words: "NOTAUTH BADSIG", hint: expect.stringContaining("secret") },
    ],
    [
      "an unknown key",
      { key: { ...KEY, name: "nobody", secret: SECRET }, zone: ZONE },
      { cause: "authentication", words: "NOTAUTH BADKEY", hint: expect.stringContaining('"nobody"') },
    ],
    [
      "another algorithm",
      { key: { ...KEY, algorithm: "hmac-sha512", secret: SECRET }, zone: ZONE },
      { cause: "authentication", words: "NOTAUTH BADKEY", hint: expect.stringContaining("hmac-sha512") },
    ],
    ["no key", { key: undefined, zone: ZONE }, { cause: "not-allowed", words: "REFUSED" }],
    ["a zone that the name is not in", { zone: "org.example" }, { cause: "not-found" }],
  ])("with %s is refused, and says what to do", async (_, options, outcome) => {
    expect(await providerOf(server, options).apply([changeOf()], NEVER)).toMatchObject([
      { kind: "refused", ...outcome },
    ]);
    expect(valuesOf()).toEqual([OLD.text]);
  });

  it("at a server that denies the key without a signature is not believed, and the reading says why", async () => {
    server.behave("unsigned");
    const options = { key: { ...KEY, secret: WRONG_SECRET }, zone: ZONE };
    const provider = providerOf(server, options);
    expect(await provider.apply([changeOf()], NEVER)).toMatchObject([
      { kind: "unconfirmed", error: { code: "unsigned-answer" } },
    ]);
    const [reading] = (await provider.read([{ name: HOME, type: "A" }], NEVER)).values();
    expect(reading).toMatchObject({ kind: "unread", error: { code: "authentication" } });
  });

  it("at a server that refuses foreign names without a signature is refused like at others", async () => {
    server.behave("unsigned");
    const name = parseDomainName("home.example.com");
    expect(await providerOf(server).apply([changeOf({ name })], NEVER)).toMatchObject([
      { kind: "refused", cause: "not-found" },
    ]);
  });

  it.each([
    [1000, "ahead of"],
    [-4000, "behind"],
  ])("with a clock that is %i s off fails for now, naming the difference", async (skew, direction) => {
    const real = createClock();
    const start = Math.floor(Date.now() / 1000) * 1000;
    const clock: Clock = {
      now: () => real.now(),
      sleep: (span, signal) => real.sleep(span, signal),
      date: () => new Date(start + skew * 1000),
    };
    const provider = providerOf(server, { zone: ZONE }, hostPorts({ clock }).ports);
    const [outcome] = await provider.apply([changeOf()], NEVER);
    expect(outcome).toMatchObject({ kind: "failed", error: { code: "clock", words: "NOTAUTH BADTIME" } });
    const hint = outcome?.kind === "failed" ? describeError(outcome.error) : "";
    const [, difference, said] = /this host is (\d+) s (ahead of|behind) the server's/.exec(hint) ?? [];
    expect(said).toBe(direction);
    // a second may have passed at the server
    expect(Math.abs(Number(difference) - Math.abs(skew))).toBeLessThanOrEqual(1);
    expect(valuesOf()).toEqual([OLD.text]);
  });

  it.each([
    ["refused", { kind: "refused", cause: "not-allowed", words: "REFUSED" }],
    ["servfail", { kind: "failed", error: { code: "server-error" } }],
  ] as const)("that is answered %s", async (behaviour, outcome) => {
    server.behave(behaviour, "update");
    expect(await providerOf(server).apply([changeOf()], NEVER)).toMatchObject([outcome]);
  });

  it.each(["udp", "tcp"] as const)(
    "whose answer is forged, unsigned or lost is unconfirmed (%s)",
    async (transport) => {
      const provider = providerOf(server, { transport });
      for (const [behaviour, code] of [
        ["forge-signature", "forged-answer"],
        ["unsigned", "unsigned-answer"],
        ["drop-answer", "timeout"],
      ] as const) {
        server.set(setOf([OLD]));
        server.behave(behaviour, "update");
        const outcomes = await provider.apply([changeOf()], NEVER);
        expect(outcomes, behaviour).toMatchObject([{ kind: "unconfirmed", error: { code } }]);
        expect(valuesOf()).toEqual([NEW.text]);
      }
    },
  );

  it("certainly failed when there is nobody at the server's TCP port", async () => {
    const provider = providerOf(server, { transport: "tcp", zone: ZONE });
    await server.close();
    expect(await provider.apply([changeOf()], NEVER)).toMatchObject([
      { kind: "failed", error: { code: "refused" } },
    ]);
    server = await newServer();
  });

  it("finds the zone of a name once", async () => {
    const provider = providerOf(server);
    await provider.apply([changeOf()], NEVER);
    await provider.apply([changeOf({ values: [OLD] })], NEVER);
    expect(server.requests.filter(({ type }) => type === TYPE.SOA).map(({ kind }) => kind)).toEqual([
      "query",
      "update",
      "update",
    ]);
  });
});

describe("a reading by rfc2136", () => {
  let server: DnsServer;
  beforeEach(async () => {
    server = await newServer([setOf([OLD])]);
  });
  afterEach(() => server.close());

  it("is signed, so that the server shows this key's view of the zone", async () => {
    const readings = await providerOf(server).read([{ name: HOME, type: "A" }], NEVER);
    expect([...readings.values()]).toEqual([{ kind: "present", set: setOf([OLD]) }]);
    expect(server.requests).toMatchObject([{ kind: "query", signed: true }]);
  });

  it("does not follow an alias, and says so", async () => {
    const name = parseDomainName("alias.example.org");
    const [reading] = (await providerOf(server).read([{ name, type: "A" }], NEVER)).values();
    expect(reading).toMatchObject({ kind: "unread", error: { code: "alias" } });
  });

  it("of a thousand names is answered in full", async () => {
    const keys = Array.from({ length: 1000 }, (_, index) => ({
      name: parseDomainName(`h${index}.example.org`),
      type: "A" as const,
    }));
    const { ports, open } = hostPorts();
    const readings = await providerOf(server, { timeout: "5s" }, ports).read(keys, NEVER);
    expect([...readings.values()].filter(({ kind }) => kind === "absent")).toHaveLength(1000);
    expect(open.size).toBe(0);
  });
});

describe("the check of rfc2136", () => {
  it("names the zone, its serial and the key, and writes nothing", async () => {
    const server = await newServer();
    const sentences = await providerOf(server).check([{ name: HOME, type: "A" }], NEVER);
    expect(sentences).toEqual([
      `127.0.0.1:${server.endpoint.port} holds the zone "example.org" (serial 1)`,
      `127.0.0.1:${server.endpoint.port} accepts the TSIG key "update-key" (hmac-sha256)`,
    ]);
    expect(server.count("update")).toBe(0);
    await server.close();
  });

  it("fails for a configured zone that the server does not hold, with a hint", async () => {
    const server = await newServer();
    const name = parseDomainName("home.example.com");
    const checking = providerOf(server, { zone: "example.com" }).check([{ name, type: "A" }], NEVER);
    await expect(checking).rejects.toMatchObject({
      code: "not-found",
      hint: expect.stringContaining("primary"),
    });
    await server.close();
  });
});

describe("the configuration of rfc2136", () => {
  const parse = (config: unknown) => rfc2136.config.safeParse(config);

  it("needs a server alone", () => {
    expect(parse({ server: "ns1.example.org" }).data).toEqual({
      server: "ns1.example.org",
      port: 53,
      transport: "auto",
      timeout: 5000,
    });
  });

  it("takes names and algorithms as servers write them", () => {
    const { data } = parse({
      server: "[2001:db8::53]",
      zone: "Example.ORG.",
      key: { name: "Update-Key.", algorithm: "HMAC-SHA512.", secret: { env: "KEY" } },
    });
    expect(data).toMatchObject({
      server: "2001:db8::53",
      zone: "example.org",
      key: { name: "Update-Key", algorithm: "hmac-sha512", secret: { kind: "env", name: "KEY" } },
    });
  });

  it.each([
    ["no server", {}],
    ["a URL for a server", { server: "https://ns1.example.org" }],
    ["half an address", { server: "192.0.2" }],
    ["a port out of range", { server: "ns1.example.org", port: 65_536 }],
    ["MD5", { server: "ns1.example.org", key: { name: "k", algorithm: "hmac-md5", secret: "AAAA" } }],
    ["a key without secret", { server: "ns1.example.org", key: { name: "k" } }],
    ["a key without name", { server: "ns1.example.org", key: { name: "", secret: "AAAA" } }],
    ["a bare number for a time", { server: "ns1.example.org", timeout: "5" }],
    ["an unknown key", { server: "ns1.example.org", sever: 1 }],
  ])("refuses %s", (_, config) => {
    expect(parse(config).success).toBe(false);
  });

  it("of any shape is one or an error, never a crash", () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom("192.0.2.1", "ns1.example.net", "hmac-sha1", "5s", "a..b"),
    );
    const value = fc.oneof(text, fc.integer(), fc.constant(null), fc.array(text));
    const key = fc.dictionary(fc.constantFrom("name", "algorithm", "secret", "other"), value);
    const names = fc.constantFrom("server", "port", "zone", "transport", "timeout", "key");
    fc.assert(
      fc.property(fc.dictionary(names, fc.oneof(value, key)), (config) => {
        expect(typeof parse({ server: "ns1.example.org", ...config }).success).toBe("boolean");
      }),
      { numRuns: 1000 },
    );
  });

  it.each(["not base64!", "AAA", ""])(
    "refuses the secret %j before anything is sent, without showing it",
    (text) => {
      const config = rfc2136.config.parse({ server: "127.0.0.1", key: { ...KEY, secret: { env: "KEY" } } });
      const create = () => rfc2136.create(config, partialPorts({}), () => new Secret(() => text));
      expect(create).toThrow(ConfigError);
      try {
        create();
      } catch (error) {
        if (text !== "") expect(describeError(error)).not.toContain(text);
      }
    },
  );
});
