import type { SourceDefinition } from "../../src/sources/definition.ts";
import { keyTable, type JsonSchema, sourceSchema } from "./json-schema-keys.ts";
import { table } from "./markdown.ts";

export function sourceTable(sources: readonly SourceDefinition[]): string {
  const rows = sources.map(({ kind, title }) => [`[\`${kind}\`](/docs/sources/${kind}.md)`, title]);
  return table(["source", ""], rows);
}

export function sourcePage({ kind, title, description }: SourceDefinition, schema: JsonSchema): string {
  return [`# ${title}`, description, "## Keys", keyTable(sourceSchema(schema, kind))].join("\n\n");
}
