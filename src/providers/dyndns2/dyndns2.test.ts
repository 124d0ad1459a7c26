import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Address, addressFromBytes, parseAddress } from "#core/address.ts";
import { type DomainName, parseDomainName } from "#core/name.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Change } from "#core/plan.ts";
import type { Provider } from "#core/provider.ts";
import { canonicalValues, type Reading, type RecordKey, type RecordSet } from "#core/record.ts";
import type { Authority } from "#core/verification.ts";
import { withAuthoritativeRead } from "#providers/_shared/with-authoritative-read.ts";
import { dyndns2 } from "#providers/dyndns2/dyndns2.ts";
import { presets } from "#providers/dyndns2/presets.ts";
import { Dyndns2Emulator } from "#testing/emulators/dyndns2.ts";
import { emulatedWorld, openPlain, testPorts } from "#testing/emulators/world.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { providerContract, type ProviderWorld } from "#testing/provider-contract.ts";

const ZONE = parseDomainName("example.org");
const USERNAME = "someone";
const PASSWORD = "dyn-0123456789abcdef";

const NO_TTL = "the protocol has no TTL";
const ONE_VALUE = "an update sets one address for each family";
const NO_QUESTION = "the protocol has no question";

providerContract("dyndns2", {
  make: dyndns2World,
  skip: {
    "a TTL that is there is read": NO_TTL,
    "several values are read sorted": ONE_VALUE,
    "a TTL that is not configured stays as somebody set it": NO_TTL,
    "a TTL that is configured is set with the record": NO_TTL,
    "another TTL alone is a change, and then none any more": NO_TTL,
    "replace takes away the values of others": ONE_VALUE,
    "merge keeps the values of others and changes our own": ONE_VALUE,
    "a wildcard is a name like others": "the protocol names hosts",
    "many records take fewer requests than one by one": NO_QUESTION,
    "wrong credentials: nothing is read, and the error says so": NO_QUESTION,
    "a name outside of the account's zones cannot be read, and the error names it": NO_QUESTION,
    "429 on a read: unread, with when to come back": NO_QUESTION,
    "500 on a read: unread, which is not absent": NO_QUESTION,
    "garbage on a read: unread": NO_QUESTION,
    "half an answer on a read: unread": NO_QUESTION,
    "a cancelled read throws and leaves nothing open": NO_QUESTION,
  },
});

async function dyndns2World(): Promise<ProviderWorld> {
  const names = ["home", "xn--bro-hoa", "a.home", "host3", "host7"];
  const hosts = Array.from({ length: 12 }, (_, index) => `host${index}`);
  const statuses = [400, 401, 403, 404, 409, 422, 429, 500].map((status) => `host${status}`);
  const emulator = new Dyndns2Emulator({
    username: USERNAME,
    password: PASSWORD,
    hosts: [ZONE, ...[...names, ...hosts, ...statuses].map((name) => `${name}.${ZONE}`)],
  });
  await emulator.listen();
  const clock = new ManualClock();
  const ports = testPorts(clock);
  const make = (password: string) => {
    const { endpoint } = emulator;
    const config = dyndns2.config.parse({
      service: "noip",
      path: "/nic/update",
      endpoint,
      username: USERNAME,
      password,
    });
    return withAuthoritativeRead(dyndns2.create(config, ports, openPlain), authorityOf(emulator));
  };
  return emulatedWorld({
    emulator,
    ports,
    provider: make(PASSWORD),
    zone: ZONE,
    later: () => clock.advance(60_000),
    withWrongSecret: () => make("dyn-wrong-fedcba9876543210"),
    secrets: [PASSWORD, Buffer.from(`${USERNAME}:${PASSWORD}`).toString("base64")],
    errorBody: (_status, words) => words,
    seed({ name, type, values: [value] }) {
      emulator.seed(name, { ...emulator.get(name), [type === "A" ? "ipv4" : "ipv6"]: value });
    },
    peek: (key) => setOf(emulator, key),
  });
}

/** The zone's name servers, which have what the service was told. */
function authorityOf(emulator: Dyndns2Emulator): Authority {
  return {
    read(key, signal) {
      signal.throwIfAborted();
      const set = setOf(emulator, key);
      return Promise.resolve<Reading>(set ? { kind: "present", set } : { kind: "absent" });
    },
    verify: () => Promise.resolve({ kind: "unverifiable", why: "not asked here" }),
  };
}

