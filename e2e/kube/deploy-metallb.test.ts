import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Scratch } from "../scratch.ts";
import { Cluster } from "./cluster.ts";
import { installDefinitions } from "./kustomize.ts";
import { METALLB_STAND_IN } from "./metallb.ts";
import { noCluster } from "./programs.ts";
import { ShellScripts } from "./shell-script.ts";

const SCRIPT = "k8s/deploy-metallb.sh";
const RANGE = "192.168.1.100-192.168.1.110";
const BGP = ["--bgp", "--my-asn", "64512", "--peer-asn", "64513", "--peer-address", "192.168.1.1"];
const PASSWORD = "scrypt$15$8$1$bpWPbZk36144eASP-K7ERw$YA5N-IGmOoe_iXZYbjQv_voMsFMZh2Ym1444pyTrKxs";

describe.skipIf(noCluster())("k8s/deploy-metallb.sh", () => {
  const scratch = new Scratch();
  const manifest = scratch.write("metallb.yaml", METALLB_STAND_IN);
  const password = scratch.write("password", PASSWORD);
  let cluster: Cluster;
  let scripts: ShellScripts;
  beforeAll(async () => {
    cluster = await Cluster.start({ nodes: 2 });
    await cluster.addNode("own", { InternalIP: "192.168.1.7" });
    scripts = new ShellScripts(scratch, cluster);
    await installDefinitions(cluster, "metallb");
  });
  afterAll(async () => {
    scratch[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  });

  const env = { DOMAIN: "example.net", GANDI_API_KEY: "a-token-that-nobody-may-see" };
  const deploy = (words: readonly string[], environment = "production") =>
    scripts.runWell(SCRIPT, [environment, ...words], { env });
  const field = (path: string, kind: string, name = "esddns") =>
    cluster.field(path, `${kind}/${name}`, "-n", "metallb-system");
  const service = (path: string, namespace = "esddns") =>
    cluster.field(path, "service/esddns", "-n", namespace);

  it.each([
    ["192.168.1.110-192.168.1.100", "it ends before it begins"],
    ["192.168.1.100", "neither FIRST-LAST nor a block"],
    ["192.168.1.100-192.168.1.256", '"192.168.1.256" is no address'],
    ["192.168.1.010-192.168.1.20", '"192.168.1.010" is no address'],
    ["192.168.1.100/28", "bits behind the length"],
    ["192.168.1.96/33", '"/33" is no length'],
    ["192.168.1.100-fd00::1", "one end is IPv4 and the other IPv6"],
    ["fd00::2-fd00::1", "it ends before it begins"],
    ["fd00::1/64", "bits behind the length"],
    ["fd00::1::2/128", '"fd00::1::2" is no address'],
    ["224.0.0.0/4", "addresses that no Service can have"],
    ["0.0.0.0/0", "addresses that no Service can have"],
    ["ff02::/16", "addresses that no Service can have"],
    ["192.168.1.0/28,192.168.1.100", "neither FIRST-LAST nor a block"],
    ["192.168.1.1-192.168.1.10", "192.168.1.7 is a node's own address"],
  ])("refuses %s: %s", async (range, why) => {
    const { status, stderr } = await scripts.run(SCRIPT, ["production", range], { env });
    expect(stderr).toContain(why);
    expect(status).toBe(2);
  });

  it("says what to do where there is no MetalLB and none may come", async () => {
    const { status, stderr } = await scripts.run(SCRIPT, ["production", RANGE, "--no-metallb"], { env });
    expect(stderr).toContain(
      "The cluster has no MetalLB\n  Leave --no-metallb out, or: helm install metallb",
    );
    expect(status).toBe(2);
  });

  it("says where the manifest comes from that it cannot get", async () => {
    const words = ["production", RANGE, "--metallb-manifest", "/nonexistent.yaml"];
    const { status, stderr } = await scripts.run(SCRIPT, words, { env });
    expect(stderr).toContain("MetalLB could not be installed from /nonexistent.yaml");
    expect(stderr).toContain("--metallb-manifest FILE");
    expect(status).toBe(1);
  });

  it("installs MetalLB, its pool and ESDDNS by one command, and gives no address to what has no password", async () => {
    const said = await deploy([RANGE, "--metallb-manifest", manifest]);
    expect(said).toContain(`Applying ${manifest}`);
    expect(said).toContain("The dashboard has no password, so it got no address of the pool");
    expect(await field("{.spec.addresses}", "ipaddresspool")).toBe(`["${RANGE}"]`);
    expect(await field("{.spec.ipAddressPools}", "l2advertisement")).toBe('["esddns"]');
    expect(await service("{.metadata.name}")).toBe("");
    const ready = await cluster.field("{.status.numberReady}", "daemonset/esddns-operator", "-n", "esddns");
    expect(ready).toBe("3");
  });

  it("installs none where one is, and gives the pool's first address to a dashboard with a password", async () => {
    const said = await deploy([RANGE, "--dashboard-password-file", password]);
    expect(said).not.toContain("Applying");
    expect(said).toContain("Dashboard: no address yet; kubectl --namespace=esddns describe service esddns");
    expect(await service("{.spec.type}")).toBe("LoadBalancer");
    expect(JSON.parse(await service("{.metadata.annotations}"))).toMatchObject({
      "metallb.io/address-pool": "esddns",
      "metallb.io/loadBalancerIPs": "192.168.1.100",
    });
  });

  it("changes nothing when it runs again, and tells the address", async () => {
    const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: "192.168.1.100" }] } } });
    await cluster.kubectl("patch", "service/esddns", "-n", "esddns", "--subresource=status", "-p", status);
    const versions = async () => [
      await field("{.metadata.generation}", "ipaddresspool"),
      await cluster.field("{.metadata.generation}", "daemonset/esddns-operator", "-n", "esddns"),
    ];
    const before = await versions();
    expect(await deploy([RANGE])).toContain("Dashboard: http://192.168.1.100/");
    expect(await versions()).toEqual(before);
  });

  it("keeps the address when deploy.sh rotates the token", async () => {
    const all = async () => [
      await service("{.spec}"),
      await service("{.metadata.annotations}"),
      await cluster.field("{.metadata.generation}", "daemonset/esddns-operator", "-n", "esddns"),
    ];
    const before = await all();
    const input = "the-next-token\n";
    await scripts.runWell("k8s/deploy.sh", ["production", "--api-key-file", "-"], { input });
    expect(await all()).toEqual(before);
  });

  it("announces by BGP in the place of the LAN, and back", async () => {
    const secret = scratch.write("bgp", "session-secret\n");
    await deploy([RANGE, ...BGP, "--peer-password-file", secret]);
    expect(await field("{.spec}", "bgppeer")).toContain(
      '"myASN":64512,"passwordSecret":{"name":"esddns-bgp"},"peerASN":64513',
    );
    expect(await field("{.spec.peers}", "bgpadvertisement")).toBe('["esddns"]');
    expect(await field("{.type}", "secret", "esddns-bgp")).toBe("kubernetes.io/basic-auth");
    expect(await field("{.metadata.name}", "l2advertisement")).toBe("");
    await deploy([RANGE]);
    expect(await field("{.metadata.name}", "l2advertisement")).toBe("esddns");
    expect(await field("{.metadata.name}", "bgppeer")).toBe("");
    expect(scripts.hasShown("session-secret")).toBe(false);
  });

  it.each([
    [["--bgp", "--my-asn", "0", "--peer-asn", "1", "--peer-address", "192.168.1.1"], 'MY_ASN is "0"'],
    [["--bgp", "--my-asn", "1", "--peer-asn", "4294967296", "--peer-address", "192.168.1.1"], "PEER_ASN is"],
    [["--bgp", "--my-asn", "1", "--peer-asn", "2", "--peer-address", "router"], '--peer-address is "router"'],
  ])("refuses %j", async (words, why) => {
    const { status, stderr } = await scripts.run(SCRIPT, ["production", RANGE, ...words], { env });
    expect(stderr).toContain(why);
    expect(status).toBe(2);
  });

  it("has a pool of its own for development, of two families", async () => {
    const ranges = "192.168.1.120-192.168.1.129,fd00:1::100-fd00:1::1ff";
    await deploy([ranges, "--dashboard-password-file", password], "development");
    expect(await field("{.spec.addresses}", "ipaddresspool", "esddns-dev")).toBe(
      JSON.stringify(ranges.split(",")),
    );
    expect(await field("{.spec.addresses}", "ipaddresspool")).toBe(`["${RANGE}"]`);
    const annotations = await service("{.metadata.annotations}", "esddns-dev");
    expect(annotations).toContain('"metallb.io/address-pool":"esddns-dev"');
  });

  it("warns of what keeps an address from being announced", async () => {
    const config = 'mode: "ipvs"\nipvs:\n  strictARP: false\n';
    const proxy = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "kube-proxy", namespace: "kube-system" },
    };
    await cluster.apply({ ...proxy, data: { "config.conf": config } });
    await cluster.kubectl(
      "label",
      "nodes",
      "--all",
      "node.kubernetes.io/exclude-from-external-load-balancers=",
    );
    const said = await deploy([RANGE]);
    expect(said).toContain("Warning: kube-proxy runs with IPVS and without strictARP");
    expect(said).toContain(
      "Warning: Every node has the label node.kubernetes.io/exclude-from-external-load-balancers",
    );
  });

  it("has shown no secret to a program", () => {
    expect(scripts.hasShown(env.GANDI_API_KEY)).toBe(false);
    expect(scripts.hasShown(PASSWORD)).toBe(false);
  });
});
