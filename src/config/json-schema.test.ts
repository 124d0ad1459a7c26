import { describe, expect, it } from "vitest";
import { configurationSchema } from "#config/json-schema.ts";
import { isMapping } from "#config/raw.ts";
import { TOP_LEVEL_KEYS } from "#config/schema.ts";
import { standIns } from "#config/testdata/stand-ins.ts";

const schema = configurationSchema(standIns);

function at(value: unknown, ...keys: readonly (number | string)[]): unknown {
  return keys.reduce<unknown>((inner, key) => {
    if (Array.isArray(inner)) return inner[Number(key)];
    return isMapping(inner) ? inner[key] : undefined;
  }, value);
}

describe("the JSON Schema", () => {
  it("knows every key of the top level and no other", () => {
    expect(Object.keys(at(schema, "properties") ?? {})).toEqual(TOP_LEVEL_KEYS);
    expect(schema).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      required: ["providers", "records"],
      additionalProperties: false,
    });
  });

  it("knows every provider by its type", () => {
    const forms = at(schema, "properties", "providers", "additionalProperties", "anyOf");
    expect(forms).toMatchObject(
      Object.keys(standIns.providers).map((id) => ({
        properties: { type: { const: id } },
        required: expect.arrayContaining(["type"]),
        additionalProperties: false,
      })),
    );
  });

  it("has defaults as people write them", () => {
    expect(at(schema, "properties", "schedule", "properties", "interval")).toMatchObject({
      type: "string",
      default: "5m",
    });
    expect(at(schema, "properties", "records", "items", "properties", "types")).toMatchObject({
      default: ["A"],
    });
  });

  it("describes every key of its own sections", () => {
    const missing: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (!isMapping(value)) return;
      for (const [key, property] of Object.entries(at(value, "properties") ?? {})) {
        if (at(property, "description") === undefined) missing.push(`${path}.${key}`);
        visit(property, `${path}.${key}`);
      }
      for (const form of [at(value, "anyOf")].flat()) visit(form, path);
      visit(at(value, "items"), `${path}[]`);
    };
    for (const key of TOP_LEVEL_KEYS.filter((name) => name !== "providers" && name !== "sources")) {
      expect(at(schema, "properties", key, "description"), key).toBeTypeOf("string");
      visit(at(schema, "properties", key), key);
    }
    expect(missing).toEqual([]);
  });
});
