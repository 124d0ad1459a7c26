import { z } from "zod";
import { commonKeys } from "#config/notify-section.ts";
import { isMapping } from "#config/raw.ts";
import type { Registries } from "#config/registries.ts";
import { recordSchema, SECTIONS } from "#config/schema.ts";
import { tokenExpirySchema } from "#config/token-expiry.ts";

type JsonSchema = Readonly<Record<string, unknown>>;

const NAMES: JsonSchema = { pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$" };

/** JSON Schema (draft 2020-12) of the YAML form, for editors and for the reference. */
export function configurationSchema({ providers, sources, notifiers = {} }: Registries): JsonSchema {
  const tokenExpires = z.strictObject({ tokenExpires: tokenExpirySchema });
  const accounts = Object.values(providers).map(({ id, title, description, config }) =>
    withKeys(toJsonSchema(config), id, tokenExpires, `${title}. ${description}`),
  );
  const ways = Object.values(notifiers).map(({ id, kind, title, description, config }) =>
    withKeys(toJsonSchema(config), id, commonKeys(kind), `${title}. ${description}`),
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
        propertyNames: NAMES,
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
      notify: {
        description: "Who is told what happens, each by a name of yours; absent: nobody",
        type: "object",
        propertyNames: NAMES,
        additionalProperties: ways.length === 0 ? {} : { anyOf: ways },
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

/**
 * `type` selects the schema, so it is a key of each: of each form, where one has several; and so are the keys that
 * every plug-in of its sort has.
 */
function withKeys(schema: JsonSchema, id: string, common: z.ZodType, description: string): JsonSchema {
  const forms = schema["anyOf"];
  if (Array.isArray(forms)) {
    const each = forms.map((form) => withKeys(isMapping(form) ? form : {}, id, common, description));
    return { description, anyOf: each };
  }
  const { properties, required } = schema;
  const { properties: further } = toJsonSchema(common);
  return {
    ...schema,
    description,
    properties: {
      type: { const: id },
      ...(isMapping(properties) ? properties : {}),
      ...(isMapping(further) ? further : {}),
    },
    required: ["type", ...(Array.isArray(required) ? required : [])],
  };
}
