import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CheckedConfiguration, checkConfiguration } from "#config/load.ts";
import { printConfiguration } from "#config/print.ts";
import type { OpenService } from "#config/read-service.ts";
import { formatListen, type ServiceSettings } from "#config/service-settings.ts";
import { lines } from "#config/testdata/check.ts";
import { standIns } from "#config/testdata/stand-ins.ts";
import { temporaryFolder } from "#config/testdata/temporary-folder.ts";

const HASH = `scrypt$15$8$1$${"A".repeat(22)}$${"b".repeat(43)}`;
const HEAD = `providers:
  home: { type: gandi, token: { env: TOKEN } }
records:
  - name: home.example.org
`;
const FILES = {
  hash: `${HASH}\n`,
  token: "a-token-of-many-characters\n",
  short: "hunter2-short\n",
  "cert.pem": "-----BEGIN CERTIFICATE-----\n",
  "key.pem": "-----BEGIN PRIVATE KEY-----\n",
  "none.pem": "nothing\n",
};

const ENV = {
  TOKEN: "t",
  API_KEY: "k",
  TARGET_DOMAIN_FQDN: "example.org",
  RECORD_NAME_ROOT: "@",
  RECORD_TTL: "600",
  RECORD_TYPE_A: "A",
};

interface Options {
  readonly openService?: OpenService | undefined;
  readonly name?: string;
}

function folderWith(text: string, name: string): string {
  return temporaryFolder({ ...FILES, [name]: text });
}

function check(
  text: string,
  { openService = "refused", name = "esddns.yaml" }: Options = {},
): Promise<CheckedConfiguration> {
  const cwd = folderWith(text, name);
  return checkConfiguration({
    file: name,
    cwd,
    env: ENV,
    registries: standIns,
    openService,
  });
}

/** The settings of a file that is right. */
async function settings(section: string, options?: Options): Promise<ServiceSettings> {
  const { configuration, problems } = await check(`${HEAD}service:\n${section}`, options);
  expect(lines(problems)).toEqual([]);
  if (!configuration?.service) throw new TypeError("nothing is served");
  return configuration.service;
}

describe("the service", () => {
  it("listens on loopback and asks nobody, unless it is told otherwise", async () => {
    const { configuration } = await check(HEAD);
    expect(configuration?.service).toEqual({
      listen: { kind: "tcp", host: "127.0.0.1", port: 51_339 },
      password: undefined,
      tokens: [],
      hosts: [],
      proxies: [],
      metrics: { address: false, open: false },
    });
  });

  it("is off by false", async () => {
    const { configuration } = await check(`${HEAD}service: false\n`);
    expect(configuration?.service).toBe(false);
  });

  it.each([
    ["0.0.0.0:80", { kind: "tcp", host: "0.0.0.0", port: 80 }],
    ['"[::]:8080"', { kind: "tcp", host: "::", port: 8080 }],
    ['"[0:0::1]:0"', { kind: "tcp", host: "::1", port: 0 }],
    ["localhost:1", { kind: "tcp", host: "127.0.0.1", port: 1 }],
    ["unix:/run/esddns.sock", { kind: "unix", path: "/run/esddns.sock" }],
  ])("listens at %s", async (listen, expected) => {
    expect((await settings(`  listen: ${listen}\n`, { openService: "allowed" })).listen).toEqual(expected);
  });

  it("tells everybody of its health without a password, where it is asked to", async () => {
    const { listen, health } = await settings("  health: 0.0.0.0:8080\n");
    expect(listen).toEqual({ kind: "tcp", host: "127.0.0.1", port: 51_339 });
    expect(health).toEqual({ kind: "tcp", host: "0.0.0.0", port: 8080 });
  });

  it.each([
    ["127.0.0.1:51340", "127.0.0.1:51339"],
    ["127.0.0.1:0", "127.0.0.1:0"],
    ["127.0.0.2:51339", "127.0.0.1:51339"],
    ["unix:/run/health.sock", "unix:/run/esddns.sock"],
  ])("tells it at %s beside a dashboard at %s", async (health, listen) => {
    const service = await settings(`  listen: ${listen}\n  health: ${health}\n`);
    expect(formatListen(service.health!)).toBe(health);
  });

  it("takes everything there is, with paths from the file's folder", async () => {
    const service = await settings(`  listen: 0.0.0.0:51339
  health: unix:health.sock
  password: { file: hash }
  tokens:
    - { name: script, scopes: [read, operate], token: { file: token } }
  hosts: [DNS.Example.Org, "[2001:DB8:0::1]", 192.0.2.1]
  tls: { certificateFile: cert.pem, keyFile: key.pem }
  proxies: [10.0.0.0/8, "::1", unix]
  metrics: { address: true, open: true }
`);
    expect(service.health).toEqual({ kind: "unix", path: expect.stringMatching(/^\/.*\/health\.sock$/) });
    expect(service.password?.reveal()).toBe(HASH);
    expect(service.tokens.map(({ token, ...rest }) => ({ ...rest, token: token.reveal() }))).toEqual([
      { name: "script", scopes: ["read", "operate"], token: "a-token-of-many-characters" },
    ]);
    expect(service.hosts).toEqual(["dns.example.org", "2001:db8::1", "192.0.2.1"]);
    expect(service.tls?.certificateFile).toMatch(/^\/.*\/cert\.pem$/);
    expect(service.proxies.map((proxy) => (proxy === "unix" ? proxy : proxy.text))).toEqual([
      "10.0.0.0/8",
      "::1/128",
      "unix",
    ]);
    expect(service.metrics).toEqual({ address: true, open: true });
  });
});

