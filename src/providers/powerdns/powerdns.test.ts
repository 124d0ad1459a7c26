import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Address, addressFromBytes, parseAddress } from "#core/address.ts";
import { parseDomainName } from "#core/name.ts";
import type { Change } from "#core/plan.ts";
import type { Provider } from "#core/provider.ts";
import { canonicalValues, recordId } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import { powerdns } from "#providers/powerdns/powerdns.ts";
import { PowerdnsEmulator } from "#testing/emulators/powerdns.ts";
import { emulatedWorld, openPlain, testPorts } from "#testing/emulators/world.ts";
import { providerContract, type ProviderWorld } from "#testing/provider-contract.ts";

const ZONE = parseDomainName("example.org");
const KEY = "pdns-0123456789abcdef";

providerContract("powerdns", { make: powerdnsWorld });

async function powerdnsWorld(): Promise<ProviderWorld> {
  const emulator = new PowerdnsEmulator({ zones: [ZONE], key: KEY });
  await emulator.listen();
  const ports = testPorts();
  const make = (key: string) =>
    powerdns.create(powerdns.config.parse({ key, endpoint: emulator.endpoint }), ports, openPlain);
  return emulatedWorld({
    emulator,
    ports,
    provider: make(KEY),
    zone: ZONE,
    withWrongSecret: () => make("pdns-wrong-fedcba9876543210"),
    secrets: [KEY],
    errorBody: (_status, error) => ({ error }),
    seed: ({ name, type, values, ttl }) =>
      emulator.seed({
        name: `${name}.`,
        type,
        records: values.map(({ text }) => ({ content: text, disabled: false })),
        ...(ttl === undefined ? {} : { ttl }),
      }),
    peek({ name, type }) {
      const set = emulator.get(`${name}.`, type);
      if (!set) return undefined;
      const values = canonicalValues(set.records.map(({ content }) => parse(content)));
      return { name, type, values, ttl: seconds(set.ttl) };
    },
  });
}

describe("powerdns", () => {
  const signal = new AbortController().signal;
  const key = { name: parseDomainName("home.example.org"), type: "A" } as const;
  let emulator: PowerdnsEmulator;
  let ports: ReturnType<typeof testPorts>;
  let provider: Provider;

  beforeEach(async () => {
    emulator = new PowerdnsEmulator({ zones: [ZONE, "lab.example.org"], key: KEY, kind: "Master" });
    await emulator.listen();
    ports = testPorts();
    provider = make({});
  });
  afterEach(async () => {
    await ports.close();
    await emulator.close();
  });

  function make(config: object): Provider {
    const parsed = powerdns.config.parse({ key: KEY, endpoint: emulator.endpoint, ...config });
    return powerdns.create(parsed, ports, openPlain);
  }

  it("keeps the records that are disabled in the server", async () => {
    const records = [
      { content: "192.0.2.1", disabled: false },
      { content: "192.0.2.9", disabled: true },
    ];
    emulator.seed({ name: "home.example.org.", type: "A", records });
    expect((await provider.read([key], signal)).get(recordId(key))).toMatchObject({
      set: { values: [parse("192.0.2.1")] },
    });

    await provider.apply([changeTo("home.example.org", "192.0.2.2")], signal);

    expect(emulator.get("home.example.org.", "A")?.records).toEqual([
      { content: "192.0.2.2", disabled: false },
      { content: "192.0.2.9", disabled: true },
    ]);
  });

  it("reads a set of nothing but disabled records as absent", async () => {
    const records = [{ content: "192.0.2.9", disabled: true }];
    emulator.seed({ name: "home.example.org.", type: "A", records });

    expect((await provider.read([key], signal)).get(recordId(key))).toEqual({ kind: "absent" });
  });

  it("keeps comments", async () => {
    const records = [{ content: "192.0.2.1", disabled: false }];
    const comments = [{ content: "by hand", account: "me", modified_at: 1 }];
    emulator.seed({ name: "home.example.org.", type: "A", records, comments });

    await provider.apply([changeTo("home.example.org", "192.0.2.2")], signal);

    expect(emulator.get("home.example.org.", "A")?.comments).toEqual(comments);
  });

  it("writes all records of a zone in one request and notifies once", async () => {
    const changes = Array.from({ length: 50 }, (_, index) => changeTo(`h${index}.example.org`, "192.0.2.1"));

    const outcomes = await provider.apply(changes, signal);

    expect(outcomes.every(({ kind }) => kind === "applied")).toBe(true);
    expect(emulator.log.filter(({ method }) => method === "PATCH")).toHaveLength(1);
    expect(emulator.notifications).toBe(1);
  });

  it("makes the others when one record is refused", async () => {
    const bad = changeTo("bad.example.org", "192.0.2.1");
    const wrongFamily = { ...bad, after: { ...bad.after, values: [parse("2001:db8::1")] } };

    const outcomes = await provider.apply([wrongFamily, changeTo("good.example.org", "192.0.2.1")], signal);

    expect(outcomes).toMatchObject([
      { kind: "refused", cause: "invalid", words: expect.stringContaining("Parsing record content") },
      { kind: "applied" },
    ]);
  });

  it.each([[{ kind: "status", status: 500 }], [{ kind: "close", applied: false }]] as const)(
    "calls a change applied although nobody could be notified of it: %j",
    async (fault) => {
      emulator.fault(fault, { on: "write", skip: 1 });

      expect(await provider.apply([changeTo("home.example.org", "192.0.2.1")], signal)).toMatchObject([
        { kind: "applied" },
      ]);
      expect(emulator.notifications).toBe(0);
      expect(ports.logged()).toContain("could not be notified");
    },
  );

  it("finds the zone by the longest suffix", async () => {
    await provider.apply([changeTo("a.lab.example.org", "192.0.2.1")], signal);

    expect(emulator.log.find(({ method }) => method === "PATCH")?.url.pathname).toContain(
      "/lab.example.org.",
    );
  });

  it("works behind a path prefix", async () => {
    provider = make({ endpoint: `${emulator.endpoint}/api/v1/` });

    expect((await provider.read([key], signal)).get(recordId(key))).toEqual({ kind: "absent" });
  });

  it("warns when the key would travel in plain text", () => {
    make({ endpoint: "http://192.0.2.53:8081" });

    expect(ports.logged()).toContain("plain http");
  });
});

function changeTo(host: string, text: string): Change {
  const name = parseDomainName(host);
  const address = parse(text);
  const record = { name, type: "A", provider: "test", mode: "replace" } as const;
  const after = { name, type: "A", values: [address] } as const;
  return { record, before: undefined, after, address, reason: "missing" };
}

function parse(text: string): Address {
  return parseAddress(text) ?? addressFromBytes(new Uint8Array(4));
}
