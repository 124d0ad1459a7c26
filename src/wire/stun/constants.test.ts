import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ATTRIBUTE_TYPES, isUncomprehended } from "#wire/stun/attribute.ts";
import { ERROR_CODES } from "#wire/stun/error-code.ts";
import { BINDING_METHOD } from "#wire/stun/message-type.ts";

/** Names and numbers of one table of the registry. */
function registry(file: string): ReadonlyMap<string, number> {
  const text = readFileSync(new URL(`testdata/${file}`, import.meta.url), "utf8");
  const [, ...rows] = text.trim().split("\n");
  return new Map(
    rows.map((row) => {
      const [value = "", name = ""] = row.split(",");
      return [name.toUpperCase().replaceAll(/[- ]/g, "_"), Number(value)];
    }),
  );
}

describe("the numbers of STUN", () => {
  it("are those of the IANA registry of attributes", () => {
    const { LEGACY_XOR_MAPPED_ADDRESS, ...named } = ATTRIBUTE_TYPES;
    const attributes = registry("attributes.csv");
    expect(attributes.size).toBeGreaterThan(60);
    for (const [name, type] of Object.entries(named))
      expect([name, attributes.get(name)]).toEqual([name, type]);
    expect([...attributes.values()]).not.toContain(LEGACY_XOR_MAPPED_ADDRESS);
  });

  it("are those of the IANA registry of methods", () => {
    expect(registry("methods.csv").get("BINDING")).toBe(BINDING_METHOD);
  });

  it("are those of the IANA registry of error codes", () => {
    const codes = registry("error-codes.csv");
    for (const [name, code] of Object.entries(ERROR_CODES))
      expect([name, codes.get(name)]).toEqual([name, code]);
  });

  it("comprehend every required attribute that RFC 8489 and RFC 5780 define, old ones included", () => {
    const text = readFileSync(new URL("testdata/attributes.csv", import.meta.url), "utf8");
    const required = text
      .trim()
      .split("\n")
      .map((row) => row.split(","))
      .filter(([value, , reference]) => Number(value) < 0x8000 && /RFC(8489|5780)/.test(reference ?? ""));
    const refused = required.filter(([value]) => isUncomprehended(Number(value))).map(([, name]) => name);
    expect(refused).toEqual(["Reserved"]);
  });

  it("refuse what only TURN and ICE define, and ignore whatever is optional", () => {
    expect([0x0000, 0x000c, 0x0013, 0x0024, 0x002a, 0x7fff].every((type) => isUncomprehended(type))).toBe(
      true,
    );
    expect([0x8000, 0x8022, 0x802b, 0xc0ff, 0xffff].some((type) => isUncomprehended(type))).toBe(false);
  });
});
