import { isMapping } from "../../../src/config/raw.ts";
import { secretReference } from "../../../src/schemas/secret.ts";
import { z } from "zod";

type Schema = Readonly<Record<string, unknown>>;

/** What the configuration's schema has where a secret is expected. */
const SECRET = JSON.stringify(z.toJSONSchema(secretReference, { io: "input" })["anyOf"]);

const [ENV, FILE] = z.array(z.record(z.string(), z.unknown())).parse(JSON.parse(SECRET));

/** Names as the API server takes them; neither may hold what would end a JSON text. */
const SECRET_KEY_REF: Schema = {
  type: "object",
  properties: {
    secretKeyRef: {
      description: "A Secret in the release's namespace; it is mounted as a file",
      type: "object",
      properties: {
        name: { type: "string", pattern: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", maxLength: 253 },
        key: { type: "string", pattern: "^[-._a-zA-Z0-9]+$", maxLength: 253 },
      },
      required: ["name", "key"],
      additionalProperties: false,
    },
  },
  required: ["secretKeyRef"],
  additionalProperties: false,
};

/** A template refuses it, in words that say what to do; a schema could only say that text is no mapping. */
const REFUSED_TEXT: Schema = { type: "string" };

/** The same schema for the chart: a secret is in a Secret and never in the values themselves. */
export function withSecretKeyRefs(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withSecretKeyRefs);
  if (!isMapping(schema)) return schema;
  if (isSecret(schema)) return { ...schema, anyOf: [SECRET_KEY_REF, FILE, ENV, REFUSED_TEXT] };
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withSecretKeyRefs(value)]));
}

/** Where a section wants secrets, as paths below it: `token`, `key.secret`. */
export function secretPaths(schema: unknown, above = ""): readonly string[] {
  if (!isMapping(schema)) return [];
  if (isSecret(schema)) return [above.slice(1)];
  const { properties, anyOf } = schema;
  const forms = Array.isArray(anyOf) ? anyOf : [];
  return [
    ...new Set([
      ...(isMapping(properties)
        ? Object.entries(properties).flatMap(([key, value]) => secretPaths(value, `${above}.${key}`))
        : []),
      ...forms.flatMap((form) => secretPaths(form, above)),
    ]),
  ];
}

function isSecret(schema: Schema): boolean {
  return JSON.stringify(schema["anyOf"]) === SECRET;
}
