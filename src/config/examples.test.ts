import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importDnsIni } from "#config/dns-ini/import.ts";
import { configurationSchema } from "#config/json-schema.ts";
import { checkConfiguration, loadConfiguration } from "#config/load.ts";
import { printConfiguration } from "#config/print.ts";
import { lines } from "#config/testdata/check.ts";
import { temporaryFolder } from "#config/testdata/temporary-folder.ts";
import { notifiers } from "#notify/registry.ts";
import { providers } from "#providers/registry.ts";
import { sources } from "#sources/registry.ts";

/** Here the program's own plug-ins are used, as everywhere that users see. */
const registries = { providers, sources, notifiers };
const cwd = join(import.meta.dirname, "../../examples/config");
const files = readdirSync(cwd);

const env = {
  CLOUDFLARE_TOKEN: "t",
  GANDI_TOKEN: "t",
  POWERDNS_API_KEY: "t",
  NTFY_TOPIC: "t",
  WEBHOOK_URL: "https://example.org/hook",
  WEBHOOK_SECRET: "t",
  HEALTHCHECKS_URL: "https://hc-ping.com/t",
  NOIP_PASSWORD: "t",
  API_KEY: "t",
  TARGET_DOMAIN_FQDN: "example.org",
  RECORD_NAME_ROOT: "@",
  RECORD_TTL: "300",
  RECORD_TYPE_A: "A",
  STATE_DIRECTORY: "/var/lib/esddns",
  CREDENTIALS_DIRECTORY: temporaryFolder({ "gandi-token": "t", "smtp-password": "t", tsig: "c2VjcmV0" }),
};

describe("the examples", () => {
  it.each(files)("%s loads without a warning", async (file) => {
    const { problems, warnings, configuration } = await checkConfiguration({ file, cwd, env, registries });
    expect(lines([...problems, ...warnings])).toEqual([]);
    expect(configuration?.records.length).toBeGreaterThan(0);
  });

  it.each(files)("%s prints as a file that loads to the same", async (file) => {
    const printed = await printConfiguration({ file, cwd, env, registries }, { format: "yaml" });
    const other = temporaryFolder({ "esddns.yaml": printed });
    const [before, after] = await Promise.all([
      loadConfiguration({ file, cwd, env, registries }),
      loadConfiguration({ cwd: other, env, registries }),
    ]);
    const { secrets: _, file: __, compat: ___, ...rest } = after;
    expect(before).toMatchObject(rest);
  });

  it("show every provider but the one for tests", async () => {
    const all = files.map((file) => readFileSync(join(cwd, file), "utf8")).join("\n");
    const missing = Object.keys(providers).filter((id) => !all.includes(`type: ${id}`));
    expect(missing).toEqual(["memory"]);
  });

  it("with every section say the defaults", async () => {
    const load = (file: string) => loadConfiguration({ file, cwd, env, registries });
    const { records: _, providers: __, secrets: ___, file: ____, ...all } = await load("all-sections.yaml");
    const minimal = await load("minimal.yaml");
    expect(minimal).toMatchObject(all);
  });
});

describe("with the plug-ins of the program", () => {
  it("an imported dns.ini loads to the same", async () => {
    const yaml = await importDnsIni({ file: "dns.ini", cwd, env, registries });
    const other = temporaryFolder({ "esddns.yaml": yaml });
    const after = await loadConfiguration({ cwd: other, env, registries });
    const before = await loadConfiguration({ file: "dns.ini", cwd, env, registries });
    const { secrets: _, file: __, compat: ___, ...rest } = after;
    expect(before).toMatchObject(rest);
    expect(after.compat).toMatchObject({ kind: "dns.ini", retryAttempts: 3, service: { port: 51_339 } });
  });

  it("the schema has every provider and every source", () => {
    const schema = JSON.stringify(configurationSchema(registries));
    for (const id of Object.keys(providers)) expect(schema).toContain(`"type":{"const":"${id}"}`);
    expect(configurationSchema(registries)).toMatchObject({
      properties: {
        sources: { properties: Object.fromEntries(Object.keys(sources).map((kind) => [kind, {}])) },
      },
    });
  });
});
