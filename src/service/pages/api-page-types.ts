import type { SchemaObject } from "#service/pages/api-page-document.ts";

/** A type in short, e.g. `string | null`, `Record[]`; what has a name of its own is a link. */
export type TypeWords = readonly (string | { readonly schema: string })[];

/** One line of a schema. */
export interface FieldRow {
  /** From the top: `published.values`, `measures[].at`. */
  readonly name: string;
  readonly type: TypeWords;
  readonly isOptional: boolean;
  readonly words: string;
}

/** Where a document keeps those with a name. */
export const SCHEMAS = "#/components/schemas/";

/** The fields of an object, those of objects within it below theirs. */
export function fieldsOf(schema: SchemaObject, prefix = ""): readonly FieldRow[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    const name = `${prefix}${key}`;
    const row = { name, type: typeOf(field), isOptional: !required.has(key), words: field.description ?? "" };
    const { object, suffix } = withinOf(field);
    return object ? [row, ...fieldsOf(object, `${name}${suffix}.`)] : [row];
  });
}

export function typeOf(schema: SchemaObject): TypeWords {
  if (schema.$ref !== undefined) return [{ schema: schema.$ref.replace(SCHEMAS, "") }];
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(" | ")];
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return either.flatMap((each, index) => [...(index > 0 ? [" | "] : []), ...typeOf(each)]);
  if (schema.type === "array") return arrayOf(schema.items);
  if (typeof schema.additionalProperties === "object")
    return ["{ [name]: ", ...typeOf(schema.additionalProperties), " }"];
  if (schema.format !== undefined) return [schema.format];
  return [[schema.type ?? "anything"].flat().join(" | ")];
}

function arrayOf(items: SchemaObject | undefined): TypeWords {
  if (!items) return ["array"];
  const words = typeOf(items);
  const isOne = items.enum === undefined && !items.anyOf && !items.oneOf;
  return isOne ? [...words, "[]"] : ["(", ...words, ")[]"];
}

/** The object that a field holds, if it has no name: in itself, as one of several, or as the items of a list. */
function withinOf(field: SchemaObject): {
  readonly object: SchemaObject | undefined;
  readonly suffix: string;
} {
  const either = field.anyOf ?? field.oneOf ?? [field];
  for (const each of either) {
    if (each.properties) return { object: each, suffix: "" };
    if (each.type === "array" && each.items?.properties) return { object: each.items, suffix: "[]" };
  }
  return { object: undefined, suffix: "" };
}
