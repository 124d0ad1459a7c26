import { describe, expect, it } from "vitest";
import type { Finding } from "#service/context.ts";
import { shareDoctor } from "#service/shared-doctor.ts";

const finding = (subject: string): Finding => ({ result: "ok", subject, words: "" });
const NEVER = new AbortController().signal;

/** A doctor that goes on when it is told to. */
function slowDoctor(subjects: readonly string[], { fails = false } = {}) {
  let steps = Promise.withResolvers<void>();
  const runs: AbortSignal[] = [];
  async function* doctor(signal: AbortSignal): AsyncGenerator<Finding> {
    runs.push(signal);
    for (const subject of subjects) {
      yield finding(subject);
      await steps.promise;
    }
    if (fails) throw new Error("the line is down");
  }
  const goOn = async () => {
    const before = steps;
    steps = Promise.withResolvers();
    before.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { doctor: shareDoctor(doctor), runs, goOn };
}

async function subjectsOf(found: AsyncIterable<Finding>): Promise<readonly string[]> {
  const subjects = [];
  for await (const { subject } of found) subjects.push(subject);
  return subjects;
}

describe("the shared doctor", () => {
  it("tells who comes later everything that was found, without another run", async () => {
    const { doctor, runs, goOn } = slowDoctor(["one", "two", "three"]);
    const first = subjectsOf(doctor(NEVER));
    await goOn();
    const second = subjectsOf(doctor(NEVER));
    for (let step = 0; step < 3; step += 1) await goOn();
    expect(await Promise.all([first, second])).toEqual([
      ["one", "two", "three"],
      ["one", "two", "three"],
    ]);
    expect(runs).toHaveLength(1);
  });

  it("runs anew once the last run is over", async () => {
    const { doctor, runs } = slowDoctor([]);
    await subjectsOf(doctor(NEVER));
    await subjectsOf(doctor(NEVER));
    expect(runs).toHaveLength(2);
  });

  it("goes on while one of them waits, and ends when nobody does", async () => {
    const { doctor, runs, goOn } = slowDoctor(["one", "two"]);
    const [leaving, staying] = [new AbortController(), new AbortController()];
    const first = subjectsOf(doctor(leaving.signal));
    const second = subjectsOf(doctor(staying.signal));
    await goOn();
    leaving.abort();
    await expect(first).rejects.toThrow("Cannot wait for the doctor any longer");
    expect(runs[0]?.aborted).toBe(false);
    staying.abort();
    await expect(second).rejects.toThrow();
    expect(runs[0]?.aborted).toBe(true);
  });

  it("runs anew after everybody left", async () => {
    const { doctor, runs, goOn } = slowDoctor(["one", "two"]);
    const leaving = new AbortController();
    const first = subjectsOf(doctor(leaving.signal));
    await goOn();
    leaving.abort();
    await expect(first).rejects.toThrow();
    const second = subjectsOf(doctor(NEVER));
    for (let step = 0; step < 3; step += 1) await goOn();
    expect(await second).toEqual(["one", "two"]);
    expect(runs).toHaveLength(2);
  });

  it("tells everybody why it broke off, after what it found", async () => {
    const { doctor, goOn } = slowDoctor(["one"], { fails: true });
    const found: string[] = [];
    const reading = (async () => {
      for await (const { subject } of doctor(NEVER)) found.push(subject);
    })();
    reading.catch(() => {});
    await goOn();
    await goOn();
    await expect(reading).rejects.toThrow("the line is down");
    expect(found).toEqual(["one"]);
  });
});
