import { readFileSync } from "node:fs";
import path from "node:path";
import { fillIn } from "../fill-in.ts";
import { chartAlerts, prometheusRule } from "./alerts.ts";
import { secretKeys } from "./secret-keys.ts";
import { valuesSchema } from "./values-schema.ts";
import { valuesTable } from "./values-table.ts";

const CHART = "helm/esddns-operator";

/** What of the chart follows from its values, the configuration's schema and the alerts. */
export function chartFiles(
  root: string,
  configurationDocument: Readonly<Record<string, unknown>>,
): readonly (readonly [name: string, content: string])[] {
  const read = (name: string) => readFileSync(path.join(root, name), "utf8");
  const values = read(`${CHART}/values.yaml`);
  const alerts = read("examples/monitoring/alerts.yaml");
  const dashboard = read("examples/monitoring/grafana-dashboard.json");
  const schema = valuesSchema(values, configurationDocument);
  return [
    [`${CHART}/README.md`, fillIn(read(`${CHART}/README.md`), { values: valuesTable(values) })],
    [`${CHART}/values.schema.json`, JSON.stringify(schema, null, 2)],
    [`${CHART}/files/secret-keys.yaml`, secretKeys(configurationDocument)],
    [`${CHART}/files/alerts.yaml`, chartAlerts(alerts)],
    [`${CHART}/files/grafana-dashboard.json`, dashboard],
    ["k8s/components/monitoring/prometheusrule.yaml", prometheusRule(alerts)],
    ["k8s/components/monitoring/grafana-dashboard.json", dashboard],
  ];
}
