import { describe, expect, it } from "vitest";
import { z } from "zod";
import { secretReference } from "#schemas/secret.ts";

describe("secretReference", () => {
  it("reads where a secret comes from", () => {
    expect(secretReference.parse({ env: "TOKEN" })).toEqual({ kind: "env", name: "TOKEN" });
    expect(secretReference.parse({ file: "/run/secrets/token" })).toEqual({
      kind: "file",
      path: "/run/secrets/token",
    });
    expect(secretReference.parse("s3cret")).toEqual({ kind: "plain", text: "s3cret" });
  });

  it.each([[""], [{}], [{ env: "" }], [{ env: "A", file: "/b" }], [42], [null]])("rejects %j", (value) => {
    expect(secretReference.safeParse(value).success).toBe(false);
  });

  it("has a JSON Schema of what the user writes", () => {
    expect(z.toJSONSchema(secretReference, { io: "input" })).toMatchObject({ anyOf: expect.any(Array) });
  });
});
