import { describe, expect, it } from "vitest";
import { concurrently } from "#providers/_shared/concurrently.ts";

describe("concurrently", () => {
  it("keeps the order of the items, whoever is ready first", async () => {
    const results = await concurrently([3, 1, 2], 3, async (turns) => {
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      return turns * 10;
    });
    expect(results).toEqual([30, 10, 20]);
  });

  it("has no more under way than the limit", async () => {
    let [active, most] = [0, 0];
    await concurrently(Array.from({ length: 20 }), 4, async () => {
      active += 1;
      most = Math.max(most, active);
      await Promise.resolve();
      active -= 1;
    });
    expect(most).toBe(4);
  });

  it("throws the first error once everything under way has ended, and begins nothing new", async () => {
    const ended: number[] = [];
    const begun: number[] = [];
    const running = concurrently([0, 1, 2, 3], 2, async (item) => {
      begun.push(item);
      if (item === 0) throw new Error("first");
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(item);
    });
    await expect(running).rejects.toThrow("first");
    expect(begun).toEqual([0, 1]);
    expect(ended).toEqual([1]);
  });
});
