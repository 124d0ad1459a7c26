import { describe, expect, it } from "vitest";
import { describeProblem } from "#config/findings.ts";

describe("a problem in one line", () => {
  it("leads to the place that an editor can open", () => {
    const problem = {
      path: "records.0.ttl",
      message: "Cannot x",
      hint: "do y",
      file: "a.yaml",
      line: 3,
      column: 5,
    };
    expect(describeProblem(problem)).toBe("a.yaml:3:5: records.0.ttl: Cannot x (do y)");
  });

  it("leaves out what is not known", () => {
    expect(describeProblem({ path: "", message: "Cannot x" })).toBe("Cannot x");
    expect(describeProblem({ path: "", message: "Cannot x", file: "a.yaml" })).toBe("a.yaml: Cannot x");
  });
});
