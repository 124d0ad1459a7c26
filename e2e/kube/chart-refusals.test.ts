import { describe, expect, it } from "vitest";
import { Scratch } from "../scratch.ts";
import { MINIMAL, render, template, templateWithout, WITH_GANDI, WITH_RECORD } from "./chart-rendering.ts";
import { CHART } from "./helm-template.ts";
import { noCluster } from "./programs.ts";
import { named } from "./rendered.ts";

const set = (text: string): readonly string[] => ["--set", text];
const json = (text: string): readonly string[] => ["--set-json", text];
const PASSWORD = set("dashboard.existingSecret.name=esddns-dashboard");
const PROXIES = set("dashboard.proxies={10.244.0.0/16}");
const CLOUDFLARE = { type: "cloudflare", token: "in-plain-text" };

/** What somebody writes by mistake, and the words that say what to do. */
const MISTAKES: readonly (readonly [what: string, words: readonly string[], says: RegExp])[] = [
  ["no account", WITH_RECORD, /No DNS provider is set: .*create secret generic esddns-gandi/],
  ["no record", WITH_GANDI, /No record is set: set global\.domain/],
  ["two tokens", [...MINIMAL, ...set("gandi.apiKey=x")], /are both set: take one of them/],
  [
    "two providers of a name",
    [...MINIMAL, ...json('providers.main={"type":"memory"}')],
    /Two providers are called main/,
  ],
  [
    "an unknown key",
    [...MINIMAL, ...set("replicaCount=3")],
    /additional properties 'replicaCount' not allowed/,
  ],
  [
    "an unknown key below",
    [...MINIMAL, ...set("gandi.apikey=x")],
    /'\/gandi': additional properties 'apikey'/,
  ],
  ["a global that looks like ours", [...MINIMAL, ...set("global.recordTtl=60")], /'recordTtl'/],
  [
    "a key of another provider",
    [...WITH_RECORD, ...json('providers.x={"type":"gandi","user":"x"}')],
    /'user'/,
  ],
  [
    "an unknown provider",
    [...WITH_RECORD, ...set("providers.x.type=gandy")],
    /type': value must be one of .*'gandi'/,
  ],
  [
    "an unknown key of the configuration",
    [...MINIMAL, ...set("config.schedule.intervall=1m")],
    /'\/config\/schedule': additional properties 'intervall'/,
  ],
  [
    "a type that is none",
    [...MINIMAL, ...set("service.type=Loadbalancer")],
    /value must be one of 'ClusterIP'/,
  ],
  ["a port that is none", [...MINIMAL, ...set("service.port=70000")], /service\/port': maximum/],
  ["a record type that is none", [...MINIMAL, ...set("global.recordTypes={MX}")], /recordTypes\/0/],
  [
    "a key of the original",
    [...MINIMAL, ...set("daemon.logLevel=DEBUG")],
    /daemon is gone: .*config\.log\.level/,
  ],
  [
    "the original's namespace",
    [...MINIMAL, ...set("namespace.name=x")],
    /namespace is gone: .*--namespace NAME/,
  ],
  [
    "a whole name where a label is meant",
    [...MINIMAL, ...set("global.recordName=home.example.org")],
    /has the domain in it: set what stands before it, home/,
  ],
  [
    "records of nodes beside one of all",
    [...MINIMAL, ...json('recordPerNode="{node}.example.org"')],
    /either every node tells its own address or all share one/,
  ],
  [
    "a record of nodes that names none",
    [...WITH_GANDI, ...set("recordPerNode=home.example.org")],
    /it has no \{node\}, expected a name such as \{node\}\.example\.org/,
  ],
  [
    "a section that has values of its own",
    [...MINIMAL, ...set("config.service.listen=0.0.0.0:80")],
    /config\.service is not for you to set: .*`dashboard`/,
  ],
  [
    "a provider's secret in plain text",
    [...WITH_RECORD, ...json(`providers.x=${JSON.stringify(CLOUDFLARE)}`)],
    /providers\.x\.token is a secret in plain text .* secretKeyRef/,
  ],
  [
    "a nested secret in plain text",
    [
      ...WITH_RECORD,
      ...json('providers.x={"type":"rfc2136","server":"a.b","key":{"name":"k","secret":"x"}}'),
    ],
    /providers\.x\.key\.secret is a secret in plain text/,
  ],
  [
    "a notifier's secret in plain text",
    [...MINIMAL, ...json('config.notify.x={"type":"slack","url":"https://hooks.slack.com/x"}')],
    /config\.notify\.x\.url is a secret in plain text/,
  ],
  [
    "a token of the dashboard in plain text",
    [...MINIMAL, ...json('dashboard.tokens=[{"name":"a","token":"x"}]')],
    /dashboard\.tokens\[0\]\.token is a secret in plain text/,
  ],
  ...["LoadBalancer", "NodePort"].map(
    (type) =>
      [
        `a ${type} without a password`,
        [...MINIMAL, ...set(`service.type=${type}`)],
        /the dashboard has no password: .*`esddns password`.*create secret generic esddns-dashboard/,
      ] as const,
  ),
  [
    "a LoadBalancer for everybody",
    [...MINIMAL, ...set("service.type=LoadBalancer,dashboard.insecure=true")],
    /the dashboard has no password/,
  ],
  [
    "a password that nobody is asked for",
    [...MINIMAL, ...PASSWORD, ...set("dashboard.insecure=true")],
    /take one/,
  ],
  ...["ingress", "httpRoute"].map(
    (kind) =>
      [
        `${kind} without a password`,
        [...MINIMAL, ...set(`${kind}.enabled=true`)],
        /has no password/,
      ] as const,
  ),
  [
    "an Ingress that is not trusted",
    [...MINIMAL, ...PASSWORD, ...set("ingress.enabled=true,ingress.hosts={a.example.org}")],
    /needs dashboard\.proxies: .*10\.244\.0\.0\/16/,
  ],
  [
    "an Ingress without a name",
    [...MINIMAL, ...PASSWORD, ...PROXIES, ...set("ingress.enabled=true")],
    /hosts/,
  ],
  [
    "a route without a Gateway",
    [...MINIMAL, ...PASSWORD, ...PROXIES, ...set("httpRoute.enabled=true")],
    /parentRefs/,
  ],
  [
    "an Ingress for all names",
    [...MINIMAL, ...PASSWORD, ...PROXIES, ...set("ingress.enabled=true,ingress.hosts={*.example.org}")],
    /ingress\/hosts\/0': '\*\.example\.org' does not match/,
  ],
  [
    "both monitors",
    [...MINIMAL, ...set("monitoring.podMonitor.enabled=true,monitoring.serviceMonitor.enabled=true")],
    /every pod would be asked twice/,
  ],
  [
    "an alert that there is not",
    [
      ...MINIMAL,
      ...set("monitoring.prometheusRules.enabled=true,monitoring.prometheusRules.disabled={EsddnsGone}"),
    ],
    /There is no alert "EsddnsGone", expected one of: EsddnsAbsent,/,
  ],
];

/** Where templates repeat what the schema says, because it can be skipped. */
const ALWAYS = ["plain text", "without a password", "for everybody", "no account", "no record"];

describe.skipIf(noCluster())("the chart refuses", () => {
  it.each(MISTAKES)("%s", async (_what, words, says) => {
    const { status, stdout, stderr } = await template(words);
    expect(stderr).toMatch(says);
    expect({ status: status === 0, stdout }).toEqual({ status: false, stdout: "" });
  });

  it.each(MISTAKES.filter(([what]) => ALWAYS.some((words) => what.includes(words))))(
    "%s, without its schema, too",
    async (_what, words, says) => {
      const { status, stderr } = await template([...words, "--skip-schema-validation"]);
      expect(stderr).toMatch(says);
      expect(status).not.toBe(0);
    },
  );

  it.each(["podMonitor", "serviceMonitor", "prometheusRules"])(
    "monitoring.%s where the cluster does not know of it",
    async (name) => {
      const { status, stderr } = await templateWithout([
        ...MINIMAL,
        ...set(`monitoring.${name}.enabled=true`),
      ]);
      expect(stderr).toMatch(
        /which this cluster does not have: install its custom resource definitions first/,
      );
      expect(status).not.toBe(0);
    },
  );
});

describe.skipIf(noCluster())("as a part of another chart, it", () => {
  it("takes that one's globals, and its own values below its name", async () => {
    using scratch = new Scratch();
    scratch.write(
      "Chart.yaml",
      JSON.stringify({
        apiVersion: "v2",
        name: "edge",
        version: "1.0.0",
        dependencies: [
          {
            name: "esddns-operator",
            version: "*",
            condition: "esddns-operator.enabled",
            repository: `file://${CHART}`,
          },
        ],
      }),
    );
    const values = {
      global: { storageClass: "fast", domain: "example.org", imagePullSecrets: [{ name: "registry" }] },
      "esddns-operator": { enabled: true, gandi: { existingSecret: { name: "esddns-gandi" } } },
    };
    scratch.write("values.yaml", JSON.stringify(values));
    const chart = scratch.folder;
    const built = await template(["--dependency-update"], { chart, name: "edge" });
    expect(built).toMatchObject({ status: 0 });
    const objects = await render([], { chart, name: "edge" });
    expect(JSON.stringify(named(objects, "DaemonSet/edge-esddns-operator"))).toContain(
      '[{"name":"registry"}]',
    );
  });
});
