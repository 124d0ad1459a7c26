import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { MINIMAL, render } from "./chart-rendering.ts";
import { ROOT } from "./kustomize.ts";
import { noCluster } from "./programs.ts";
import { named } from "./rendered.ts";

const MONITORING = path.join(ROOT, "examples/monitoring");
const groups = z.array(
  z.looseObject({
    rules: z.array(z.looseObject({ alert: z.string(), labels: z.record(z.string(), z.string()) })),
  }),
);
const specOf = z.looseObject({ spec: z.strictObject({ groups }) });

const set = (text: string): readonly string[] => ["--set", text];
const RULES = set("monitoring.prometheusRules.enabled=true");

async function ruleGroups(words: readonly string[]) {
  return specOf.parse(named(await render(words), "PrometheusRule/esddns-operator")).spec.groups;
}

describe.skipIf(noCluster())("the chart's monitoring", () => {
  it("has the alerts as they are tested, with Prometheus' own templates untouched", async () => {
    const { groups } = z
      .object({ groups: z.unknown() })
      .parse(parse(readFileSync(path.join(MONITORING, "alerts.yaml"), "utf8")));
    const rendered = await ruleGroups([...MINIMAL, ...RULES]);
    expect(rendered).toEqual(groups);
    expect(JSON.stringify(rendered)).toContain("{{ $labels.instance }}");
  });

  it("leaves alerts out and makes them others, by their names", async () => {
    const [all, [some]] = [
      await ruleGroups([...MINIMAL, ...RULES]),
      await ruleGroups(["-f", "ci/monitoring-values.yaml"]),
    ];
    const names = all.flatMap(({ rules }) => rules).map(({ alert }) => alert);
    expect(some?.rules.map(({ alert }) => alert)).toEqual(
      names.filter((name) => name !== "EsddnsServersLagging"),
    );
    const alone = some?.rules.find(({ alert }) => alert === "EsddnsAgentAlone");
    expect(alone).toMatchObject({ for: "30m", labels: { severity: "critical" } });
  });

  it("has the dashboard as it is tested, where Grafana's sidecar looks", async () => {
    const objects = await render([...MINIMAL, ...set("monitoring.grafanaDashboard.enabled=true")]);
    const { metadata, data } = z
      .looseObject({
        data: z.record(z.string(), z.string()),
        metadata: z.looseObject({ labels: z.looseObject({}) }),
      })
      .parse(named(objects, "ConfigMap/esddns-grafana-dashboard"));
    expect(metadata.labels).toMatchObject({ grafana_dashboard: "1" });
    const board: unknown = JSON.parse(readFileSync(path.join(MONITORING, "grafana-dashboard.json"), "utf8"));
    expect(JSON.parse(data["esddns.json"] ?? "")).toEqual(board);
  });

  it("is off as a whole with one switch", async () => {
    const words = ["-f", "ci/monitoring-values.yaml", ...set("monitoring.enabled=false")];
    const kinds = (await render(words)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => /^(?:Pod|Service)Monitor$|^PrometheusRule$/.test(kind))).toEqual([]);
  });
});
