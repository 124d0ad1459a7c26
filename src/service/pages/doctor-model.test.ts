import { describe, expect, it } from "vitest";
import { doctorModel } from "#service/pages/doctor-model.ts";
import type { Finding } from "#service/context.ts";

const finding = (result: Finding["result"], subject: string): Finding => ({ result, subject, words: "…" });

describe("the doctor's view", () => {
  it("puts problems first, then warnings, then what is fine, each in the order in which they came", () => {
    const model = doctorModel([
      finding("ok", "one"),
      finding("warning", "two"),
      finding("problem", "three"),
      finding("ok", "four"),
    ]);
    expect(
      model.groups.map(({ title, findings }) => [title, findings.map(({ subject }) => subject)]),
    ).toEqual([
      ["Problems", ["three"]],
      ["Warnings", ["two"]],
      ["Fine", ["one", "four"]],
    ]);
    expect(model.summary).toBe("1 problem, 1 warning, 2 fine");
  });

  it("leaves out what there is none of", () => {
    const model = doctorModel([finding("ok", "one")]);
    expect(model.groups).toHaveLength(1);
    expect(model.summary).toBe("no problems, no warnings, 1 fine");
  });
});
