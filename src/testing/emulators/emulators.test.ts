import { afterEach, describe, expect, it } from "vitest";
import { CloudflareEmulator, zoneIdOf } from "#testing/emulators/cloudflare.ts";
import { Dyndns2Emulator } from "#testing/emulators/dyndns2.ts";
import type { Emulator } from "#testing/emulators/emulator.ts";
import { GandiEmulator } from "#testing/emulators/gandi.ts";
import { PowerdnsEmulator } from "#testing/emulators/powerdns.ts";

let running: Emulator | undefined;

afterEach(() => running?.close());

async function start<E extends Emulator>(emulator: E): Promise<E> {
  running = emulator;
  await emulator.listen();
  return emulator;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

async function ask(emulator: Emulator, path: string, { method = "GET", headers = {}, body }: Asked = {}) {
  const response = await fetch(emulator.endpoint + path, {
    method,
    headers: { "user-agent": "test/1.0 (+https://example.org)", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

describe("the Gandi emulator refuses what Gandi refuses", () => {
  const path = "/v5/livedns/domains/example.org/records/home/A";
  const headers = { authorization: "Bearer t", "content-type": "application/json" };
  const put = async (body: unknown, at = path, more: Record<string, string> = {}) => {
    const emulator = await start(new GandiEmulator({ zones: ["example.org"], token: "t" }));
    return ask(emulator, at, { method: "PUT", headers: { ...headers, ...more }, body });
  };

  it("and takes what Gandi takes", async () => {
    expect(await put({ rrset_values: ["192.0.2.1"], rrset_ttl: 300 })).toMatchObject({ status: 201 });
  });

  it.each([
    ["a TTL that is a string", { rrset_values: ["192.0.2.1"], rrset_ttl: "300" }],
    ["a TTL below 300", { rrset_values: ["192.0.2.1"], rrset_ttl: 299 }],
    ["a TTL above 30 days", { rrset_values: ["192.0.2.1"], rrset_ttl: 2_592_001 }],
    ["an unknown field", { rrset_values: ["192.0.2.1"], rrset_name: "home" }],
    ["no values", { rrset_values: [] }],
    ["a value of the other family", { rrset_values: ["2001:db8::1"] }],
  ])("%s", async (_, body) => {
    expect(await put(body)).toMatchObject({ status: 400 });
  });

  it.each([
    ["an absolute name", 400, "/v5/livedns/domains/example.org/records/home.example.org/A", {}],
    ["another zone", 404, "/v5/livedns/domains/example.net/records/home/A", {}],
    ["a wrong token", 401, path, { authorization: "Bearer wrong" }],
    ["the deprecated scheme", 403, path, { authorization: "Apikey t" }],
    ["another content type", 415, path, { "content-type": "text/plain" }],
  ])("%s", async (_, status, at, more) => {
    expect(await put({ rrset_values: ["192.0.2.1"] }, at, more)).toMatchObject({ status });
  });
});

describe("the Cloudflare emulator refuses what Cloudflare refuses", () => {
  const records = `/client/v4/zones/${zoneIdOf("example.org")}/dns_records`;
  const headers = { authorization: "Bearer t", "content-type": "application/json" };
  const good = { type: "A", name: "home.example.org", content: "192.0.2.1", ttl: 1 };
  const cloudflare = () => start(new CloudflareEmulator({ zones: ["example.org"], token: "t" }));

  it.each([
    ["a TTL below 60", { ...good, ttl: 59 }, 9021],
    ["a TTL above a day", { ...good, ttl: 86_401 }, 9021],
    ["a TTL that is a string", { ...good, ttl: "300" }, 9021],
    ["an address of the other family", { ...good, content: "2001:db8::1" }, 9005],
    ["a name with a trailing dot", { ...good, name: "home.example.org." }, 9000],
    ["an unknown field", { ...good, rrset_ttl: 300 }, 9207],
  ])("%s", async (_, body, code) => {
    const { status, text } = await ask(await cloudflare(), records, { method: "POST", headers, body });
    expect({ status, text }).toMatchObject({ status: 400, text: expect.stringContaining(`${code}`) });
  });

  it("an identical record, with 81058", async () => {
    const emulator = await cloudflare();
    expect(await ask(emulator, records, { method: "POST", headers, body: good })).toMatchObject({
      status: 200,
    });
    const second = await ask(emulator, records, { method: "POST", headers, body: good });
    expect(second.text).toContain("81058");
  });

  it("a batch with one bad part, all of it", async () => {
    const emulator = await cloudflare();
    const body = { posts: [good, { ...good, ttl: 5 }] };
    expect(await ask(emulator, `${records}/batch`, { method: "POST", headers, body })).toMatchObject({
      status: 400,
    });
    expect(emulator.records).toEqual([]);
  });

  it("and gives proxied records its own TTL, and names below the zone what they say", async () => {
    const emulator = await cloudflare();
    await ask(emulator, records, {
      method: "POST",
      headers,
      body: { ...good, name: "home", ttl: 600, proxied: true },
    });
    expect(emulator.records).toMatchObject([{ name: "home.example.org", ttl: 1, proxied: true }]);
  });

  it.each([
    [{ authorization: "Bearer wrong" }, 403],
    [{ authorization: "t" }, 400],
  ])("the credentials %j", async (more, status) => {
    expect(await ask(await cloudflare(), records, { headers: more })).toMatchObject({ status });
  });
});

describe("the PowerDNS emulator refuses what PowerDNS refuses", () => {
  const zone = "/api/v1/servers/localhost/zones/example.org.";
  const good = { name: "home.example.org.", type: "A", ttl: 300, changetype: "REPLACE" };
  const records = [{ content: "192.0.2.1", disabled: false }];
  const patch = async (rrset: object) => {
    const emulator = await start(new PowerdnsEmulator({ zones: ["example.org"], key: "k" }));
    return ask(emulator, zone, { method: "PATCH", headers: { "x-api-key": "k" }, body: { rrsets: [rrset] } });
  };

  it("and takes what PowerDNS takes", async () => {
    expect(await patch({ ...good, records })).toEqual({ status: 204, text: "" });
  });

  it.each([
    ["a name without its dot", { ...good, name: "home.example.org", records }],
    ["a name outside of the zone", { ...good, name: "home.example.net.", records }],
    ["no TTL", { ...good, ttl: undefined, records }],
    ["content that is no address", { ...good, records: [{ content: "x", disabled: false }] }],
    ["the same content twice", { ...good, records: [...records, { content: "192.0.2.1", disabled: true }] }],
  ])("%s", async (_, rrset) => {
    expect(await patch(rrset)).toMatchObject({ status: 422, text: expect.stringContaining("error") });
  });
});

describe("the dyndns2 emulator refuses what services refuse", () => {
  const basic = `Basic ${Buffer.from("u:p").toString("base64")}`;
  const dyndns2 = () =>
    start(new Dyndns2Emulator({ username: "u", password: "p", hosts: ["home.example.org"] }));

  it.each([
    ["hostname=home.example.org&myip=192.0.2.1", {}, "good 192.0.2.1"],
    ["hostname=gone.example.org&myip=192.0.2.1", {}, "nohost"],
    ["hostname=home&myip=192.0.2.1", {}, "notfqdn"],
    ["hostname=&myip=192.0.2.1", {}, "notfqdn"],
    ["hostname=home.example.org&myip=192.0.2.300", {}, "badsys"],
    [`hostname=${"a.b,".repeat(21)}&myip=192.0.2.1`, {}, "numhost"],
    ["hostname=home.example.org&myip=192.0.2.1", { authorization: "Basic eHg=" }, "badauth"],
    ["hostname=home.example.org&myip=192.0.2.1", { "user-agent": "curl" }, "badagent"],
  ])("%s", async (query, headers, text) => {
    const asked = { headers: { authorization: basic, ...headers } };
    expect(await ask(await dyndns2(), `/nic/update?${query}`, asked)).toMatchObject({ text });
  });

  it("and blocks whoever sends updates without a change", async () => {
    const emulator = await dyndns2();
    const path = "/nic/update?hostname=home.example.org&myip=192.0.2.1";
    const words: string[] = [];
    for (let turn = 0; turn < 5; turn += 1)
      words.push((await ask(emulator, path, { headers: { authorization: basic } })).text);
    expect(words).toEqual([
      "good 192.0.2.1",
      "nochg 192.0.2.1",
      "nochg 192.0.2.1",
      "nochg 192.0.2.1",
      "abuse",
    ]);
  });
});
