import { z } from "zod";
import { isMapping } from "#config/raw.ts";
import type { Registries } from "#config/registries.ts";
import { recordSchema, SECTIONS } from "#config/schema.ts";

type JsonSchema = Readonly<Record<string, unknown>>;

/** JSON Schema (draft 2020-12) of the YAML form, for editors and for the reference. */
export function configurationSchema({ providers, sources }: Registries): JsonSchema {
  const accounts = Object.values(providers).map(({ id, title, description, config }) =>
    withType(toJsonSchema(config), id, `${title}. ${description}`),
  );
  const kinds = Object.entries(sources).map(([kind, { title, description, config }]) => [
    kind,
    { description: `${title}. ${description}`, anyOf: [{ type: "boolean" }, toJsonSchema(config)] },
  ]);
  const sections = Object.entries(SECTIONS).map(([key, schema]) => [key, toJsonSchema(schema)]);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "esddns",
    description: "Configuration of esddns",
    type: "object",
    properties: {
      providers: {
        description: "Accounts at DNS providers, each by a name of yours",
        type: "object",
        minProperties: 1,
        propertyNames: { pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$" },
        additionalProperties: accounts.length === 0 ? {} : { anyOf: accounts },
      },
      records: {
        description: "The records to keep right",
        type: "array",
        minItems: 1,
        items: toJsonSchema(recordSchema),
      },
      sources: {
        description: "What is asked for the address; absent: the curated defaults; false switches one off",
        type: "object",
        properties: Object.fromEntries(kinds),
        additionalProperties: false,
      },
      ...Object.fromEntries(sections),
    },
    required: ["providers", "records"],
    additionalProperties: false,
  };
}

function toJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest;
}

/** `type` selects the schema, so it is a key of each: of each form, where one has several. */
function withType(schema: JsonSchema, id: string, description: string): JsonSchema {
  const forms = schema["anyOf"];
  if (Array.isArray(forms)) {
    return {
      description,
      anyOf: forms.map((form) => withType(isMapping(form) ? form : {}, id, description)),
    };
  }
  const { properties, required } = schema;
  return {
    ...schema,
    description,
    properties: { type: { const: id }, ...(isMapping(properties) ? properties : {}) },
    required: ["type", ...(Array.isArray(required) ? required : [])],
  };
}
