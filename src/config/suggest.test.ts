import { describe, expect, it } from "vitest";
import { closest } from "#config/suggest.ts";

const KEYS = ["records", "providers", "sources", "schedule", "log", "A", "AAAA"];

describe("a suggestion", () => {
  it.each([
    ["record", "records"],
    ["RECORDS", "records"],
    ["provders", "providers"],
    ["shcedule", "schedule"],
    ["lgo", "log"],
    ["AAA", "AAAA"],
    ["a", "A"],
  ])("for %s is %s", (word, key) => {
    expect(closest(word, KEYS)).toBe(key);
  });

  it.each(["x", "hunter2", "", "B", "totally-different", "r".repeat(10_000)])("for %s is none", (word) => {
    expect(closest(word, KEYS)).toBeUndefined();
  });
});
