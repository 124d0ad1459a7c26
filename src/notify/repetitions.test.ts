import { describe, expect, it } from "vitest";
import { instant } from "#core/units.ts";
import { Repetitions } from "#notify/repetitions.ts";
import type { Happening } from "#state/happening.ts";

const MINUTE = 60_000;

/** Hears one after the other, a span between them; what was told, as title and detail. */
function story(names: readonly ("fails" | "recovers")[], span: number) {
  const repetitions = new Repetitions();
  const told = names.map((name, index) => repetitions.hear(happening(name), instant(index * span)));
  return { repetitions, told, end: (names.length - 1) * span };
}

function happening(name: "fails" | "recovers", record = "home.example.org"): Happening {
  const kind = name === "fails" ? "record-failed" : "record-recovered";
  return { kind, at: new Date(0), record: `${record}/A`, title: `${record} ${name}` };
}

const back = (count: number) =>
  Array.from({ length: count }, (_, index) => (index % 2 === 0 ? "fails" : "recovers"));

describe("what comes again and again", () => {
  it("is told once while it is the same", () => {
    const { told } = story(["fails", "fails", "fails"], 10 * MINUTE);
    expect(told.map((each) => each?.title)).toEqual(["home.example.org fails", undefined, undefined]);
  });

  it("is told again after an hour", () => {
    const { told } = story(["fails", "fails"], 60 * MINUTE);
    expect(told.every((each) => each !== undefined)).toBe(true);
  });

  it("is told when the opposite was told in between, so that the last word is true", () => {
    const { told } = story(["fails", "recovers", "fails"], MINUTE);
    expect(told.map((each) => each?.kind)).toEqual(["record-failed", "record-recovered", "record-failed"]);
  });

  it("is told when it is another thing by the same words", () => {
    const repetitions = new Repetitions();
    expect(repetitions.hear({ ...happening("fails"), title: "x" }, instant(0))).toBeDefined();
    expect(repetitions.hear({ ...happening("recovers"), title: "x" }, instant(1))).toBeDefined();
  });

  it("is held when it goes back and forth, after a note", () => {
    const { told } = story(back(50), MINUTE / 2);
    const said = told.filter((each) => each !== undefined);
    expect(said).toHaveLength(5);
    expect(said.at(-1)).toMatchObject({
      title: "home.example.org fails",
      detail: "it goes back and forth, 5 times within the hour; from now on this is summed up hourly",
    });
  });

  it("is summed up after an hour with the latest, and how many there were", () => {
    const { repetitions } = story(back(50), MINUTE / 2);
    const due = 4 * (MINUTE / 2) + 60 * MINUTE;
    expect(repetitions.due).toBe(due);
    expect(repetitions.sumUp(instant(due - 1))).toEqual([]);
    expect(repetitions.sumUp(instant(due))).toMatchObject([
      {
        kind: "record-recovered",
        title: "home.example.org recovers",
        detail: "45 more turns within the hour",
      },
    ]);
    expect(repetitions.sumUp(instant(due))).toEqual([]);
  });

  it("is told as before after an hour without a turn", () => {
    const { repetitions, end } = story(back(5), MINUTE);
    expect(repetitions.hear(happening("recovers"), instant(end + MINUTE))).toBeUndefined();
    repetitions.sumUp(instant(end + 60 * MINUTE));
    expect(repetitions.due).toBe(end + 120 * MINUTE);
    expect(repetitions.sumUp(instant(end + 120 * MINUTE))).toEqual([]);
    expect(repetitions.due).toBeUndefined();
    expect(repetitions.hear(happening("fails"), instant(end + 121 * MINUTE))?.title).toBe(
      "home.example.org fails",
    );
  });

  it("counts each record apart", () => {
    const repetitions = new Repetitions();
    const told = Array.from({ length: 20 }, (_, index) =>
      repetitions.hear(happening("fails", `host-${index}`), instant(index)),
    );
    expect(told.every((each) => each !== undefined)).toBe(true);
    expect(repetitions.hear(happening("fails", "host-3"), instant(100))).toBeUndefined();
  });
});
