import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError } from "#core/errors.ts";
import { loadConfiguration } from "#config/load.ts";
import { check, lines } from "#config/testdata/check.ts";
import { standIns } from "#config/testdata/stand-ins.ts";
import { temporaryFolder } from "#config/testdata/temporary-folder.ts";

const MINIMAL = `
providers:
  home: { type: gandi, token: { env: TOKEN } }
records:
  - name: home.example.org
`;

/** The example of the configuration's contract; the source left open there takes its defaults here. */
const CONTRACT = `
providers:
  home:                                   # the user's own name for it
    type: gandi
    token: { env: GANDI_TOKEN }
    endpoint: https://api.gandi.net
  bind:
    type: rfc2136
    server: 192.0.2.53                    # port: 53
    zone: example.org
    key: { name: update-key, algorithm: hmac-sha256, secret: { file: tsig } }
records:
  - name: home.example.org
    types: [A, AAAA]                      # default [A]
    provider: home
    ttl: 300                              # absent: keep what is there
    mode: replace                         # or merge
sources:                                  # absent: the curated defaults
  stun: { servers: [{ host: stun.example.net, port: 3478, transport: udp, operator: example }] }
  http: { services: [{ url: https://ip.example.net/, operator: example }] }
  whoami: {}
  interface: true
consensus: { quorum: 2, deadline: 3s, allowRanges: [] }
schedule: { interval: 5m, probe: 10s }
verify: true
store: { path: /var/lib/esddns/esddns.db }
log: { level: info, format: text }
`;

describe("a configuration", () => {
  it("needs a provider and a record, and has a default for all else", async () => {
    const { configuration, problems, warnings } = await check(MINIMAL, {
      env: { TOKEN: "x", STATE_DIRECTORY: "/var/lib/private/esddns:/other" },
    });
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
    expect(configuration).toMatchObject({
      file: "esddns.yaml",
      records: [{ name: "home.example.org", type: "A", provider: "home", mode: "replace" }],
      consensus: { rule: { kind: "quorum", quorum: 2 }, deadline: 3000, allowRanges: [] },
      schedule: { interval: 300_000, probe: 10_000, refresh: 1_800_000, jitter: 0.2, hold: 300_000 },
      verify: { deadline: 60_000 },
      store: { path: "/var/lib/private/esddns/esddns.db" },
      log: { level: "info", format: "text" },
      tls: {},
      compat: { kind: "native" },
    });
    expect(configuration?.records[0]).not.toHaveProperty("ttl");
    expect(configuration?.sources.map(({ definition }) => definition.kind)).toEqual([
      "stun",
      "http",
      "whoami",
      "interface",
    ]);
  });

  it("of the contract's example loads as it stands", async () => {
    const { configuration, problems } = await check(CONTRACT, {
      env: { GANDI_TOKEN: "x" },
      files: { tsig: "c2Vj\n" },
    });
    expect(lines(problems)).toEqual([]);
    expect(configuration?.records.map(({ name, type, ttl }) => [name, type, ttl])).toEqual([
      ["home.example.org", "A", 300],
      ["home.example.org", "AAAA", 300],
    ]);
    expect(configuration?.secrets.open({ kind: "file", path: "tsig" }).reveal()).toBe("c2Vj");
    expect(configuration?.providers.get("bind")?.config).toMatchObject({ port: 53, zone: "example.org" });
  });

  it("reads durations, ranges, servers and switches", async () => {
    const { configuration, problems } = await check(`${MINIMAL}
    ttl: 1h30m
    mode: merge
    types: [AAAA]
    suffix: ::1:2:3:4
consensus: { quorum: 1, deadline: 1500ms, allowRanges: [10.0.0.0/8, "fd00::/8"] }
schedule: { interval: 1h, probe: off, refresh: 1d, jitter: 0%, hold: 0s }
verify: { deadline: 2m, servers: ["192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:53"] }
store: false
log: { level: debug, format: json }
`);
    expect(lines(problems)).toEqual([]);
    expect(configuration).toMatchObject({
      records: [{ ttl: 5400, mode: "merge", type: "AAAA", hostSuffix: { text: "::1:2:3:4" } }],
      consensus: {
        rule: { kind: "quorum", quorum: 1 },
        deadline: 1500,
        allowRanges: [{ text: "10.0.0.0/8" }, { text: "fd00::/8" }],
      },
      schedule: { interval: 3_600_000, probe: "off", refresh: 86_400_000, jitter: 0, hold: 0 },
      verify: {
        deadline: 120_000,
        servers: [
          { address: { text: "192.0.2.53" }, port: 53 },
          { address: { text: "192.0.2.53" }, port: 5353 },
          { address: { text: "2001:db8::53" }, port: 53 },
        ],
      },
      store: false,
      log: { level: "debug", format: "json" },
    });
  });

  it.each(["off", "0", "false", '"off"'])("has no probes with `probe: %s`", async (probe) => {
    const { configuration } = await check(`${MINIMAL}schedule: { probe: ${probe} }\n`);
    expect(configuration?.schedule.probe).toBe("off");
  });

  it("does not verify with `verify: false`, and does with `verify: {}`", async () => {
    expect((await check(`${MINIMAL}verify: false\n`)).configuration?.verify).toBe(false);
    expect((await check(`${MINIMAL}verify: {}\n`)).configuration?.verify).toEqual({ deadline: 60_000 });
  });

  it("gives the suffix of a host to its AAAA record alone", async () => {
    const { configuration } = await check(`${MINIMAL}    types: [A, AAAA]\n    suffix: "::5"\n`);
    expect(configuration?.records.map(({ type, hostSuffix }) => [type, hostSuffix?.text])).toEqual([
      ["A", undefined],
      ["AAAA", "::5"],
    ]);
  });

  it("writes names in their one form", async () => {
    const { configuration } = await check(MINIMAL.replace("home.example.org", "HOME.Bücher.Example."));
    expect(configuration?.records[0]?.name).toBe("home.xn--bcher-kva.example");
  });

  it("cannot be changed by who holds it", async () => {
    const { configuration } = await check(MINIMAL);
    expect(() => Object.assign(configuration ?? {}, { records: [] })).toThrow(TypeError);
    expect(() => Object.assign(configuration?.records[0] ?? {}, { ttl: 1 })).toThrow(TypeError);
    expect(() => Object.assign(configuration?.schedule ?? {}, { interval: 1 })).toThrow(TypeError);
  });
});

