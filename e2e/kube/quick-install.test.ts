import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { Scratch } from "../scratch.ts";
import { Cluster } from "./cluster.ts";
import { checkConfiguration } from "./chart-configuration.ts";
import { noCluster } from "./programs.ts";
import { ShellScripts } from "./shell-script.ts";

const INSTALL = "helm/quick-install.sh";
const TOKEN = "a-token-that-nobody-may-see";
const PASSWORD = "scrypt$15$8$1$bpWPbZk36144eASP-K7ERw$YA5N-IGmOoe_iXZYbjQv_voMsFMZh2Ym1444pyTrKxs";

describe.skipIf(noCluster())("helm/quick-install.sh", () => {
  const scratch = new Scratch();
  let cluster: Cluster;
  let scripts: ShellScripts;
  beforeAll(async () => {
    cluster = await Cluster.start({ nodes: 2 });
    scripts = new ShellScripts(scratch, cluster);
  });
  afterAll(async () => {
    scratch[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  });

  const inSystem = ["-n", "esddns-system"];
  const install = (words: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
    scripts.runWell(INSTALL, words, { env });
  const configuration = (...where: readonly string[]) =>
    cluster.field(
      String.raw`{.data.esddns\.yaml}`,
      "configmap/esddns-config",
      ...(where.length > 0 ? where : inSystem),
    );
  const pods = () => cluster.field("{.items[*].metadata.uid}", "pods", ...inSystem);

  it("says what is missing", async () => {
    const { status, stderr } = await scripts.run(INSTALL, [], { env: { DOMAIN: "example.net" } });
    expect(stderr).toContain("namespace esddns-system has no Secret esddns-provider");
    expect(status).toBe(2);
    const without = await scripts.run(INSTALL, [], { env: { GANDI_API_KEY: TOKEN } });
    expect(without.stderr).toContain("There is no DOMAIN");
    expect(without.status).toBe(2);
  });

  it("installs with two variables, into a namespace that lets in restricted pods alone", async () => {
    const said = await install([], { GANDI_API_KEY: TOKEN, DOMAIN: "example.net" });
    expect(said).toContain("STATUS: deployed");
    expect(said).toContain("successfully rolled out");
    expect(said).toContain("Address:   not known yet");
    expect(await cluster.field("{.status.numberReady}", "daemonset/esddns-operator", ...inSystem)).toBe("2");
    const value = await cluster.field("{.data.api-key}", "secret/esddns-provider", ...inSystem);
    expect(Buffer.from(value, "base64").toString()).toBe(TOKEN);
    expect(await cluster.field("{.metadata.labels}", "namespace/esddns-system")).toContain(
      'enforce":"restricted"',
    );
    expect(parse(await configuration())).toMatchObject({
      records: [{ name: "example.net", ttl: 300, types: ["A"] }],
      schedule: { interval: "5m" },
    });
  });

  it("keeps the token out of Helm's release and out of every program's arguments", async () => {
    expect(scripts.hasShown(TOKEN)).toBe(false);
    expect(await cluster.runWell(["helm", "get", "all", "esddns-operator", ...inSystem])).not.toContain(
      TOKEN,
    );
  });

  it("changes no pod when it runs again, and tells the address", async () => {
    const published = '{"example.net/A":"203.0.113.7"}';
    const data = { current_ip: "203.0.113.7", leader: "node-1", published };
    await cluster.kubectl("patch", "configmap/esddns-wan-ip", ...inSystem, "-p", JSON.stringify({ data }));
    const before = await pods();
    const said = await install();
    expect(said).toContain("what is not given stays as it is");
    expect(said).toContain("Address:   203.0.113.7");
    expect(await pods()).toBe(before);
  });

  it("would change nothing that is not given", async () => {
    const { status, stdout } = await scripts.run(INSTALL, ["--dry-run", "--ttl", "900"]);
    expect(status).toBe(0);
    for (const text of ["name: example.net", "ttl: 900", "interval: 5m"]) expect(stdout).toContain(text);
  });

  it("upgrades what is given and keeps the rest", async () => {
    await install(["--ttl", "600", "--types", "A,AAAA"]);
    expect(parse(await configuration())).toMatchObject({
      records: [{ name: "example.net", ttl: 600, types: ["A", "AAAA"] }],
      schedule: { interval: "5m" },
    });
    await scripts.runWell(INSTALL, ["--api-key-file", "-"], { input: "the-next-token" });
    const value = await cluster.field("{.data.api-key}", "secret/esddns-provider", ...inSystem);
    expect(Buffer.from(value, "base64").toString()).toBe("the-next-token");
  });

  it("keeps record, provider and its token's variable, when they are not given", async () => {
    const words = ["--record", "home", "--provider", "cloudflare"];
    await install(words);
    await install([], { DOMAIN: "example.org", GANDI_API_KEY: "not-this-one" });
    expect(parse(await configuration())).toMatchObject({
      providers: { main: { type: "cloudflare" } },
      records: [{ name: "home.example.org", ttl: 600, types: ["A", "AAAA"] }],
    });
    const token = async () =>
      Buffer.from(
        await cluster.field("{.data.api-key}", "secret/esddns-provider", ...inSystem),
        "base64",
      ).toString();
    expect(await token()).toBe("the-next-token");
    await install([], { CLOUDFLARE_API_TOKEN: "that-of-cloudflare" });
    expect(await token()).toBe("that-of-cloudflare");
    await install(["--record", "@", "--provider", "gandi"]);
    expect(parse(await configuration())).toMatchObject({
      providers: { main: { type: "gandi" } },
      records: [{ name: "example.org", ttl: 600 }],
    });
  });

  it("refuses what would change no record", async () => {
    const values = scratch.write(
      "values.yaml",
      "providers: { own: { type: memory } }\nrecords: [{ name: a.example.net }]\n",
    );
    const where = ["--namespace", "own"];
    await install([...where, "--values", values]);
    for (const [option, value, name] of [
      ["--ttl", "900", "RECORD_TTL"],
      ["--record", "home", "RECORD_NAME"],
    ] as const) {
      const { status, stderr } = await scripts.run(INSTALL, [...where, option, value]);
      expect(stderr).toContain(`${name} (${value}) would change none of them`);
      expect(status).toBe(2);
    }
  });

  it("shows the dashboard to nobody without a password", async () => {
    const { status, stderr } = await scripts.run(INSTALL, ["--service-type", "LoadBalancer"]);
    expect(stderr).toContain("it has no password\n  esddns password > FILE");
    expect(status).toBe(2);
    const file = scratch.write("password-of-dashboard", `${PASSWORD}\n`);
    const host = ["--dashboard-host", "192.0.2.1"];
    await install(["--service-type", "LoadBalancer", "--dashboard-password-file", file, ...host]);
    expect(await cluster.field("{.spec.type}", "service/esddns", ...inSystem)).toBe("LoadBalancer");
    expect(parse(await configuration())).toMatchObject({
      kubernetes: { service: "esddns" },
      service: { listen: "0.0.0.0:51339" },
    });
    expect(await configuration()).toContain("- 192.0.2.1");
    expect(scripts.hasShown(PASSWORD)).toBe(false);
  });

  it("asks at a terminal, and shows no secret there", async () => {
    const words = ["--namespace", "second", "--provider", "cloudflare"];
    const { status, stdout } = await scripts.atTerminal(INSTALL, words, [
      ["Domain, such as example.org: ", "example.net"],
      ["@ is the domain itself [@]: ", "home"],
      ["TTL in seconds [300]: ", ""],
      ["production or development [production]: ", "development"],
      ["Token of cloudflare: ", TOKEN],
      ["Install esddns-operator into namespace second of test? (y/n) [n]: ", "y"],
    ]);
    expect(stdout).not.toContain(TOKEN);
    expect(status).toBe(0);
    const text = await configuration("-n", "second");
    expect(parse(text)).toMatchObject({
      providers: { main: { type: "cloudflare" } },
      records: [{ name: "home.example.net" }],
      log: { level: "debug" },
    });
    expect(await checkConfiguration(scratch, text)).toMatch(/ is fine\n$/);
  });

  it("leaves the Secrets that it made, and nothing else, when Helm uninstalls", async () => {
    await cluster.runWell(["helm", "uninstall", "esddns-operator", ...inSystem, "--wait"]);
    const kinds =
      "configmaps,leases,daemonsets,services,roles,rolebindings,serviceaccounts,networkpolicies,secrets";
    const left = await cluster.field("{.items[*].metadata.name}", kinds, ...inSystem);
    expect(left.split(" ").toSorted()).toEqual([
      "default",
      "esddns-dashboard",
      "esddns-provider",
      "kube-root-ca.crt",
    ]);
  });

  it("says that pods are not ready, and how to go back", async () => {
    await cluster.addNode("silent", { kubelet: "none" });
    const words = ["--namespace", "second", "--timeout", "3s", "--ttl", "900"];
    const { status, stderr } = await scripts.run(INSTALL, words);
    expect(stderr).toContain("helm rollback esddns-operator --namespace second goes back");
    expect(status).toBe(4);
    const first = ["--namespace", "third", "--timeout", "3s", "--domain", "example.org"];
    const { stderr: saying } = await scripts.run(INSTALL, first, { env: { GANDI_API_KEY: TOKEN } });
    expect(saying).toContain("helm uninstall esddns-operator --namespace third takes it away");
    expect(saying).not.toContain("rollback");
  });
});
