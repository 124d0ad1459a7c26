import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addressFromBytes, parseAddress } from "#core/address.ts";
import { parseDomainName, relativeName } from "#core/name.ts";
import type { Provider } from "#core/provider.ts";
import { canonicalValues, recordId } from "#core/record.ts";
import { seconds } from "#core/units.ts";
import { gandi } from "#providers/gandi/gandi.ts";
import { GandiEmulator } from "#testing/emulators/gandi.ts";
import { emulatedWorld, openPlain, testPorts } from "#testing/emulators/world.ts";
import { providerContract, type ProviderWorld } from "#testing/provider-contract.ts";

const ZONE = parseDomainName("example.org");
const TOKEN = "pat_0123456789abcdef";

providerContract("gandi", { make: gandiWorld });

async function gandiWorld(): Promise<ProviderWorld> {
  const emulator = new GandiEmulator({ zones: [ZONE], token: TOKEN });
  await emulator.listen();
  const ports = testPorts();
  const make = (token: string) =>
    gandi.create(gandi.config.parse({ token, endpoint: emulator.endpoint }), ports, openPlain);
  const nameOf = (name: typeof ZONE) => relativeName(name, ZONE) || "@";
  return emulatedWorld({
    emulator,
    ports,
    provider: make(TOKEN),
    zone: ZONE,
    withWrongSecret: () => make("pat_wrong_fedcba9876543210"),
    secrets: [TOKEN],
    errorBody: (code, message) => ({ object: "HTTPError", cause: "Error", code, message }),
    seed: ({ name, type, values, ttl }) =>
      emulator.seed(
        ZONE,
        nameOf(name),
        type,
        values.map(({ text }) => text),
        ttl,
      ),
    peek({ name, type }) {
      const set = emulator.get(ZONE, nameOf(name), type);
      if (!set) return undefined;
      const values = set.rrset_values.map(
        (text) => parseAddress(text) ?? addressFromBytes(new Uint8Array(4)),
      );
      return { name, type, values: canonicalValues(values), ttl: seconds(set.rrset_ttl) };
    },
  });
}

describe("gandi", () => {
  const key = { name: parseDomainName("home.example.org"), type: "A" } as const;
  let emulator: GandiEmulator;
  let ports: ReturnType<typeof testPorts>;
  const signal = new AbortController().signal;

  beforeEach(async () => {
    emulator = new GandiEmulator({
      zones: ["example.org", "lab.example.org", "other.net"],
      token: TOKEN,
      apiKey: "old-key",
      pageSize: 2,
    });
    await emulator.listen();
    ports = testPorts();
  });
  afterEach(async () => {
    await ports.close();
    await emulator.close();
  });

  function make(config: object): Provider {
    const parsed = gandi.config.parse({ token: TOKEN, endpoint: emulator.endpoint, ...config });
    return gandi.create(parsed, ports, openPlain);
  }

  it("finds the zone by the longest suffix, over every page of zones", async () => {
    emulator.seed("lab.example.org", "a", "A", ["192.0.2.1"]);
    const inLab = { name: parseDomainName("a.lab.example.org"), type: "A" } as const;

    const readings = await make({}).read([inLab], signal);

    expect(readings.get(recordId(inLab))).toMatchObject({ kind: "present" });
  });

  it("reads every page of a zone with many records", async () => {
    const keys = Array.from(
      { length: 7 },
      (_, index) => ({ name: parseDomainName(`h${index}.example.org`), type: "A" }) as const,
    );
    for (let index = 0; index < 7; index += 1) emulator.seed("example.org", `h${index}`, "A", ["192.0.2.1"]);

    const readings = await make({}).read(keys, signal);

    expect([...readings.values()].every(({ kind }) => kind === "present")).toBe(true);
  });

  it("looks the zones up once for many rounds", async () => {
    const provider = make({});
    await provider.read([key], signal);
    const before = emulator.reads;

    await provider.read([key], signal);

    expect(emulator.reads - before).toBe(1);
  });

  it("uses the configured zone, which need not be the longest", async () => {
    const provider = make({ zone: "example.org" });
    const name = parseDomainName("a.lab.example.org");
    emulator.seed("example.org", "a.lab", "A", ["192.0.2.1"]);

    const readings = await provider.read([{ name, type: "A" }], signal);

    expect(readings.get(`${name}/A`)).toMatchObject({ kind: "present" });
  });

  it("says that a configured zone does not exist, instead of finding its records absent", async () => {
    const readings = await make({ zone: "nowhere.test" }).read(
      [{ name: parseDomainName("home.nowhere.test"), type: "A" }],
      signal,
    );

    expect([...readings.values()]).toMatchObject([{ kind: "unread", error: { code: "not-found" } }]);
  });

  it.each([["/"], ["/v5/livedns"], ["/v5/livedns/"]])("takes an endpoint that ends in %s", async (path) => {
    const readings = await make({ endpoint: emulator.endpoint + path }).read([key], signal);

    expect(readings.get(recordId(key))).toEqual({ kind: "absent" });
  });

  it("still knows the API keys of old", async () => {
    const readings = await make({ token: "old-key", scheme: "apikey" }).read([key], signal);

    expect(readings.get(recordId(key))).toEqual({ kind: "absent" });
  });

  it("reads values that are no addresses as an error", async () => {
    emulator.seed("example.org", "home", "A", ["not an address"]);

    const readings = await make({}).read([key], signal);

    expect(readings.get(recordId(key))).toMatchObject({ kind: "unread", error: { code: "unreadable" } });
  });

  it("warns when the token would travel in plain text", () => {
    make({ endpoint: "http://gandi.test" });

    expect(ports.logged()).toContain("http://gandi.test");
  });
});