describe("the sources of a configuration", () => {
  const kinds = async (sources: string) => {
    const { configuration, problems } = await check(`${MINIMAL}consensus: { quorum: 1 }\n${sources}`);
    return configuration?.sources.map(({ definition }) => definition.kind) ?? lines(problems);
  };

  it("are exactly those that it names", async () => {
    expect(await kinds("sources: { http: {}, interface: true }")).toEqual(["http", "interface"]);
  });

  it("are the defaults without those that it only switches off", async () => {
    expect(await kinds("sources: { whoami: false, http: false }")).toEqual(["stun", "interface"]);
  });

  it("take their defaults with `true`", async () => {
    const { configuration } = await check(`${MINIMAL}sources: { stun: true, http: false }\n`);
    expect(configuration?.sources).toHaveLength(1);
    expect(configuration?.sources[0]?.config).toMatchObject({ mappedAddress: true });
  });

  it("cannot all be switched off", async () => {
    expect(await kinds("sources: { stun: false, http: false, whoami: false, interface: false }")).toEqual([
      '7:1 sources: Cannot use "sources": every one is switched off, expected at least one',
    ]);
  });

  it.each([
    ["two servers of one operator", "stun: { servers: [{ host: a.example.net }, { host: b.example.net }] }"],
    [
      "two services of one named operator",
      "http: { services: [{ url: https://a.example/, operator: X }, { url: https://b.example/, operator: x }] }",
    ],
    [
      "two DNS servers of one operator",
      "whoami: { services: [{ server: ns1.example.net }, { server: ns2.example.net }] }",
    ],
    ["the host alone", "interface: true"],
  ])("must have as many operators as the quorum: %s are one", async (_, source) => {
    const { problems } = await check(`${MINIMAL}consensus:\n  quorum: 2\nsources:\n  ${source}\n`);
    expect(lines(problems)).toEqual([
      "7:3 consensus.quorum: Cannot reach a quorum of 2: the sources have 1 operator, expected at least 2 (add servers of other operators, or set `quorum: 1`)",
    ]);
  });

  it.each([
    ["two operators", "stun: { servers: [{ host: stun.example.net }, { host: stun.example.com }] }"],
    ["one of STUN and the host", "stun: { servers: [{ host: stun.example.net }] }\n  interface: true"],
    ["curated defaults", "stun: {}"],
    ["lists by URL", "stun: { servers: [], lists: { udp: https://lists.example.net/ } }"],
  ])("may reach the quorum with %s", async (_, source) => {
    expect(lines((await check(`${MINIMAL}sources:\n  ${source}\n`)).problems)).toEqual([]);
  });
});

