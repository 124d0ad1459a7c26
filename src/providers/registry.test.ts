import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { providers } from "#providers/registry.ts";

const folders = readdirSync(new URL(".", import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_"))
  .map((entry) => entry.name);

describe("the registry of providers", () => {
  it("has every folder, in the order of the alphabet", () => {
    expect(Object.keys(providers)).toEqual(folders.toSorted());
  });

  it.each(Object.entries(providers))("knows %s by its own id", (key, definition) => {
    expect(definition.id).toBe(key);
  });

  it.each(Object.entries(providers))(
    "describes every key of %s for the schema and the docs",
    (_, definition) => {
      expect(definition.title).not.toBe("");
      expect(definition.description.length).toBeGreaterThan(40);
      expect(URL.canParse(definition.docsUrl)).toBe(true);

      const { properties } = z.toJSONSchema(definition.config, { io: "input" });

      expect(Object.values(properties ?? {}).length).toBeGreaterThan(0);
      for (const [name, schema] of Object.entries(properties ?? {})) {
        expect(schema, name).toHaveProperty("description");
      }
    },
  );
});
