import { describe, expect, it } from "vitest";
import { milliseconds } from "#core/units.ts";
import { DeadlineError, withDeadline } from "#service/deadline.ts";

describe("a deadline", () => {
  it("lets through what comes in time, and what fails in time", async () => {
    await expect(withDeadline(Promise.resolve(7), milliseconds(1000), "count")).resolves.toBe(7);
    const failing = Promise.reject(new TypeError("no"));
    await expect(withDeadline(failing, milliseconds(1000), "count")).rejects.toThrow(TypeError);
  });

  it("ends the waiting, and says for what", async () => {
    const waiting = withDeadline(new Promise(() => {}), milliseconds(5), "make a plan");
    await expect(waiting).rejects.toThrow(DeadlineError);
    await expect(waiting).rejects.toThrow("Cannot make a plan within 5 ms: it is still under way");
  });

  it("takes no offence when what it gave up fails later", async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    await expect(withDeadline(promise, milliseconds(1), "count")).rejects.toThrow(DeadlineError);
    reject(new Error("too late"));
    await expect(new Promise((resolve) => setImmediate(resolve))).resolves.toBeUndefined();
  });
});
