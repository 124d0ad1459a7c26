import { describe, expect, it } from "vitest";
import { operator } from "#core/witness.ts";

describe("operator", () => {
  it("is the same however it is written, so that it has one vote", () => {
    expect(operator(" Example.NET ")).toBe(operator("example.net"));
  });

  it.each(["", "  ", "\n"])("%j is nobody", (id) => {
    expect(() => operator(id)).toThrow(RangeError);
  });
});