describe("the file of a configuration", () => {
  const load = (cwd: string, options: { file?: string; env?: Record<string, string> } = {}) =>
    loadConfiguration({
      cwd,
      registries: standIns,
      env: { TOKEN: "x", HOME: cwd, ...options.env },
      ...(options.file ? { file: options.file } : {}),
    });

  it("is ./esddns.yaml, before ./dns.ini, before the user's own", async () => {
    const cwd = temporaryFolder({ ".config/esddns/esddns.yaml": MINIMAL });
    expect((await load(cwd)).file).toBe(".config/esddns/esddns.yaml");
    const both = temporaryFolder({ "esddns.yaml": MINIMAL, "dns.ini": "[gandi]" });
    expect((await load(both)).file).toBe("esddns.yaml");
  });

  it("is looked for in $XDG_CONFIG_HOME, unless that is relative", async () => {
    const home = temporaryFolder({ "esddns/esddns.yaml": MINIMAL });
    const cwd = temporaryFolder();
    expect((await load(cwd, { env: { XDG_CONFIG_HOME: home } })).file).toBe(join(home, "esddns/esddns.yaml"));
    await expect(load(cwd, { env: { XDG_CONFIG_HOME: "esddns" } })).rejects.toThrow(ConfigError);
  });

  it("may have any name when it is named", async () => {
    const cwd = temporaryFolder({ "home.conf": MINIMAL });
    expect((await load(cwd, { file: "home.conf" })).records).toHaveLength(1);
  });

  it("is missed with every place that was looked at", async () => {
    const cwd = temporaryFolder();
    const error = await load(cwd).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    const places = [
      `${cwd}/esddns.yaml`,
      `${cwd}/dns.ini`,
      `${cwd}/.config/esddns/esddns.yaml`,
      `${cwd}/.config/esddns/dns.ini`,
      "/etc/esddns/esddns.yaml",
      "/etc/esddns/dns.ini",
    ];
    for (const place of places) expect(String(error)).toContain(place);
  });

  it("is named when it is not there, or is a folder", async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, "folder.yaml"));
    await expect(load(cwd, { file: "nope.yaml" })).rejects.toThrow(`there is no ${cwd}/nope.yaml`);
    await expect(load(cwd, { file: "folder.yaml" })).rejects.toThrow("it is a folder");
  });

  it("throws all of its problems at once", async () => {
    const cwd = temporaryFolder({ "esddns.yaml": "records: []\nlog: { level: x }\n" });
    const error = await load(cwd).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "config", retry: "never", problems: { length: 3 } });
    expect(String(error)).toContain('Cannot use the configuration "esddns.yaml": it has 3 problems');
  });
});

describe("secrets of a configuration", () => {
  it("are all opened before anything else can happen", async () => {
    const { problems } = await check(`
providers:
  home: { type: gandi, token: { env: NOT_SET } }
  bind:
    type: rfc2136
    server: ns.example.org
    zone: example.org
    key:
      name: k
      secret: { file: missing }
records: [{ name: a.example.org, provider: home }]
`);
    expect(problems.map(({ line, path }) => [line, path])).toEqual([
      [3, "providers.home.token"],
      [10, "providers.bind.key.secret"],
    ]);
    expect(problems[0]?.message).toBe(
      'Cannot read a secret from the environment variable "NOT_SET": it is not set',
    );
    expect(problems[0]?.hint).toContain("https://api.gandi.net/docs/livedns/");
    expect(problems[1]?.message).toMatch(
      /^Cannot read a secret from the file ".*\/missing": there is no such file$/,
    );
  });

  it("in plain text are taken with a warning", async () => {
    const { configuration, warnings } = await check(MINIMAL.replace("{ env: TOKEN }", "hunter2"));
    expect(lines(warnings)).toEqual([
      "3:24 providers.home.token: The secret is not well kept: it stands in the configuration as plain text (use { env: NAME } or { file: PATH })",
    ]);
    expect(configuration?.warnings).toEqual(warnings);
    expect(configuration?.secrets.open({ kind: "plain", text: "hunter2" }).reveal()).toBe("hunter2");
  });

  it("in a file that everybody may read are taken with a warning", async () => {
    const cwd = temporaryFolder({
      "esddns.yaml": MINIMAL.replace("{ env: TOKEN }", "{ file: token }"),
      token: "t",
    });
    const load = () => loadConfiguration({ cwd, env: {}, registries: standIns });
    expect((await load()).warnings).toEqual([]);
    chmodSync(join(cwd, "token"), 0o644);
    expect((await load()).warnings.map(({ message }) => message)).toEqual([
      `The secret is not well kept: everybody on this machine may read "${cwd}/token"`,
    ]);
  });
});
