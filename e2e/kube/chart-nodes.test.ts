import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildImage } from "../../scripts/image/build.ts";
import { cannotBuild } from "../image/requirements.ts";
import { buildHome, type Home, noHome } from "../netlab/home.ts";
import { udp } from "../netlab/settings.ts";
import { until } from "../until.ts";
import { CHART } from "./helm-template.ts";
import { Releases } from "./helm-releases.ts";
import { Nodes } from "./nodes.ts";
import { noNodes } from "./programs.ts";

const NAMESPACE = "esddns-system";
/** As `esddns password` prints it. */
const PASSWORD = "scrypt$15$8$1$bpWPbZk36144eASP-K7ERw$YA5N-IGmOoe_iXZYbjQv_voMsFMZh2Ym1444pyTrKxs";

describe.skipIf(noNodes() || noHome() || cannotBuild())("the chart on nodes behind a router", () => {
  let home: Home;
  let nodes: Nodes;
  let releases: Releases;
  beforeAll(async () => {
    home = buildHome();
    nodes = await Nodes.start({ count: 2, home, audit: true });
    const { archive } = await buildImage();
    await nodes.loadImage(archive);
    releases = await Releases.in(nodes, NAMESPACE);
    const hash = `--from-literal=password=${PASSWORD}`;
    await nodes.kubectl("create", "secret", "generic", "esddns-dashboard", "-n", NAMESPACE, hash);
  });
  afterAll(async () => {
    await nodes[Symbol.asyncDispose]();
    home.down();
  });

  it("runs with the preset for production where only restricted pods are let in", async () => {
    await releases.install("esddns-operator", ...values(home));
    const address = await untilAddress((is) => is !== "");
    expect(address).toBe(home.wan);
    expect(await releases.helm("test", "esddns-operator")).toMatch(/Phase: +Succeeded/);
  });

  it("follows the address, and tells it to all", async () => {
    const next = "44.128.20.5";
    home.changeWan(next);
    expect(await untilAddress((is) => is === next)).toBe(next);
    const published = await releases.field("{.data.published}", "configmap", "esddns-wan-ip");
    expect(published).toContain(`"example.org/A":"${next}"`);
  });

  it("serves metrics to everybody in the cluster, and the dashboard to those with the password", async () => {
    const metrics = await fromNode("esddns-metrics", 8080, "/metrics");
    expect(metrics).toMatch(/^esddns_cluster_role\{role="(?:leading|following)"\} 1$/m);
    expect(await fromNode("esddns", 80, "/api/v1/summary")).toContain('"status":401');
  });

  it("keeps what its pods wrote when they are replaced one after the other, and reads no Secret", async () => {
    const epoch = Number(await releases.field("{.data.epoch}", "configmap", "esddns-wan-ip"));
    const before = await podNames();
    await releases.upgrade("esddns-operator", "--set", "config.log.level=debug");
    expect(await podNames()).not.toEqual(before);
    expect(await untilAddress((is) => is !== "")).toBe("44.128.20.5");
    expect(
      Number(await releases.field("{.data.epoch}", "configmap", "esddns-wan-ip")),
    ).toBeGreaterThanOrEqual(epoch);
    expect(await releases.helm("test", "esddns-operator")).toMatch(/Phase: +Succeeded/);
    const audit = await nodes.cluster("audit", `system:serviceaccount:${NAMESPACE}:esddns-operator`);
    expect(audit).toContain("esddns-wan-ip");
    expect(audit).not.toContain("secrets");
    expect(audit).not.toMatch(/ 403$/m);
  });

  it("leaves nothing behind", async () => {
    await releases.helm("uninstall", "esddns-operator", "--wait");
    expect(await releases.leftovers()).toEqual(["Secret/esddns-dashboard"]);
  });

  function untilAddress(isWanted: (address: string) => boolean): Promise<string> {
    const look = async () => {
      const address = await releases.field("{.data.current_ip}", "configmap", "esddns-wan-ip");
      return isWanted(address) ? address : undefined;
    };
    return until("the leader to tell the address", look, 60_000);
  }

  async function podNames(): Promise<string> {
    return releases.field(
      "{.items[*].metadata.name}",
      "pods",
      "--selector=app.kubernetes.io/name=esddns-operator",
    );
  }

  /** By the Service's address, and its name. */
  async function fromNode(service: string, port: number, target: string): Promise<string> {
    const address = await releases.field("{.spec.clusterIP}", "service", service);
    const name = `Host: ${service}.${NAMESPACE}.svc`;
    const { stdout } = await nodes.on("node-1", [
      "curl",
      "-sS",
      "-H",
      name,
      `http://${address}:${port}${target}`,
    ]);
    return stdout;
  }
});

/** A provider in memory, and the home's witnesses. */
function values(home: Home): readonly string[] {
  const config = {
    sources: {
      stun: { servers: [1, 2, 3, 4, 5].map((number) => udp(home, number)) },
      http: false,
      whoami: false,
      interface: false,
    },
    schedule: { probe: "1s" },
  };
  const preset = path.join(CHART, "values-production.yaml");
  const account = "providers.main.type=memory,providers.main.zones={example.org},global.domain=example.org";
  const shown = "dashboard.existingSecret.name=esddns-dashboard";
  return ["-f", preset, "--set-json", `config=${JSON.stringify(config)}`, "--set", `${account},${shown}`];
}
