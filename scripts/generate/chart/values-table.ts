import { table } from "../markdown.ts";
import { readValues } from "./values.ts";

/** The table in the chart's README: every value, as `--set` names it. */
export function valuesTable(values: string): string {
  const rows = readValues(values).map(({ path, standard, description }) => [
    `\`${path.join(".")}\``,
    `\`${JSON.stringify(standard)}\``,
    description,
  ]);
  return table(["key", "default", ""], rows);
}
