import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { Scratch } from "../scratch.ts";
import { CHART, helmTemplate } from "./helm-template.ts";
import { chartConfiguration } from "./chart-configuration.ts";
import { build, K8S, writeOverlay } from "./kustomize.ts";
import { noCluster } from "./programs.ts";
import { byName, named, nameOf, type Rendered } from "./rendered.ts";

/** What both are asked for: the provider's token in the Secret that kustomize expects. */
const TOKEN = "gandi.existingSecret.name=esddns-provider";

function template(namespace: string, ...words: readonly string[]): Promise<readonly Rendered[]> {
  return helmTemplate("esddns-operator", namespace, ["--set", TOKEN, ...words]);
}

/** What says who made it, and how the pods learn of another configuration. */
const OF_THE_TOOL = new Set(["helm.sh/chart", "app.kubernetes.io/managed-by", "checksum/config"]);

/** The order of objects in a list has no meaning to Kubernetes in any of ours. */
function plain(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/^(esddns-config)-[a-z0-9]{10}$/, "$1");
  if (Array.isArray(value)) return value.map(plain).toSorted(byText);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key]) => !OF_THE_TOOL.has(key))
    .toSorted(byText);
  const kept = entries.map(([key, part]) => [key, plain(part)] as const);
  return Object.fromEntries(kept.filter(([key, part]) => key !== "annotations" || !isEmpty(part)));
}

function byText(one: unknown, other: unknown): number {
  return typeof one === "object" ? JSON.stringify(one).localeCompare(JSON.stringify(other)) : 0;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Texts are compared apart; the chart makes no namespace, `--create-namespace` does. */
function comparable(objects: readonly Rendered[]): readonly Rendered[] {
  return objects.filter(
    (object) => object.kind !== "Namespace" && nameOf(object) !== "ConfigMap/esddns-config",
  );
}

function expectSame(byKustomize: readonly Rendered[], byHelm: readonly Rendered[]): void {
  const [ours, charts] = [comparable(byKustomize), comparable(byHelm)];
  expect(ours.map(nameOf).toSorted()).toEqual(charts.map(nameOf).toSorted());
  for (const [name, object] of byName(ours)) expect(plain(object), name).toEqual(plain(named(charts, name)));
}

/** All that its configuration says, but for names that are the defaults, and those by which `helm test` calls. */
function settings(objects: readonly Rendered[]): unknown {
  const { kubernetes: _defaults, service, ...rest } = sections.parse(parse(chartConfiguration(objects)));
  const { hosts: _names, ...served } = service;
  return { ...rest, service: served };
}

const sections = z.looseObject({
  kubernetes: z.unknown().optional(),
  service: z.looseObject({ hosts: z.unknown().optional() }),
});

const DASHBOARD = ["--set", "dashboard.existingSecret.name=esddns-dashboard"];
const LOAD_BALANCER = [...DASHBOARD, "--set", "service.type=LoadBalancer"];
const MONITORING = ["prometheusRules", "grafanaDashboard"].flatMap((name) => [
  "--set",
  `monitoring.${name}.enabled=true`,
]);

/** Components, and the values that say the same. */
const SAME: readonly (readonly [component: string, values: readonly string[]])[] = [
  ["dashboard", DASHBOARD],
  ["load-balancer", LOAD_BALANCER],
  ["metallb", [...LOAD_BALANCER, "--set", String.raw`service.annotations.metallb\.io/address-pool=esddns`]],
  ["node-port", [...DASHBOARD, "--set", "service.type=NodePort"]],
  ["network-policy", ["--set", "networkPolicy.enabled=true"]],
  ["monitoring", [...MONITORING, "--set", "monitoring.podMonitor.enabled=true"]],
  ["service-monitor", [...MONITORING, "--set", "monitoring.serviceMonitor.enabled=true"]],
];

describe.skipIf(noCluster())("Helm and Kustomize make the same objects", () => {
  const scratch = new Scratch();
  afterAll(() => scratch[Symbol.dispose]());

  it("by default", async () => {
    const record = ["--set", "global.domain=example.org", "--set", "global.recordName=home"];
    const [ours, charts] = [await build(path.join(K8S, "base")), await template("esddns-system", ...record)];
    expectSame(ours, charts);
    expect(settings(ours)).toEqual(settings(charts));
  });

  it.each([
    ["production", "esddns", "home"],
    ["development", "esddns-dev", "dev"],
  ])("of the preset for %s", async (preset, namespace, record) => {
    const values = [
      "--values",
      path.join(CHART, `values-${preset}.yaml`),
      "--set",
      "global.domain=example.org",
    ];
    const ours = await build(path.join(K8S, "overlays", preset));
    const charts = await template(namespace, ...values, "--set", `global.recordName=${record}`);
    expectSame(ours, charts);
    expect(settings(ours)).toEqual(settings(charts));
  });

  it.each(SAME)("with component %s", async (component, words) => {
    const ours = await build(writeOverlay(scratch, { over: "base", components: [component] }));
    expectSame(ours, await template("esddns-system", "--set", "global.domain=example.org", ...words));
  });
});
