import { LABEL_BOUNDS, OTHER } from "../../src/metrics/bounded-labels.ts";
import type { Definition } from "../../src/metrics/definition.ts";
import { GROUPS } from "../../src/metrics/definitions.ts";
import { table } from "./markdown.ts";

/** What the original called its metrics, where we call them something else. */
const RENAMED: readonly (readonly [original: string, ours: string])[] = [
  ["esddns_last_dns_update_timestamp", "esddns_last_dns_update_timestamp_seconds"],
  ["esddns_current_wan_ip_info", "esddns_address_info"],
  ["esddns_state_poll_timestamp", "esddns_last_round_timestamp_seconds"],
  ["esddns_state_in_sync", "esddns_record_in_sync"],
  ["esddns_dns_record_ip_matches", "esddns_record_in_sync"],
];

export function metricsPage(): string {
  const groups = GROUPS.map(
    ({ title, metrics }) =>
      `## ${title}\n\n${table(["metric", "type", "labels", "meaning"], metrics.map(rowOf))}`,
  );
  const bounds = Object.entries(LABEL_BOUNDS).map(([label, bound]) => [`\`${label}\``, String(bound)]);
  const renamed = RENAMED.map(([original, ours]) => [`\`${original}\``, `\`${ours}\``]);
  return [
    "# Metrics",
    INTRODUCTION,
    ...groups,
    "## Bounded labels",
    `Values that come from outside are bounded. Each label shows the first so many; what comes later counts as \`${OTHER}\`. Witnesses are counted by their operator and never one by one.`,
    table(["label", "values"], bounds),
    "## Names of the original",
    "Its metrics were never served. Where they make sense they have kept their names; some have other labels now. These are called something else:",
    table(["original", "now"], renamed),
  ].join("\n\n");
}

const INTRODUCTION = `The daemon serves them at \`/metrics\` in Prometheus' text format. [\`examples/monitoring/\`](/examples/monitoring/) has what Prometheus needs, alerts whose meaning is in [\`docs/runbooks/\`](/docs/runbooks/README.md), and a dashboard for Grafana.

What cannot be said is absent and not zero. The address is in no metric unless \`service.metrics.address\` asks for it. \`family\` is \`4\` or \`6\`; \`domain\` and \`record_type\` are a record's name and type.

In a cluster every pod serves its own. A pod that follows has the leader's verdict and asked no witness: what is about witnesses, and since when the address holds, is absent there, and the leader has it. The group "Cluster" is there in a cluster alone.`;

function rowOf({ name, kind, labels, help, buckets }: Definition): readonly string[] {
  const shown = labels.map((label) => `\`${label}\``).join(", ");
  const bounds = buckets ? `; buckets ${buckets.join(", ")} s` : "";
  return [`\`${name}\``, kind, shown, `${help}${bounds}`];
}
