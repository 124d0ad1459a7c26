import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { notifiers } from "#notify/registry.ts";

const folders = readdirSync(new URL(".", import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_"))
  .map((entry) => entry.name);

describe("the registry of notifiers", () => {
  it("has every folder, in the order of the alphabet", () => {
    expect(Object.keys(notifiers)).toEqual(folders.toSorted());
  });

  it.each(Object.entries(notifiers))(
    "knows %s by its own id, with an example that is valid",
    (key, definition) => {
      expect(definition.id).toBe(key);
      expect(definition.config.safeParse(definition.example)).toMatchObject({ success: true });
    },
  );

  it.each(Object.entries(notifiers))(
    "describes every key of %s for the schema and the docs",
    (_, definition) => {
      expect(definition.title).not.toBe("");
      expect(definition.description.length).toBeGreaterThan(40);
      expect(URL.canParse(definition.docsUrl)).toBe(true);
      const { properties } = z.toJSONSchema(definition.config, { io: "input", unrepresentable: "any" });
      expect(Object.values(properties ?? {}).length).toBeGreaterThan(0);
      for (const [name, schema] of Object.entries(properties ?? {})) {
        expect(schema, name).toHaveProperty("description");
        expect(["on", "every", "type"], name).not.toContain(name);
      }
    },
  );
});
