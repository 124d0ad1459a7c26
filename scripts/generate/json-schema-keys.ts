import { z } from "zod";
import { table } from "./markdown.ts";

/** What is used of a JSON Schema; everything else passes through. */
export interface JsonSchema {
  readonly type?: string | undefined;
  readonly description?: string | undefined;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly anyOf?: readonly JsonSchema[] | undefined;
  readonly oneOf?: readonly JsonSchema[] | undefined;
  readonly items?: JsonSchema | undefined;
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly additionalProperties?: JsonSchema | boolean | undefined;
}

const jsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.looseObject({
    type: z.union([z.string(), z.array(z.string()).transform((names) => names.join(" or "))]).optional(),
    description: z.string().optional(),
    default: z.unknown().optional(),
    const: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    anyOf: z.array(jsonSchema).optional(),
    oneOf: z.array(jsonSchema).optional(),
    items: jsonSchema.optional(),
    required: z.array(z.string()).optional(),
    properties: z.record(z.string(), jsonSchema).optional(),
    additionalProperties: z.union([z.boolean(), jsonSchema]).optional(),
  }),
);

export function parseJsonSchema(value: unknown): JsonSchema {
  return jsonSchema.parse(value);
}

/** A row for each key, nested keys with their path. */
export function keyTable(schema: JsonSchema): string {
  const rows = keyRows(schema, "");
  return rows.length === 0 ? "None.\n" : table(["key", "value", "default", ""], rows);
}

interface KeyRow {
  readonly path: string;
  readonly value: string;
  readonly standard: string;
  readonly description: string;
}

/** A key that several alternatives have is one row with what each of them says. */
function keyRows(schema: JsonSchema, prefix: string): readonly (readonly string[])[] {
  const rows = Map.groupBy(collectRows(schema, prefix), ({ path }) => path);
  return [...rows].map(([path, same]) => [
    `\`${path}\``,
    unique(same.map(({ value }) => value)).join(" or "),
    unique(same.map(({ standard }) => standard)).join(" or "),
    unique(same.map(({ description }) => description)).join("; "),
  ]);
}

function collectRows(schema: JsonSchema, prefix: string): readonly KeyRow[] {
  const alternatives = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return alternatives.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).flatMap(([key, value]) => {
      const path = `${prefix}${key}`;
      const inner = value.items ?? value;
      const row = {
        path,
        value: typeWords(value),
        standard: standardOf(value, required.includes(key)),
        description: value.description ?? "",
      };
      return [row, ...collectRows(inner, value.items ? `${path}[].` : `${path}.`)];
    }),
  );
}

function standardOf({ default: standard }: JsonSchema, isRequired: boolean): string {
  if (standard === undefined) return isRequired ? "required" : "";
  return isEmptyObject(standard) ? "" : `\`${JSON.stringify(standard)}\``;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].filter((text) => text !== "");
}

/** What may stand there, in a few words. */
function typeWords(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return [...new Set(alternatives.map(typeWords))].join(" or ");
  if (schema.type === "array") return `list of ${schema.items ? typeWords(schema.items) : "values"}`;
  if (schema.type === "object") {
    const keys = Object.keys(schema.properties ?? {});
    return keys.length > 0 ? `\`{ ${keys.join(", ")} }\`` : "mapping";
  }
  return schema.type ?? "text";
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** The keys of one provider type. */
export function providerSchema(schema: JsonSchema, id: string): JsonSchema {
  return entrySchema(schema, "providers", id);
}

/** The keys of one notifier type. */
export function notifierSchema(schema: JsonSchema, id: string): JsonSchema {
  return entrySchema(schema, "notify", id);
}

/** Of a section whose entries have names and a type. */
function entrySchema(schema: JsonSchema, section: string, id: string): JsonSchema {
  const entries = schema.properties?.[section]?.additionalProperties;
  const found =
    typeof entries === "object"
      ? entries.anyOf?.find(({ properties }) => isType(properties?.["type"], id))
      : undefined;
  if (!found) throw new Error(`The schema has nothing of the type "${id}" in "${section}"`);
  return found;
}

/** The keys of one source kind. */
export function sourceSchema(schema: JsonSchema, kind: string): JsonSchema {
  const found = schema.properties?.["sources"]?.properties?.[kind];
  if (!found) throw new Error(`The schema has no source "${kind}"`);
  return found;
}

function isType(schema: JsonSchema | undefined, id: string): boolean {
  return schema?.const === id || schema?.enum?.includes(id) === true;
}
