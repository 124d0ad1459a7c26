const FROM = "# Generated from examples/monitoring/alerts.yaml: npm run gen\n";

/** The rules without their heading, which speaks of where they stand. */
function groupsOf(alerts: string): string {
  return alerts.slice(alerts.indexOf("groups:"));
}

/** `files/alerts.yaml` of the chart: read as a file, so that Helm leaves Prometheus' own templates alone. */
export function chartAlerts(alerts: string): string {
  return FROM + groupsOf(alerts);
}

/** The PrometheusRule for those who take no chart. */
export function prometheusRule(alerts: string): string {
  const spec = groupsOf(alerts).replaceAll(/^(?=.)/gm, "  ");
  return `${FROM}apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: esddns-operator
  labels:
    app.kubernetes.io/name: esddns-operator
    app.kubernetes.io/instance: esddns-operator
    app.kubernetes.io/part-of: esddns
spec:
${spec}`;
}
