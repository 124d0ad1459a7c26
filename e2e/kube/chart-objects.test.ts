import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { chartConfiguration } from "./chart-configuration.ts";
import { MINIMAL, render, WITH_GANDI } from "./chart-rendering.ts";
import { noCluster } from "./programs.ts";
import { byName, named, nameOf, type Rendered } from "./rendered.ts";

const set = (text: string): readonly string[] => ["--set", text];
const json = (text: string): readonly string[] => ["--set-json", text];
const SHOWN = set("dashboard.existingSecret.name=esddns-dashboard");

/** Part of an object, e.g. `part(role, "rules", 2, "resourceNames")`. */
function part(value: unknown, ...path: readonly (number | string)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null
        ? Object.entries(inner).find(([name]) => name === String(key))?.[1]
        : undefined,
    value,
  );
}

const container = (objects: readonly Rendered[], ...path: readonly (number | string)[]) =>
  part(named(objects, "DaemonSet/esddns-operator"), "spec", "template", "spec", "containers", 0, ...path);

describe.skipIf(noCluster())("what the chart makes", () => {
  it.each([
    [[], "ghcr.io/esddns/esddns:0.1.0"],
    [["image.tag=dev"], "ghcr.io/esddns/esddns:dev"],
    [["image.registry=registry.local:5000"], "registry.local:5000/esddns/esddns:0.1.0"],
    [["image.repository=registry.example.org/dns"], "registry.example.org/dns:0.1.0"],
    [["image.repository=localhost/dns"], "localhost/dns:0.1.0"],
    [["image.registry="], "esddns/esddns:0.1.0"],
    [
      [`image.tag=dev,image.digest=sha256:${"a".repeat(64)}`],
      `ghcr.io/esddns/esddns@sha256:${"a".repeat(64)}`,
    ],
  ])("takes the image that %o means", async (values, image) => {
    expect(container(await render([...MINIMAL, ...values.flatMap(set)]), "image")).toBe(image);
  });

  it.each([
    ["esddns-operator", [], "esddns-operator", "esddns"],
    ["edge", [], "edge-esddns-operator", "edge-esddns-operator"],
    ["my-esddns-operator", [], "my-esddns-operator", "my-esddns-operator"],
    ["edge", ["fullnameOverride=dns"], "dns", "dns"],
    ["edge", ["nameOverride=ddns"], "edge-ddns", "edge-ddns"],
    ["a".repeat(53), [], "a".repeat(44), "a".repeat(44)],
  ])("is called by the release %s with %o", async (name, values, fullname, prefix) => {
    const objects = await render([...MINIMAL, ...values.flatMap(set)], { name });
    const names = objects.map(nameOf).filter((one) => !/-(?:config|metrics|test-ready)$/.test(one));
    expect(names.toSorted()).toEqual([
      `ConfigMap/${prefix}-agents`,
      `ConfigMap/${prefix}-wan-ip`,
      `DaemonSet/${fullname}`,
      `Lease/${prefix}-leader`,
      `Role/${fullname}`,
      `RoleBinding/${fullname}`,
      `ServiceAccount/${fullname}`,
    ]);
    const ofConfiguration = {
      configMap: `${prefix}-wan-ip`,
      lease: `${prefix}-leader`,
      agents: `${prefix}-agents`,
    };
    expect(part(parse(chartConfiguration(objects, prefix)), "kubernetes")).toEqual(ofConfiguration);
    const role = named(objects, `Role/${fullname}`);
    expect(part(role, "rules", 0, "resourceNames")).toEqual([`${prefix}-leader`]);
    expect(part(role, "rules", 1, "resourceNames")).toEqual([`${prefix}-wan-ip`]);
    expect(part(role, "rules", 2, "resourceNames")).toEqual([`${prefix}-agents`]);
  });

  it("has a record from the original's keys, and those of a list, and of each node", async () => {
    const recordsOf = async (...words: readonly string[]) =>
      part(parse(chartConfiguration(await render(words))), "records");
    expect(await recordsOf(...MINIMAL)).toEqual([{ name: "example.org", types: ["A"], ttl: 300 }]);
    const home = set("global.recordName=home,global.recordTTL=600,global.recordTypes={AAAA}");
    expect(await recordsOf(...MINIMAL, ...home)).toEqual([
      { name: "home.example.org", types: ["AAAA"], ttl: 600 },
    ]);
    const list = [{ name: "vpn.example.org", ttl: "2m" }];
    const further = json(`records=${JSON.stringify(list)}`);
    expect(await recordsOf(...WITH_GANDI, ...further)).toEqual(list);
    const node = json('recordPerNode="{node}.example.org"');
    expect(await recordsOf(...WITH_GANDI, ...node)).toMatchObject([{ name: "{node}.example.org" }]);
  });

  it.each([
    [[], undefined],
    [["gandi.scheme=apikey"], "apikey"],
  ])("tells Gandi who comes as %o says", async (values, scheme) => {
    const objects = await render([...MINIMAL, ...values.flatMap(set)]);
    expect(part(parse(chartConfiguration(objects)), "providers", "main", "scheme")).toBe(scheme);
  });

  it("mounts the keys that the configuration refers to, each once, and no others", async () => {
    const objects = await render(["-f", "ci/several-providers-values.yaml"]);
    const volumes = part(named(objects, "DaemonSet/esddns-operator"), "spec", "template", "spec", "volumes");
    expect(part(volumes, 1, "projected", "sources")).toEqual(
      [
        ["esddns-gandi", "api-key", "api-key"],
        ["esddns-ntfy", "topic", "esddns-ntfy/topic"],
        ["esddns-powerdns", "api-key", "esddns-powerdns/api-key"],
        ["esddns-tsig", "secret", "esddns-tsig/secret"],
      ].map(([name, key, path]) => ({ secret: { name, items: [{ key, path }] } })),
    );
    const providers = part(parse(chartConfiguration(objects)), "providers");
    expect(part(providers, "office", "key", "secret")).toEqual({
      file: "/var/run/secrets/esddns/esddns-tsig/secret",
    });
    expect(part(providers, "main", "token")).toEqual({ file: "/var/run/secrets/esddns/api-key" });
  });

  it("shows the dashboard to others only with a password, and never the metrics to the outside", async () => {
    expect(byName(await render(MINIMAL)).has("Service/esddns")).toBe(false);
    const objects = await render([...MINIMAL, ...SHOWN, ...set("service.type=LoadBalancer")]);
    const ports = part(named(objects, "Service/esddns"), "spec", "ports");
    expect(ports).toEqual([{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }]);
    expect(part(named(objects, "Service/esddns-metrics"), "spec", "type")).toBe("ClusterIP");
  });

  it.each([
    ["0.0.0.0", "0.0.0.0"],
    ["::", "[::]"],
  ])("listens at %s, where it is shown and where it is probed", async (address, host) => {
    const objects = await render([...MINIMAL, ...SHOWN, ...set(`listenAddress=${address}`)]);
    const service = part(parse(chartConfiguration(objects)), "service");
    expect(service).toMatchObject({ listen: `${host}:51339`, health: `${host}:8080` });
  });

  it("watches its load balancer, or that of the Service that it is told, and may do so", async () => {
    const watched = async (...words: readonly string[]) => {
      const objects = await render([...MINIMAL, ...words]);
      const rules = part(named(objects, "Role/esddns-operator"), "rules");
      const rule = Array.isArray(rules)
        ? rules.find((one) => part(one, "resources", 0) === "services")
        : undefined;
      return [
        part(parse(chartConfiguration(objects)), "kubernetes", "service"),
        part(rule, "resourceNames", 0),
      ];
    };
    expect(await watched()).toEqual([undefined, undefined]);
    expect(await watched(...SHOWN)).toEqual([undefined, undefined]);
    expect(await watched(...SHOWN, ...set("service.type=LoadBalancer"))).toEqual(["esddns", "esddns"]);
    expect(await watched(...set("watchedService=ingress"))).toEqual(["ingress", "ingress"]);
  });

  it("lets in who is listed, and the pod of `helm test`", async () => {
    const from = [{ namespaceSelector: { matchLabels: { monitoring: "yes" } } }];
    const words = [
      ...set("networkPolicy.enabled=true"),
      ...json(`networkPolicy.ingressFrom=${JSON.stringify(from)}`),
    ];
    const objects = await render([...MINIMAL, ...words]);
    const labels = part(named(objects, "Pod/esddns-test-ready"), "metadata", "labels");
    const listed = part(named(objects, "NetworkPolicy/esddns-operator"), "spec", "ingress", 0, "from");
    expect(listed).toEqual([...from, { podSelector: { matchLabels: expect.anything() } }]);
    expect(labels).toMatchObject(Object(part(listed, 1, "podSelector", "matchLabels")));
  });

  it("keeps pods of a Deployment on different nodes, whatever else is wished", async () => {
    const objects = await render(["-f", "ci/deployment-values.yaml"]);
    const affinity = part(
      named(objects, "Deployment/esddns-operator"),
      "spec",
      "template",
      "spec",
      "affinity",
    );
    const apart = part(affinity, "podAntiAffinity");
    expect(part(apart, "requiredDuringSchedulingIgnoredDuringExecution", 0, "topologyKey")).toBe(
      "kubernetes.io/hostname",
    );
    expect(part(apart, "preferredDuringSchedulingIgnoredDuringExecution", 0, "weight")).toBe(100);
    expect(byName(objects).has("PodDisruptionBudget/esddns-operator")).toBe(true);
    expect(byName(await render(MINIMAL)).has("PodDisruptionBudget/esddns-operator")).toBe(false);
    const one = await render([...MINIMAL, ...set("workload=Deployment,replicas=1")]);
    expect(byName(one).has("PodDisruptionBudget/esddns-operator")).toBe(false);
  });

  it("replaces pods for another configuration, and not for another version of the chart's files", async () => {
    const template = async (...words: readonly string[]) =>
      part(named(await render([...MINIMAL, ...words]), "DaemonSet/esddns-operator"), "spec", "template");
    const before = await template();
    expect(await template("--set", "networkPolicy.enabled=true")).toEqual(before);
    expect(await template("--set", "config.log.level=debug")).not.toEqual(before);
    expect(JSON.stringify(before)).not.toContain("helm.sh/chart");
  });
});