function setOf(emulator: Dyndns2Emulator, { name, type }: RecordKey): RecordSet | undefined {
  const host = emulator.get(name);
  const value = type === "A" ? host?.ipv4 : host?.ipv6;
  return value && { name, type, values: [value] };
}

describe("dyndns2", () => {
  const signal = new AbortController().signal;
  let emulator: Dyndns2Emulator;
  let clock: ManualClock;
  let ports: ReturnType<typeof testPorts>;

  beforeEach(async () => {
    emulator = new Dyndns2Emulator({
      username: USERNAME,
      password: PASSWORD,
      hosts: ["home.example.org", "lab.example.org"],
    });
    await emulator.listen();
    clock = new ManualClock();
    ports = testPorts(clock);
  });
  afterEach(async () => {
    await ports.close();
    await emulator.close();
  });

  function make(config: object = {}): Provider {
    const { endpoint } = emulator;
    const parsed = dyndns2.config.parse({ endpoint, username: USERNAME, password: PASSWORD, ...config });
    return dyndns2.create(parsed, ports, openPlain);
  }

  async function answered(body: string, more: { readonly status?: number; readonly config?: object } = {}) {
    emulator.fault({ kind: "status", status: more.status ?? 200, body }, { on: "write" });
    const [outcome] = await make(more.config).apply([to("home.example.org", "192.0.2.1")], signal);
    return outcome;
  }

  it.each<[string, Partial<Outcome>]>([
    ["good 192.0.2.1", { kind: "applied" }],
    ["good", { kind: "applied" }],
    ["  GOOD 192.0.2.1\r\n", { kind: "applied" }],
    ["nochg 192.0.2.1", { kind: "unchanged" }],
    ["good 127.0.0.1", { kind: "refused", cause: "not-allowed" }],
    ["good 198.51.100.99", { kind: "unconfirmed" }],
    ["good 192.0.2.1 2001:db8::9", { kind: "applied" }],
    ["good 198.51.100.99,2001:db8::9", { kind: "unconfirmed" }],
    ["good 2001:db8::9", { kind: "unconfirmed" }],
    ["badauth", { kind: "refused", cause: "authentication" }],
    ["abuse", { kind: "refused", cause: "not-allowed" }],
    ["badagent", { kind: "refused", cause: "not-allowed" }],
    ["!donator", { kind: "refused", cause: "not-allowed" }],
    ["!active", { kind: "refused", cause: "not-allowed" }],
    ["!yours", { kind: "refused", cause: "not-allowed" }],
    ["nohost", { kind: "refused", cause: "not-found" }],
    ["notfqdn", { kind: "refused", cause: "invalid" }],
    ["numhost", { kind: "refused", cause: "invalid" }],
    ["badsys", { kind: "refused", cause: "invalid" }],
    ["911", { kind: "failed", retryAfter: expect.toSatisfy((span: number) => span >= 1_800_000) }],
    ["dnserr", { kind: "failed", retryAfter: expect.toSatisfy((span: number) => span >= 1_800_000) }],
    ["goodbye", { kind: "unconfirmed" }],
    ["not good at all", { kind: "unconfirmed" }],
    ["constructor", { kind: "unconfirmed" }],
    ["__proto__", { kind: "unconfirmed" }],
    ["<html>everything is good</html>", { kind: "unconfirmed" }],
    ["", { kind: "unconfirmed" }],
  ])("understands %j", async (body, outcome) => {
    expect(await answered(body)).toMatchObject(outcome);
  });

  it.each([
    ["badauth", 401, "authentication"],
    ["Unauthorized", 401, "authentication"],
    ["nohost", 400, "not-found"],
    ["no such page", 404, "not-found"],
  ])("understands %j with status %i", async (body, status, cause) => {
    expect(await answered(body, { status })).toMatchObject({ kind: "refused", cause });
  });

  it.each([
    ["easydns", "NOERROR", { kind: "applied" }],
    ["easydns", "NOACCESS", { kind: "refused", cause: "authentication" }],
    ["easydns", "TOOSOON", { kind: "failed", retryAfter: 600_000 }],
    ["infomaniak", "successfully_changed 192.0.2.1", { kind: "applied" }],
    ["infomaniak", "no_change 192.0.2.1", { kind: "unchanged" }],
    ["dynv6", "addresses updated", { kind: "applied" }],
    ["dynv6", "addresses unchanged", { kind: "unchanged" }],
    ["noip", "NOERROR", { kind: "unconfirmed" }],
  ] as const)("knows %s's own word %j", async (service, body, outcome) => {
    expect(await answered(body, { config: { service, path: "/nic/update" } })).toMatchObject(outcome);
  });

  it.each([
    ["noip", "192.0.2.1", "2001:db8::1", ["hostname=home.example.org&myip=192.0.2.1,2001:db8::1"]],
    ["noip", undefined, "2001:db8::1", ["hostname=home.example.org&myip=2001:db8::1"]],
    ["desec", "192.0.2.1", undefined, ["hostname=home.example.org&myipv4=192.0.2.1&myipv6=preserve"]],
    ["desec", undefined, "2001:db8::1", ["hostname=home.example.org&myipv4=preserve&myipv6=2001:db8::1"]],
    ["dynu", "192.0.2.1", undefined, ["hostname=home.example.org&myip=192.0.2.1&myipv6=no"]],
    ["inwx", "192.0.2.1", "2001:db8::1", ["hostname=home.example.org&myip=192.0.2.1&myipv6=2001:db8::1"]],
    [
      "ovh",
      "192.0.2.1",
      "2001:db8::1",
      [
        "system=dyndns&hostname=home.example.org&myip=192.0.2.1",
        "system=dyndns&hostname=home.example.org&myip=2001:db8::1",
      ],
    ],
    ["dynv6", "192.0.2.1", undefined, [`hostname=home.example.org&ipv4=192.0.2.1&token=${PASSWORD}`]],
  ] as const)("speaks to %s (%s, %s) as it documents", async (service, ipv4, ipv6, queries) => {
    const changes = [ipv4, ipv6].flatMap((text) =>
      text === undefined ? [] : [to("home.example.org", text)],
    );

    await make({ service, path: "/nic/update" }).apply(changes, signal);

    expect(emulator.log.map(({ url }) => url.search.slice(1))).toEqual(queries);
  });

  it("names hosts with equal addresses in one call, where the service takes several", async () => {
    const changes = [to("home.example.org", "192.0.2.1"), to("lab.example.org", "192.0.2.1")];

    const outcomes = await make({ service: "noip" }).apply(changes, signal);

    expect(outcomes).toMatchObject([{ kind: "applied" }, { kind: "applied" }]);
    expect(emulator.writes).toBe(1);
  });

  it("gives each host of a call its own line", async () => {
    const changes = [to("gone.example.org", "192.0.2.1"), to("home.example.org", "192.0.2.1")];

    const outcomes = await make({ service: "noip" }).apply(changes, signal);

    expect(outcomes).toMatchObject([{ kind: "refused", cause: "not-found" }, { kind: "applied" }]);
  });

  it("does not take one success line for the success of all hosts", async () => {
    emulator.fault({ kind: "status", status: 200, body: "good 192.0.2.1" });
    const changes = [to("home.example.org", "192.0.2.1"), to("lab.example.org", "192.0.2.1")];

    const outcomes = await make({ service: "noip" }).apply(changes, signal);

    expect(outcomes).toMatchObject([{ kind: "applied" }, { kind: "unconfirmed" }]);
  });

  it("uses the record's own name as the user name when none is configured", async () => {
    const own = new Dyndns2Emulator({
      username: "home.example.org",
      password: PASSWORD,
      hosts: ["home.example.org"],
    });
    await own.listen();
    const provider = make({ endpoint: own.endpoint, username: undefined });

    expect(await provider.apply([to("home.example.org", "192.0.2.1")], signal)).toMatchObject([
      { kind: "applied" },
    ]);
    await own.close();
  });

  it("leaves a refused account alone until its secret changes", async () => {
    let password = "wrong";
    const secret = openPlain({ kind: "plain", text: "" });
    secret.reveal = () => password;
    const parsed = dyndns2.config.parse({ endpoint: emulator.endpoint, username: USERNAME, password });
    const provider = dyndns2.create(parsed, ports, () => secret);
    const changes = [to("home.example.org", "192.0.2.1"), to("lab.example.org", "192.0.2.2")];

    expect(await provider.apply(changes, signal)).toMatchObject([{ kind: "refused" }, { kind: "refused" }]);
    expect(await provider.apply(changes, signal)).toMatchObject([{ kind: "refused" }, { kind: "refused" }]);
    expect(emulator.writes).toBe(1);

    password = PASSWORD;
    expect(await provider.apply(changes, signal)).toMatchObject([{ kind: "applied" }, { kind: "applied" }]);
  });

  it("does not ask again for what was just acknowledged, while name servers still show the old address", async () => {
    const provider = make();
    await provider.apply([to("home.example.org", "192.0.2.1")], signal);

    expect(await provider.apply([to("home.example.org", "192.0.2.1")], signal)).toEqual([
      { kind: "unchanged" },
    ]);
    expect(emulator.pointless).toBe(0);

    await clock.advance(600_001);
    await provider.apply([to("home.example.org", "192.0.2.1")], signal);
    expect(emulator.writes).toBe(2);
  });

  it("keeps the service's distance between two updates of one host", async () => {
    const provider = make({ service: "easydns", path: "/nic/update" });
    await provider.apply([to("home.example.org", "192.0.2.1")], signal);
    await clock.advance(60_000);

    const outcomes = await provider.apply(
      [to("home.example.org", "192.0.2.2"), to("lab.example.org", "192.0.2.2")],
      signal,
    );

    expect(outcomes).toMatchObject([{ kind: "failed", retryAfter: 540_000 }, { kind: "applied" }]);
  });

  it("never repeats an update whose connection broke", async () => {
    const provider = make();
    await provider.apply([to("lab.example.org", "192.0.2.1")], signal);
    emulator.fault({ kind: "close", applied: true }, { on: "write" });

    expect(await provider.apply([to("home.example.org", "192.0.2.1")], signal)).toMatchObject([
      { kind: "unconfirmed" },
    ]);
    expect(emulator.writes).toBe(2);
    expect(emulator.pointless).toBe(0);
  });

  it("needs a service, a server or an endpoint", () => {
    const base = { username: "a", password: "b" };
    expect(dyndns2.config.safeParse(base).success).toBe(false);
    expect(dyndns2.config.safeParse({ ...base, service: "noip" }).success).toBe(true);
    expect(dyndns2.config.safeParse({ ...base, server: "dyn.example.net:8443" }).success).toBe(true);
    expect(dyndns2.config.safeParse({ ...base, service: "unheard-of" }).success).toBe(false);
  });

  it("says of each service what it cannot do", () => {
    for (const service of Object.keys(presets)) {
      const capabilities = dyndns2.capabilities(dyndns2.config.parse({ service, password: "b" }));
      expect(capabilities.read).toHaveProperty("no");
      expect(capabilities.ttl).toHaveProperty("no");
    }
    expect(
      dyndns2.capabilities(dyndns2.config.parse({ service: "dyn", password: "b" })).types.AAAA,
    ).toHaveProperty("no");
    expect(dyndns2.capabilities(dyndns2.config.parse({ service: "desec", password: "b" })).types.AAAA).toBe(
      "yes",
    );
  });

  it.each(Object.entries(presets))("has an https address and a dated source for %s", (_, preset) => {
    expect(new URL(preset.url).protocol).toBe("https:");
    expect(preset.source).toMatch(/read \d{4}-\d\d-\d\d$/);
  });
});

function to(host: string, text: string): Change {
  const name: DomainName = parseDomainName(host);
  const address = parse(text);
  const type = address.family === 4 ? "A" : "AAAA";
  const record = { name, type, provider: "test", mode: "replace" } as const;
  const after = { name, type, values: canonicalValues([address]) } as const;
  return { record, before: undefined, after, address, reason: "missing" };
}

function parse(text: string): Address {
  return parseAddress(text) ?? addressFromBytes(new Uint8Array(4));
}