/** What is wrong, the section, and all that is said of it. */
const TABLE: readonly (readonly [what: string, section: string, said: readonly string[]])[] = [
  [
    "a misspelt key",
    "  listne: 127.0.0.1:1\n",
    [
      '6:3 service.listne: Cannot use the key "listne": there is no such key in "service" (did you mean `listen`?)',
    ],
  ],
  [
    "an address without a port",
    "  listen: 127.0.0.1\n",
    [
      '6:3 service.listen: Cannot read "listen": it is "127.0.0.1", expected an address with a port, such as 127.0.0.1:51339 or [::1]:51339, or unix:/run/esddns/esddns.sock (did you mean `127.0.0.1:51339`?)',
    ],
  ],
  [
    "a port without an address",
    '  listen: ":8080"\n',
    [
      '6:3 service.listen: Cannot read "listen": it is ":8080", expected an address with a port, such as 127.0.0.1:51339 or [::1]:51339, or unix:/run/esddns/esddns.sock (did you mean `127.0.0.1:8080`?)',
    ],
  ],
  [
    "a port that is none",
    "  listen: 127.0.0.1:65536\n",
    [
      '6:3 service.listen: Cannot read "listen": it is "127.0.0.1:65536", expected an address with a port, such as 127.0.0.1:51339 or [::1]:51339, or unix:/run/esddns/esddns.sock',
    ],
  ],
  [
    "health without a port",
    "  health: 0.0.0.0\n",
    [
      '6:3 service.health: Cannot read "health": it is "0.0.0.0", expected an address with a port, such as 0.0.0.0:8080 or [::1]:8080, or unix:/run/esddns/esddns.sock (did you mean `0.0.0.0:8080`?)',
    ],
  ],
  [
    "health where the dashboard is",
    "  health: 0.0.0.0:51339\n",
    [
      '6:3 service.health: Cannot use "health": the dashboard listens at "127.0.0.1:51339" already, expected another port',
    ],
  ],
  [
    "everybody let in",
    "  listen: 0.0.0.0:51339\n",
    [
      '6:3 service.listen: Cannot use "listen": everybody who reaches this address could do everything, expected a password or a token (set `service.password` to what `esddns password` prints, or listen at 127.0.0.1)',
    ],
  ],
  [
    "a password in the clear",
    "  listen: 0.0.0.0:51339\n  password: hunter2-clear\n",
    [
      '7:3 service.password: Cannot use "password": it is no hash of one, expected what `esddns password` prints',
    ],
  ],
  [
    "a hash that takes a gigabyte",
    `  password: ${HASH.replace("$15$", "$20$")}\n`,
    [
      '6:3 service.password: Cannot use "password": it is no hash of one, expected what `esddns password` prints',
    ],
  ],
  [
    "a token that can be guessed",
    "  tokens: [{ name: a, token: { file: short } }]\n",
    [
      '6:23 service.tokens.0.token: Cannot use the token "a": it is shorter than 20 characters (`esddns password --token` prints a good one)',
    ],
  ],
  [
    "two tokens of a name",
    "  tokens: [{ name: a, token: { file: token } }, { name: a, token: { file: token } }]\n",
    ['6:51 service.tokens.1.name: Cannot use the token "a": there are two of the name'],
  ],
  [
    "a scope that there is not",
    "  tokens: [{ name: a, scopes: [write], token: { file: token } }]\n",
    [
      '6:32 service.tokens.0.scopes.0: Cannot read entry 1 of "scopes": it is another word, expected read or operate',
    ],
  ],
  [
    "a host with a port",
    "  hosts: [dns.example.org:8080]\n",
    [
      '6:11 service.hosts.0: Cannot read entry 1 of "hosts": it is "dns.example.org:8080", expected a name or an address without a port, such as dns.example.org',
    ],
  ],
  [
    "a proxy with bits after its length",
    "  proxies: [10.0.0.1/8]\n",
    [
      '6:13 service.proxies.0: Cannot read entry 1 of "proxies": it is "10.0.0.1/8", expected an address, a block such as 10.0.0.0/8 without bits after its length, or unix',
    ],
  ],
  [
    "half a certificate",
    "  tls: { certificateFile: cert.pem }\n",
    ['6:3 service.tls: Cannot read "keyFile": it is missing, expected text'],
  ],
];

