import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfiguration } from "#config/load.ts";
import { check, lines } from "#config/testdata/check.ts";
import { standIns } from "#config/testdata/stand-ins.ts";
import { temporaryFolder } from "#config/testdata/temporary-folder.ts";
import { dnsIniToYaml, importDnsIni } from "#config/dns-ini/import.ts";

const ENV = {
  API_KEY: "s3cret-key",
  TARGET_DOMAIN_FQDN: "example.org",
  RECORD_NAME_ROOT: "@",
  RECORD_TTL: "600",
  RECORD_TYPE_A: "A",
};

const NAMES = ["original.ini", "stun-only.ini", "http-only.ini"] as const;

function fixture(name: string): string {
  return readFileSync(join(import.meta.dirname, "../testdata", name), "utf8");
}

const ORIGINAL = fixture("original.ini");

function checkIni(text: string, env: Readonly<Record<string, string>> = ENV) {
  return check(text, { name: "dns.ini", env });
}

describe("the dns.ini of the original", () => {
  it("loads as it is", async () => {
    const { configuration, problems, warnings } = await checkIni(ORIGINAL);
    expect(lines(problems)).toEqual([]);
    expect(lines(warnings)).toEqual([]);
    expect(configuration).toMatchObject({
      records: [{ name: "example.org", type: "A", provider: "gandi", ttl: 600, mode: "replace" }],
      consensus: { rule: { kind: "unanimous" } },
      schedule: { interval: 300_000, refresh: 300_000 },
      compat: {
        kind: "dns.ini",
        onMismatch: "continue",
        retryAttempts: 3,
        retryCooldown: 5000,
        logToConsole: true,
        logFile: expect.stringMatching(/^\/.*\/esddns\.log$/),
        service: { host: "0.0.0.0", port: 51_139 },
        messages: {
          msg_dns_domain_found: "Found: {}",
          msg_dns_a_record_overwrite: "Writing the address ...",
          msg_ip_found: "{} says {}",
          msg_missmatch: "They differ: {} {}",
          msg_dns_update: "Updating to {}",
        },
      },
    });
    expect(configuration?.providers.get("gandi")?.config).toMatchObject({
      token: { kind: "env", name: "API_KEY" },
      scheme: "apikey",
    });
    expect(configuration?.secrets.open({ kind: "env", name: "API_KEY" }).reveal()).toBe("s3cret-key");
  });

  it.each([
    ["original.ini", ["stun", "http", "interface"]],
    ["stun-only.ini", ["stun"]],
    ["http-only.ini", ["http"]],
  ])("asks what its sections say: %s", async (name, kinds) => {
    const { configuration, problems } = await checkIni(fixture(name));
    expect(lines(problems)).toEqual([]);
    expect(configuration?.sources.map(({ definition }) => definition.kind)).toEqual(kinds);
  });

  it("asks the servers of its lists, and counts them, with the limits it sets", async () => {
    const { configuration } = await checkIni(ORIGINAL.replace("udp_limit = 5", "udp_limit = 7"));
    expect(configuration?.sources[0]?.config).toMatchObject({
      servers: [],
      lists: {
        udp: "https://lists.example.net/valid_hosts.txt",
        tcp: "https://lists.example.net/valid_hosts_tcp.txt",
        udpLimit: 7,
        tcpLimit: 5,
        probation: false,
      },
      mappedAddress: false,
    });
  });

  it("asks the curated servers when it has no list", async () => {
    const { configuration } = await checkIni(ORIGINAL.replace(/^(udp|tcp)_host_list_url.*\n/gm, ""));
    expect(configuration?.sources[0]?.config).not.toHaveProperty("lists");
    expect(configuration?.sources[0]?.config).not.toHaveProperty("servers");
  });

  it("has values over several lines", async () => {
    const { configuration } = await checkIni(fixture("http-only.ini"));
    expect(configuration?.sources[0]?.config).toMatchObject({
      services: [{ url: "https://one.example.net/?format=text" }, { url: "https://two.example.org/" }],
    });
  });

  it("ends the daemon at a mismatch when it says so", async () => {
    expect((await checkIni(fixture("http-only.ini"))).configuration?.compat).toMatchObject({
      onMismatch: "exit",
    });
  });

  it("needs one of the two ways to find the address", async () => {
    const { problems } = await checkIni(
      ORIGINAL.replace("[STUNConfig]", "[Stun]").replace("[WANIPState]", "[Http]"),
    );
    expect(problems.map(({ message }) => message)).toEqual([
      "Cannot find the address: the file has neither [STUNConfig] nor [WANIPState], expected one or both",
    ]);
  });

  it.each([
    ["@", "example.org"],
    ["www", "www.example.org"],
    ["a.b", "a.b.example.org"],
    ["*", "*.example.org"],
    ["www.example.org.", "www.example.org"],
  ])("publishes %s as %s", async (label, name) => {
    const { configuration } = await checkIni(ORIGINAL, { ...ENV, RECORD_NAME_ROOT: label });
    expect(configuration?.records[0]?.name).toBe(name);
  });

  it("takes values in place of names of variables", async () => {
    const text = ORIGINAL.replace("= RECORD_NAME_ROOT", "= home")
      .replace("= RECORD_TTL", "= 900")
      .replace("= RECORD_TYPE_A", "= A")
      .replace("= TARGET_DOMAIN_FQDN", "= example.net")
      .replace("= API_KEY", "= aB3dE5gH7jK9mN1pQ3sT5vW7");
    const { configuration, warnings } = await checkIni(text, {});
    expect(configuration?.records).toMatchObject([{ name: "home.example.net", ttl: 900, type: "A" }]);
    expect(lines(warnings)).toEqual([
      "2:1 gandi.api_key: The secret is not well kept: it stands in the configuration as plain text (use { env: NAME } or { file: PATH })",
    ]);
  });

  it("sends its key as a token when it says so", async () => {
    const { configuration } = await checkIni(ORIGINAL.replace("[gandi]", "[gandi]\nauth_scheme = Bearer"));
    expect(configuration?.providers.get("gandi")?.config).toMatchObject({ scheme: "bearer" });
  });

  it("names every variable that is not set, in its own words", async () => {
    const { problems } = await checkIni(ORIGINAL, {});
    expect(problems.map(({ line, path }) => `${line} ${path}`).toSorted()).toEqual([
      "10 gandi.record_type_a",
      "12 gandi.target_domain_fqdn",
      "8 gandi.record_name_root",
      "9 gandi.record_ttl",
    ]);
    const { problems: key } = await checkIni(ORIGINAL, { ...ENV, API_KEY: "" });
    expect(lines(key)).toEqual([
      expect.stringMatching(
        /^2:1 gandi\.api_key: Cannot read a secret from the environment variable "API_KEY": it is empty/,
      ),
    ]);
  });

  it.each([
    ["[log]", "[logs]", "The section [logs] is not known and has no effect", "did you mean `log`?"],
    [
      "udp_limit",
      "udp_limits",
      'The key "udp_limits" is not known and has no effect',
      "did you mean `udp_limit`?",
    ],
    [
      "bind_request = 1",
      "bind_request = 2",
      'The value of "bind_request" has no effect: it can only be 1',
      undefined,
    ],
    [
      "magic_cookie = 554869826",
      "magic_cookie = 1",
      'The value of "magic_cookie" has no effect: it can only be 554869826',
      undefined,
    ],
    ["udp_limit = 5", "udp_limit = 99", 'The value of "udp_limit" is lowered to 50', undefined],
    [
      "daemon_thread_interval = 300",
      "daemon_thread_interval = 3",
      'The value of "daemon_thread_interval" is out of range: 10 is used',
      undefined,
    ],
    [
      "https://two.example.org/",
      "http://two.example.org/",
      "A service has no https: whoever is on the path can forge its answer",
      undefined,
    ],
  ])("keeps working, with a warning, where %s is %s", async (right, other, message, hint) => {
    const { configuration, warnings } = await checkIni(ORIGINAL.replace(right, other));
    expect(configuration).toBeDefined();
    expect(warnings.map((warning) => [warning.message, warning.hint])).toEqual([[message, hint]]);
  });

  it("accepts the numbers of STUN as hexadecimal, and links as the original's README has them", async () => {
    const url = "https://lists.example.net/valid_hosts.txt";
    const text = ORIGINAL.replace("554869826", "0x2112A442").replace(url, `[${url}](${url})`);
    const { configuration, warnings } = await checkIni(text);
    expect(configuration?.sources[0]?.config).toMatchObject({ lists: { udp: url } });
    expect(warnings.map(({ line }) => line)).toEqual([34]);
  });

  it.each([
    ["a service list that is no JSON", '{"svc": ["https', '{"svc": [https', 17],
    ["a limit that is no number", "udp_limit = 5", "udp_limit = five", 40],
    ["a port that is none", '"51139"', '"http"', 31],
    ["another word than True", "log_to_console = True", "log_to_console = yes", 25],
    ["a key twice", "tcp_limit = 5", "udp_limit = 5", 41],
    ["a list that is no URL", "https://lists.example.net/valid_hosts.txt", "nowhere", 34],
    ["another reaction", "[ESDDNS]", "[ESDDNS]\non_mismatch = explode", 28],
  ])("is refused with the line of %s", async (_, right, wrong, line) => {
    const { problems } = await checkIni(ORIGINAL.replace(right, wrong));
    expect(problems.map((problem) => problem.line)).toEqual([line]);
  });

  it("never repeats a key, not even one that stands where a variable's name should", async () => {
    const text = ORIGINAL.replace("= API_KEY", "= ABCDEFGH12345678IJKLMNOP").replace(
      "udp_limit = 5",
      "udp_limit = x",
    );
    const { problems, warnings } = await checkIni(text);
    expect(problems).not.toEqual([]);
    expect(JSON.stringify({ problems, warnings })).not.toContain("ABCDEFGH12345678IJKLMNOP");
  });
});

