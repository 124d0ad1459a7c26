import { describe, expect, it } from "vitest";
import { loadConfiguration } from "#config/load.ts";
import type { Environment } from "#config/location.ts";
import { printConfiguration } from "#config/print.ts";
import { standIns } from "#config/testdata/stand-ins.ts";
import { temporaryFolder } from "#config/testdata/temporary-folder.ts";

const TEXT = `providers:
  home:
    type: gandi
    token: hunter2-plain
    endpoint: https://user:hunter2-url@api.example.net/
  bind:
    type: rfc2136
    server: ns.example.org
    zone: example.org
    key: { name: hunter, secret: { file: tsig } }
records:
  - name: home.example.org
    provider: home
    ttl: 5m
sources:
  stun: { servers: [{ host: a.example.net }, { host: b.example.com, port: 1 }] }
  whoami: false
consensus:
  allowRanges: [10.0.0.0/8]
`;

async function print(text: string, format: "json" | "yaml", env: Environment = {}): Promise<string> {
  const cwd = temporaryFolder({ "esddns.yaml": text, tsig: "hunter2-file" });
  return printConfiguration({ cwd, env: { TOKEN: "hunter2-env", ...env }, registries: standIns }, { format });
}

describe("the printed configuration", () => {
  it("has every value that is in force, with its origin", async () => {
    const lines = (await print(TEXT, "yaml", { STATE_DIRECTORY: "/state" })).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "    type: gandi # esddns.yaml:3",
        "    scheme: bearer # default",
        "    server: ns.example.org # esddns.yaml:8",
        "    port: 53 # default",
        "      algorithm: hmac-sha256 # default",
        "        file: tsig # esddns.yaml:10",
        "  - name: home.example.org # esddns.yaml:12",
        "    ttl: 5m # esddns.yaml:14",
        "    mode: replace # default",
        "      - host: a.example.net # esddns.yaml:16",
        "        port: 3478 # default",
        "  whoami: false # esddns.yaml:17",
        "  quorum: 2 # default",
        "    - 10.0.0.0/8 # esddns.yaml:19",
        "  interval: 5m # default",
        "verify: true # default",
        "  path: /state/esddns.db # $STATE_DIRECTORY",
      ]),
    );
  });

  it.each(["yaml", "json"] as const)("masks every secret as %s", async (format) => {
    const printed = await print(TEXT, format);
    expect(printed).not.toContain("hunter2");
    expect(printed).toContain("•••");
    expect(printed).toContain("•••@api.example.net");
  });

  it("as JSON has the origin of every value by its path", async () => {
    expect(JSON.parse(await print(TEXT, "json"))).toMatchObject({
      file: "esddns.yaml",
      values: {
        records: [{ name: "home.example.org", types: ["A"], provider: "home", ttl: "5m", mode: "replace" }],
      },
      origins: {
        "records.0.ttl": { kind: "file", file: "esddns.yaml", line: 14 },
        "records.0.mode": { kind: "default" },
        "consensus.deadline": { kind: "default" },
      },
    });
  });

  it.each([
    ["", { path: expect.stringContaining("esddns") }],
    ["store: { path: /srv/state.db }\n", { path: "/srv/state.db" }],
    ["store: false\n", false],
  ])("says where the state is kept: %j", async (line, store) => {
    const text = `providers: { m: { type: memory } }\nrecords: [{ name: a.example.org }]\n${line}`;
    expect(JSON.parse(await print(text, "json"))).toMatchObject({ values: { store } });
  });

  it("says which sources are the default, and which provider", async () => {
    const printed = await print(
      "providers: { m: { type: memory } }\nrecords: [{ name: a.example.org }]\n",
      "json",
    );
    expect(JSON.parse(printed)).toMatchObject({
      values: {
        sources: { stun: { announce: false }, http: { announce: false }, whoami: {}, interface: true },
        records: [{ provider: "m" }],
      },
      origins: { "records.0.provider": { kind: "default" }, "sources.stun.announce": { kind: "default" } },
    });
  });

  it("loads again to the same configuration", async () => {
    const text = TEXT.replace("hunter2-plain", "{ env: TOKEN }").replace("user:hunter2-url@", "");
    const env = { TOKEN: "x", STATE_DIRECTORY: "/state" };
    const load = async (content: string) => {
      const cwd = temporaryFolder({ "esddns.yaml": content, tsig: "t" });
      const { secrets: _, ...rest } = await loadConfiguration({ cwd, env, registries: standIns });
      return rest;
    };
    expect(await load(await print(text, "yaml", env))).toEqual(await load(text));
  });

  it("cannot be had of a file with problems", async () => {
    await expect(print("records: []\n", "yaml")).rejects.toMatchObject({
      code: "config",
      problems: { length: 2 },
    });
  });

  it("leaves no secret in the configuration's own JSON", async () => {
    const cwd = temporaryFolder({ "esddns.yaml": TEXT, tsig: "hunter2-file" });
    const configuration = await loadConfiguration({ cwd, env: {}, registries: standIns });
    expect(JSON.stringify(configuration)).not.toContain("hunter2");
  });
});