describe("a section with", () => {
  it.each(TABLE)("%s is refused", async (_what, section, said) => {
    const { problems, configuration } = await check(`${HEAD}service:\n${section}`);
    expect(configuration).toBeUndefined();
    expect(lines(problems).map((line) => line.replace("service.tls.keyFile", "service.tls"))).toEqual(said);
  });

  it("files that are not there or nothing of the kind is refused", async () => {
    const section =
      "  tls: { certificateFile: none.pem, keyFile: missing.pem }\n  password: { file: gone }\n";
    const { problems } = await check(`${HEAD}service:\n${section}`);
    const said = lines(problems);
    expect(said).toHaveLength(3);
    expect(said[0]).toMatch(
      /certificateFile: Cannot read "certificateFile" from the file ".*none\.pem": it is not in PEM form/,
    );
    expect(said[1]).toMatch(
      /keyFile: Cannot read "keyFile" from the file ".*missing\.pem": there is no such file/,
    );
    expect(said[2]).toMatch(/service\.password: Cannot read a secret from the file/);
  });

  it("a token as plain text works, with a warning that does not show it", async () => {
    const section = "  tokens: [{ name: a, token: hunter2-a-token-of-many }]\n";
    const { warnings, configuration } = await check(`${HEAD}service:\n${section}`);
    expect(configuration).toBeDefined();
    expect(lines(warnings)).toEqual([
      "6:23 service.tokens.0.token: The secret is not well kept: it stands in the configuration as plain text (use { env: NAME } or { file: PATH })",
    ]);
  });

  it("a listening address for all is nobody's business who serves nothing", async () => {
    const text = `${HEAD}service: { listen: 0.0.0.0:51339 }\n`;
    const cwd = folderWith(text, "esddns.yaml");
    const { problems, warnings } = await checkConfiguration({
      cwd,
      env: { TOKEN: "t" },
      registries: standIns,
    });
    expect([problems, warnings]).toEqual([[], []]);
  });
});

describe("a dns.ini that is served to all", () => {
  const INI = readFileSync(join(import.meta.dirname, "testdata/original.ini"), "utf8");

  it("is served on loopback alone, and says so", async () => {
    const { configuration, warnings } = await check(INI, { name: "dns.ini" });
    expect(configuration?.service).toMatchObject({
      listen: { kind: "tcp", host: "127.0.0.1", port: 51_139 },
    });
    expect(lines(warnings).join("\n")).toContain(
      'The page is served at 127.0.0.1 alone and not at "0.0.0.0"',
    );
  });

  it("is as it says for those who insist", async () => {
    const { configuration, warnings } = await check(INI, { name: "dns.ini", openService: "allowed" });
    expect(configuration?.service).toMatchObject({ listen: { host: "0.0.0.0", port: 51_139 } });
    expect(lines(warnings).join("\n")).not.toContain("served");
  });
});

describe("the printed service", () => {
  it("masks hashes and tokens, and shows where it listens", async () => {
    const text = `${HEAD}service:\n  health: 0.0.0.0:8080\n  password: ${HASH}\n  tokens: [{ name: a, token: hunter2-a-token-of-many }, { name: b, token: { file: token } }]\n`;
    const cwd = folderWith(text, "esddns.yaml");
    const printed = await printConfiguration(
      { cwd, env: { TOKEN: "t" }, registries: standIns },
      { format: "json" },
    );
    expect(printed).not.toContain("hunter2");
    expect(printed).not.toContain("AAAA");
    expect(JSON.parse(printed)).toMatchObject({
      values: {
        service: {
          listen: "127.0.0.1:51339",
          health: "0.0.0.0:8080",
          password: "•••",
          tokens: [
            { name: "a", scopes: ["read"], token: "•••" },
            { name: "b", scopes: ["read"], token: { file: "token" } },
          ],
          metrics: { open: false },
        },
      },
    });
  });
});
