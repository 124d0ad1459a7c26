import { describe, expect, it } from "vitest";
import { z } from "zod";
import { durationSchema } from "#sources/_shared/duration-schema.ts";

const schema = durationSchema({ min: "10ms", max: "1h" });

describe("a duration in the configuration", () => {
  it.each([
    ["10ms", 10],
    ["500ms", 500],
    ["3s", 3000],
    ["2.5s", 2500],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["1m30s", 90_000],
  ])("%s is %d ms", (text, expected) => {
    expect(schema.parse(text)).toBe(expected);
  });

  it.each(["", "3", 3, "s", "3 s", "-3s", "3w", "1e3ms", "3S", "3s "])("%j is refused", (text) => {
    expect(schema.safeParse(text).error?.issues).toHaveLength(1);
  });

  it.each(["9ms", "61m"])("%s is outside of the limits", (text) => {
    expect(schema.safeParse(text).error?.issues[0]?.message).toBe("expected between 10ms and 1h");
  });

  it("shows in a JSON Schema as the text that people write", () => {
    const json = z.toJSONSchema(schema.prefault("3s"), { io: "input" });
    expect(json).toMatchObject({ type: "string", default: "3s" });
    expect(schema.prefault("3s").parse(undefined)).toBe(3000);
  });
});
