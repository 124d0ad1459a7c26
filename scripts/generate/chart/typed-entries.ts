import { z } from "zod";
import { isMapping } from "../../../src/config/raw.ts";

type Schema = Readonly<Record<string, unknown>>;

/**
 * The schemas of a section whose entries have a `type`, by that type.
 *
 * @param section `{ additionalProperties: { anyOf: [...] } }`, an alternative for each type or a list of such
 */
export function byType(section: unknown): ReadonlyMap<string, Schema> {
  const { additionalProperties } = z
    .looseObject({ additionalProperties: z.looseObject({ anyOf: z.array(z.looseObject({})) }) })
    .parse(section);
  return new Map(additionalProperties.anyOf.map((alternative) => [typeOf(alternative), alternative]));
}

/**
 * The same section, told apart by `type` before anything else is looked at: a mistake is then reported for what was
 * meant, and not once for every type that there is.
 */
export function toldApart(section: unknown): Schema {
  const types = byType(section);
  const rules = [...types].map(([type, schema]) => ({
    if: { properties: { type: { const: type } }, required: ["type"] },
    // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's own word
    then: schema,
  }));
  return {
    ...(isMapping(section) ? section : {}),
    additionalProperties: {
      type: "object",
      properties: { type: { enum: [...types.keys()] } },
      required: ["type"],
      allOf: rules,
    },
  };
}

function typeOf(alternative: Schema): string {
  const { properties, anyOf } = alternative;
  if (isMapping(properties) && isMapping(properties["type"])) return String(properties["type"]["const"]);
  const [first] = z.array(z.looseObject({})).parse(anyOf);
  return typeOf(first ?? {});
}
