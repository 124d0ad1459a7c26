import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sources } from "#sources/registry.ts";

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_"))
  .map((entry) => entry.name);

describe("the registry of sources", () => {
  it("holds one definition for each folder, by its kind", () => {
    expect(Object.keys(sources).toSorted()).toEqual(folders.toSorted());
    for (const [kind, definition] of Object.entries(sources)) expect(definition.kind).toBe(kind);
  });

  it.each(Object.entries(sources))("%s refuses keys that it does not know", (_, { config }) => {
    const result = config.safeParse({ nobodyKnowsThisKey: 1 });
    expect(JSON.stringify(result.error?.issues)).toContain("nobodyKnowsThisKey");
  });

  it.each(Object.entries(sources))("%s describes itself and every key", (_, definition) => {
    expect(definition.title).not.toBe("");
    expect(definition.description).not.toBe("");
    const schema = z.toJSONSchema(definition.config, { io: "input", unrepresentable: "any" });
    const forms = schema.anyOf ?? [schema];
    const keys = forms.flatMap((form) => Object.entries(form.properties ?? {}));
    expect(keys.length).toBeGreaterThan(0);
    for (const [key, value] of keys) expect(value, key).toHaveProperty("description");
  });
});
