import { describe, expect, it } from "vitest";
import { isSuccess, type Outcome } from "#core/outcome.ts";

describe("isSuccess", () => {
  it.each<[Outcome, boolean]>([
    [{ kind: "unchanged" }, true],
    [{ kind: "applied" }, true],
    // it may have landed: only a read can tell
    [{ kind: "unconfirmed", error: new Error("reset") }, false],
    [{ kind: "refused", cause: "authentication", words: "no" }, false],
    [{ kind: "failed", error: new Error("busy") }, false],
  ])("of %j: %s", (outcome, expected) => {
    expect(isSuccess(outcome)).toBe(expected);
  });
});