describe("importing a dns.ini", () => {
  it.each(NAMES)("writes YAML that loads to the same configuration: %s", async (name) => {
    const cwd = temporaryFolder({ "dns.ini": fixture(name) });
    const load = (folder: string) => loadConfiguration({ cwd: folder, env: ENV, registries: standIns });
    const before = await load(cwd);
    const yaml = await importDnsIni({ file: "dns.ini", cwd, env: ENV, registries: standIns });
    const other = temporaryFolder({ "esddns.yaml": yaml });
    const after = await load(other);

    const { secrets: _, file: __, warnings: ___, compat, ...rest } = after;
    expect(before).toMatchObject(rest);
    expect(Object.keys(before)).toEqual(Object.keys(after));
    const moved = JSON.parse(JSON.stringify(compat).replaceAll(other, cwd)) as unknown;
    expect(moved).toEqual(before.compat);
  });

  it("says where each value comes from, and leaves the key where it is", () => {
    const yaml = dnsIniToYaml(ORIGINAL, { file: "dns.ini", env: ENV });
    expect(yaml).toContain("env: API_KEY # gandi.api_key in line 2");
    expect(yaml).toContain("ttl: 600 # gandi.record_ttl in line 9, the value of $RECORD_TTL at the time");
    expect(yaml).not.toContain("s3cret-key");
  });

  it("carries texts that YAML could misread", async () => {
    const nasty = ["yes", "{}: # {}", "*x", "a\n  b", "1e3", "null", '"', "  x  ", "…", "- a", "%%"];
    const extra = nasty.map((text, index) => `msg_${index} = ${text}`).join("\n");
    const text = ORIGINAL.replace("[log]", `${extra}\n\n[log]`);
    const before = await checkIni(text);
    const after = await check(dnsIniToYaml(text, { file: "dns.ini", env: ENV }), { env: ENV });
    const [messages, imported] = [before, after].map(({ configuration }) =>
      configuration?.compat.kind === "dns.ini" ? configuration.compat.messages : undefined,
    );
    expect(imported).toEqual(messages);
    expect(messages).toMatchObject({
      msg_3: "a\nb",
      msg_9: "- a",
      msg_10: "%",
    });
  });

  it("refuses what could not be loaded", () => {
    expect(() => dnsIniToYaml("[gandi]\n", { file: "dns.ini", env: {} })).toThrow(
      'Cannot use the configuration "dns.ini"',
    );
  });
});
