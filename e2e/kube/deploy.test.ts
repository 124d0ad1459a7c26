import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROGRAM } from "../program.ts";
import { Scratch } from "../scratch.ts";
import { Cluster } from "./cluster.ts";
import { checkConfiguration } from "./chart-configuration.ts";
import { installDefinitions } from "./kustomize.ts";
import { noCluster } from "./programs.ts";
import { ShellScripts } from "./shell-script.ts";

const DEPLOY = "k8s/deploy.sh";
const TOKEN = "a-token-that-nobody-may-see";
const DAEMON_SET = "daemonset/esddns-operator";

describe.skipIf(noCluster())("k8s/deploy.sh", () => {
  const scratch = new Scratch();
  let cluster: Cluster;
  let scripts: ShellScripts;
  beforeAll(async () => {
    cluster = await Cluster.start({ nodes: 2 });
    scripts = new ShellScripts(scratch, cluster);
    await installDefinitions(cluster, "prometheus-operator");
  });
  afterAll(async () => {
    scratch[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  });

  const inProduction = ["-n", "esddns"];
  const deploy = (words: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
    scripts.runWell(DEPLOY, ["production", ...words], { env });
  const refused = async (words: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { status, stderr } = await scripts.run(DEPLOY, ["production", ...words], { env });
    return { status, stderr };
  };
  const secret = async (name: string, key: string) => {
    const value = await cluster.field(`{.data.${key}}`, `secret/${name}`, ...inProduction);
    return Buffer.from(value, "base64").toString();
  };
  const pods = () => cluster.field("{.items[*].metadata.uid}", "pods", ...inProduction);
  /** esddns.yaml as the pods have it. */
  const deployed = async () => {
    const volume = '{.spec.template.spec.volumes[?(@.name=="config")].configMap.name}';
    const name = await cluster.field(volume, DAEMON_SET, ...inProduction);
    return cluster.field(String.raw`{.data.esddns\.yaml}`, `configmap/${name}`, ...inProduction);
  };

  it("says what is missing, and leaves nothing behind", async () => {
    expect(await refused([], { DOMAIN: "example.net" })).toEqual({
      status: 2,
      stderr: expect.stringContaining(
        "namespace esddns has no Secret esddns-provider\n  export GANDI_API_KEY=...",
      ),
    });
    expect(await refused([], { GANDI_API_KEY: TOKEN })).toEqual({
      status: 2,
      stderr: expect.stringContaining("There is no DOMAIN\n  export DOMAIN=example.org"),
    });
    expect(await cluster.field("{.metadata.name}", "namespace/esddns")).toBe("");
  });

  it("deploys with two variables, into a namespace that lets in restricted pods alone", async () => {
    const said = await deploy([], { GANDI_API_KEY: TOKEN, DOMAIN: "example.net" });
    expect(said).toContain("successfully rolled out");
    expect(said).toContain("Address:   not known yet");
    expect(await secret("esddns-provider", "api-key")).toBe(TOKEN);
    expect(await cluster.field("{.status.numberReady}", DAEMON_SET, ...inProduction)).toBe("2");
    expect(await deployed()).toContain('name: "example.net"\n    types: [A]\n    ttl: 300\n');
    const labels = await cluster.field("{.metadata.labels}", "namespace/esddns");
    expect(labels).toContain('"pod-security.kubernetes.io/enforce":"restricted"');
  });

  it("shows the token to no program but by standard input", () => {
    expect(scripts.record).toContain("--from-file=api-key=/dev/stdin");
    expect(scripts.hasShown(TOKEN)).toBe(false);
  });

  it("leaves no trace of it beside the Secret's data", async () => {
    const all = await cluster.kubectl(
      "get",
      "secrets,configmaps,daemonsets",
      ...inProduction,
      "-o",
      "yaml",
      "--show-managed-fields",
    );
    const trace = [TOKEN, Buffer.from(TOKEN).toString("base64")].map((text) => all.split(text).length - 1);
    expect(trace).toEqual([0, 1]);
  });

  it("changes nothing when it runs again, with or without what it was told", async () => {
    const before = [await pods(), await cluster.field("{.metadata.generation}", DAEMON_SET, ...inProduction)];
    await deploy([], { GANDI_API_KEY: TOKEN, DOMAIN: "example.net" });
    expect(await deploy()).toContain("The configuration stays as it is deployed.");
    const after = [await pods(), await cluster.field("{.metadata.generation}", DAEMON_SET, ...inProduction)];
    expect(after).toEqual(before);
  });

  const tell = (data: Readonly<Record<string, string>>) => {
    const words = ["patch", "configmap/esddns-wan-ip", ...inProduction, "-p", JSON.stringify({ data })];
    return cluster.kubectl(...words);
  };

  it("tells what a provider refused as long as no record is right", async () => {
    await tell({ current_ip: "203.0.113.7", published: "{}" });
    await cluster.apply({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "refused", namespace: "esddns" },
      involvedObject: { kind: "ConfigMap", name: "esddns-wan-ip", namespace: "esddns" },
      type: "Warning",
      reason: "CredentialsRefused",
      message: "main refused the credentials",
    });
    expect(await deploy()).toMatch(
      /^Records: {3}none is confirmed yet; .*\n +main refused the credentials$/m,
    );
  });

  it("tells the address, who leads, and which records are right", async () => {
    const published = JSON.stringify({
      "a.example.net/A": "203.0.113.7",
      "a.example.net/AAAA": "2001:db8::7",
    });
    await tell({ current_ip: "203.0.113.7", current_ipv6: "2001:db8::7", leader: "node-2", published });
    const said = await deploy();
    expect(said).toContain("Address:   203.0.113.7 2001:db8::7\nLeader:    node-2\n");
    expect(said).toContain("Records:   a.example.net/A is 203.0.113.7, a.example.net/AAAA is 2001:db8::7\n");
    expect(said).not.toContain("Look at:");
  });

  it("rotates the token without touching a pod", async () => {
    const before = await pods();
    await scripts.runWell(DEPLOY, ["production", "--api-key-file", "-"], { input: "the-next-token\n" });
    expect(await secret("esddns-provider", "api-key")).toBe("the-next-token");
    expect(await pods()).toBe(before);
  });

  it("leaves a Secret alone that somebody else makes", async () => {
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "esddns-wan-ip" };
    const uid = await cluster.field("{.metadata.uid}", "configmap/esddns-wan-ip", ...inProduction);
    const patch = (owners: readonly unknown[]) => JSON.stringify({ metadata: { ownerReferences: owners } });
    await cluster.kubectl(
      "patch",
      "secret/esddns-provider",
      ...inProduction,
      "-p",
      patch([{ ...owner, uid }]),
    );
    expect(await refused([], { GANDI_API_KEY: TOKEN })).toEqual({
      status: 2,
      stderr: expect.stringContaining("Secret esddns-provider is made by ConfigMap esddns-wan-ip"),
    });
    await deploy();
    expect(await secret("esddns-provider", "api-key")).toBe("the-next-token");
    await cluster.kubectl(
      "patch",
      "secret/esddns-provider",
      ...inProduction,
      "--type=merge",
      "-p",
      patch([]),
    );
  });

  it("replaces the pods when the configuration changes, and forgets what no revision needs", async () => {
    const before = await pods();
    const env = { DOMAIN: "example.net", RECORD_NAME: "*", RECORD_TYPES: "A,AAAA", RECORD_TTL: "600" };
    await deploy(["--provider", "cloudflare"], env);
    expect(await pods()).not.toBe(before);
    expect(await deployed()).toContain("type: cloudflare");
    expect(await deployed()).toContain('name: "*.example.net"\n    types: [A,AAAA]\n    ttl: 600\n');
    await cluster.kubectl("rollout", "undo", DAEMON_SET, ...inProduction);
    expect(await deployed()).toContain('name: "example.net"');
    await cluster.kubectl("create", "configmap", "esddns-config-aaaaaaaaaa", ...inProduction);
    await cluster.kubectl(
      "label",
      "configmap/esddns-config-aaaaaaaaaa",
      ...inProduction,
      "app.kubernetes.io/name=esddns-operator",
    );
    await deploy();
    const kept = await cluster.field("{.items[*].metadata.name}", "configmaps", ...inProduction);
    expect(kept.match(/esddns-config-\w+/g)).toHaveLength(2);
    expect(kept).not.toContain("esddns-config-aaaaaaaaaa");
  });

  it("keeps of the record what is not given", async () => {
    const env = { DOMAIN: "example.net", RECORD_NAME: "home", RECORD_TYPES: "A,AAAA" };
    await deploy(["--provider", "cloudflare"], env);
    await deploy(["--ttl", "600"]);
    expect(await deployed()).toContain('name: "home.example.net"\n    types: [A,AAAA]\n    ttl: 600\n');
    await deploy([], { DOMAIN: "example.org" });
    expect(await deployed()).toContain('name: "home.example.org"\n    types: [A,AAAA]\n    ttl: 600\n');
    await deploy(["--record", "@"]);
    expect(await deployed()).toContain('name: "example.org"\n    types: [A,AAAA]\n    ttl: 600\n');
    await deploy([], { RECORD_TYPES: "A", RECORD_NAME: "www" });
    expect(await deployed()).toContain('name: "www.example.org"\n    types: [A]\n    ttl: 600\n');
    expect(await deployed()).toContain("type: cloudflare");
  });

  it("takes the token of the provider that is deployed", async () => {
    await deploy([], { GANDI_API_KEY: "not-this-one" });
    expect(await secret("esddns-provider", "api-key")).toBe("the-next-token");
    await deploy([], { GANDI_API_KEY: "not-this-one", CLOUDFLARE_API_TOKEN: "that-of-cloudflare" });
    expect(await secret("esddns-provider", "api-key")).toBe("that-of-cloudflare");
    await deploy(["--provider", "gandi"]);
    expect(await deployed()).toContain("type: gandi");
  });

  it("takes a whole configuration as it stands, and lets no option seem to change it", async () => {
    const text = `providers:
  main: { type: memory }
records:
  - name: "a.example.net"
service:
  listen: 0.0.0.0:51339
  password: { file: /var/run/secrets/own/password }
  health: 0.0.0.0:8080
`;
    await deploy(["--config", scratch.write("own.yaml", text)]);
    expect(await deployed()).toBe(text);
    const before = await pods();
    expect(await deploy()).toContain("The configuration stays as it is deployed.");
    expect(await deployed()).toBe(text);
    expect(await refused(["--ttl", "600"])).toEqual({
      status: 2,
      stderr: expect.stringContaining("so would RECORD_TTL (600)\n  Change it by --config FILE"),
    });
    expect(await pods()).toBe(before);
    expect(await deploy([], { DOMAIN: "example.net" })).toContain("DOMAIN takes the place of");
    expect(await deployed()).toContain('name: "example.net"\n    types: [A]\n    ttl: 300\n');
  });

  it("shows the dashboard to nobody without a password", async () => {
    expect(await refused(["--component", "load-balancer"])).toEqual({
      status: 2,
      stderr: expect.stringContaining("has no password\n  Set DASHBOARD_PASSWORD"),
    });
    const plain = scratch.write("plain", "correct horse\n");
    expect(await refused(["--dashboard-password-file", plain])).toEqual({
      status: 2,
      stderr: expect.stringContaining("has no hash of a password"),
    });
    expect(await cluster.field("{.metadata.name}", "service/esddns", ...inProduction)).toBe("");
  });

  it("hashes a password in a pod, and shows the dashboard", async () => {
    const password = "correct horse battery staple";
    // No container runs here: what the pod would do is done by the program itself
    const env = { DASHBOARD_PASSWORD: password, ON_EXEC: [...PROGRAM, "password"].join(" ") };
    await deploy(["--dashboard-host", "192.0.2.1", "--component", "load-balancer"], env);
    expect(scripts.record).toContain("exec\n--stdin\ndaemonset/esddns-operator");
    expect(scripts.hasShown(password)).toBe(false);
    expect(await secret("esddns-dashboard", "password")).toMatch(/^scrypt\$15\$/);
    expect(await cluster.field("{.spec.type}", "service/esddns", ...inProduction)).toBe("LoadBalancer");
    expect(await deployed()).toContain('"esddns.esddns.svc.cluster.local", "192.0.2.1"]');
    expect(await deployed()).toMatch(/^kubernetes:\n {2}service: esddns\n/);
    expect(await checkConfiguration(scratch, await deployed())).toMatch(/ is fine\n$/);
  });

  const IMAGE = "registry.example:5000/esddns:0.1.0";
  const image = () => cluster.field("{.spec.template.spec.containers[0].image}", DAEMON_SET, ...inProduction);
  const service = async () => ({
    type: await cluster.field("{.spec.type}", "service/esddns", ...inProduction),
    annotations: await cluster.field("{.metadata.annotations}", "service/esddns", ...inProduction),
  });
  const monitors = () =>
    cluster.field("{.items[*].kind}", "podmonitors,servicemonitors,prometheusrules", ...inProduction);

  it("keeps image, component and annotations when the token alone is rotated", async () => {
    await deploy(["--service-annotation", 'a.example/b="x", y=z', "--service-annotation", "a.example/c=1"]);
    await deploy(["--image", IMAGE, "--service-annotation", "a.example/c=2"]);
    const before = { pods: await pods(), service: await service(), deployed: await deployed() };
    await scripts.runWell(DEPLOY, ["production", "--api-key-file", "-"], { input: "rotated\n" });
    expect(await secret("esddns-provider", "api-key")).toBe("rotated");
    expect({ pods: await pods(), service: await service(), deployed: await deployed() }).toEqual(before);
    expect(await image()).toBe(IMAGE);
    expect(before.service.type).toBe("LoadBalancer");
    expect(JSON.parse(before.service.annotations)).toEqual({ "a.example/b": '"x", y=z', "a.example/c": "2" });
    expect(before.deployed).toContain('"192.0.2.1"]');
  });

  it("puts a component beside those deployed, and in the place of one for the same", async () => {
    const before = await pods();
    await deploy(["--component", "monitoring"]);
    expect(await monitors()).toBe("PodMonitor PrometheusRule");
    await deploy(["--component", "service-monitor"]);
    expect(await monitors()).toBe("ServiceMonitor PrometheusRule");
    expect((await service()).type).toBe("LoadBalancer");
    expect(await pods()).toBe(before);
    await deploy(["--component", "node-port"]);
    expect((await service()).type).toBe("NodePort");
    expect(await monitors()).toBe("ServiceMonitor PrometheusRule");
  });

  it("keeps the image that somebody went back to", async () => {
    const rolledBack = await deployed();
    await deploy(["--ttl", "900", "--image", "registry.example:5000/esddns:broken"]);
    await cluster.kubectl("rollout", "undo", DAEMON_SET, ...inProduction);
    await deploy();
    expect(await image()).toBe(IMAGE);
    expect(await deployed()).toBe(rolledBack);
  });

  const forget = () => cluster.kubectl("annotate", DAEMON_SET, ...inProduction, "esddns/deployed-with-");

  it("asks for what it cannot know of a deployment that says nothing of itself", async () => {
    await forget();
    const before = { pods: await pods(), service: await service() };
    expect(await refused(["--component", "monitoring"])).toEqual({
      status: 2,
      stderr: expect.stringContaining("Service esddns is a NodePort, and nothing says which component"),
    });
    expect(await refused(["--component", "node-port", "--record", "www"])).toEqual({
      status: 2,
      stderr: expect.stringContaining("Give both: --domain NAME and --record NAME"),
    });
    expect({ pods: await pods(), service: await service() }).toEqual(before);
    const words = ["--service-annotation", 'a.example/b="x", y=z', "--service-annotation", "a.example/c=2"];
    await deploy(["--component", "node-port", ...words]);
    expect({ pods: await pods(), service: await service() }).toEqual(before);
    await deploy(["--domain", "example.net"]);
    expect(await deployed()).toContain('name: "example.net"');
  });

  it("forgets image, components and annotations when it is told so", async () => {
    await deploy(["--component", "service-monitor"]);
    await deploy(["--component", "none", "--image", "default", "--service-annotation", "none"]);
    expect(await image()).toMatch(/^ghcr\.io\/esddns\/esddns:/);
    expect(await service()).toEqual({ type: "ClusterIP", annotations: "" });
    expect(await monitors()).toBe("");
    expect(await cluster.field("{.metadata.name}", "networkpolicy/esddns-operator", ...inProduction)).toBe(
      "esddns-operator",
    );
    expect(await deployed()).toContain("listen: 0.0.0.0:51339");
    expect(await checkConfiguration(scratch, await deployed())).toMatch(/ is fine\n$/);
  });

  it("hides it once its password is gone", async () => {
    await deploy(["--component", "load-balancer"]);
    await cluster.kubectl("delete", "secret/esddns-dashboard", ...inProduction);
    expect(await deploy()).toContain("no password any more: it is shown to nobody");
    expect(await cluster.field("{.metadata.name}", "service/esddns", ...inProduction)).toBe("");
    expect(await deployed()).toContain("listen: 127.0.0.1:51339");
    expect(await checkConfiguration(scratch, await deployed())).toMatch(/ is fine\n$/);
  });

  it("asks at a terminal, and shows no secret there", async () => {
    const { status, stdout } = await scripts.atTerminal(
      DEPLOY,
      ["development"],
      [
        ["Token of gandi: ", TOKEN],
        ["Domain, such as example.org: ", "example.net"],
        ["@ is the domain itself [@]: ", "home"],
        ["Deploy development into namespace esddns-dev of test? (y/n) [n]: ", "y"],
      ],
    );
    expect(stdout).not.toContain(TOKEN);
    expect(status).toBe(0);
    const value = await cluster.field("{.data.api-key}", "secret/esddns-provider", "-n", "esddns-dev");
    expect(Buffer.from(value, "base64").toString()).toBe(TOKEN);
  });

  it("shows the dashboard to nobody when no password is typed", async () => {
    const { status, stdout } = await scripts.atTerminal(
      DEPLOY,
      ["production", "--component", "node-port"],
      [
        ["New password of the dashboard (empty: it is shown to nobody): ", ""],
        ["(y/n) [n]: ", "y"],
      ],
    );
    expect(stdout).toContain("successfully rolled out");
    expect(status).toBe(0);
    expect(await cluster.field("{.metadata.name}", "service/esddns", ...inProduction)).toBe("");
  });

  it("changes nothing when it is not wanted", async () => {
    const { status, stdout } = await scripts.atTerminal(DEPLOY, ["production"], [["(y/n) [n]: ", "n"]]);
    expect(stdout).toContain("Stopped; nothing was changed");
    expect(status).toBe(2);
  });

  it("says that the cluster refuses", async () => {
    await cluster.kubectl("create", "serviceaccount", "nobody", "-n", "default");
    const KUBECONFIG = await cluster.saKubeconfig("default", "nobody");
    const { status, stderr } = await refused([], { GANDI_API_KEY: TOKEN, DOMAIN: "example.net", KUBECONFIG });
    expect(stderr).toContain("forbidden");
    expect(stderr).toContain("Error: ");
    expect(status).toBe(1);
  });

  it("says that pods are not ready, and how to go back", async () => {
    await cluster.addNode("silent", { kubelet: "none" });
    const { status, stderr } = await refused(["--timeout", "2s"]);
    expect(stderr).toContain("Not every pod was ready within 2s");
    expect(stderr).toContain("rollout undo daemonset/esddns-operator");
    expect(status).toBe(4);
    await deploy(["--no-wait"]);
  });

  it("has shown the token to no program in all of that", () => {
    expect(scripts.hasShown(TOKEN)).toBe(false);
  });
});
