import { table } from "../markdown.ts";
import { readValues } from "./values.ts";

/** What is longer makes the table unreadable. */
const LONGEST = 80;

/** The table in the chart's README: every value, as `--set` names it. */
export function valuesTable(values: string): string {
  const rows = readValues(values).map(({ path, standard, description }) => [
    `\`${path.join(".")}\``,
    shown(JSON.stringify(standard)),
    description,
  ]);
  return table(["key", "default", ""], rows);
}

function shown(standard: string): string {
  return standard.length > LONGEST ? "see `values.yaml`" : `\`${standard}\``;
}
