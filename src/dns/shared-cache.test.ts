import { describe, expect, it } from "vitest";
import { CancelledError } from "#core/errors.ts";
import { milliseconds } from "#core/units.ts";
import { SharedCache } from "#dns/shared-cache.ts";
import { ManualClock, settled } from "#testing/manual-clock.ts";

const NEVER = new AbortController().signal;

function world() {
  const clock = new ManualClock();
  const cache = new SharedCache<string, number>(clock, milliseconds(1000));
  const searches: { signal: AbortSignal; found: PromiseWithResolvers<number> }[] = [];
  const ask = (signal: AbortSignal = NEVER) =>
    cache.get(
      "key",
      (inner) => {
        const found = Promise.withResolvers<number>();
        inner.addEventListener("abort", () => found.reject(new CancelledError()));
        searches.push({ signal: inner, found });
        return found.promise;
      },
      signal,
    );
  return { clock, searches, ask };
}

describe("what was found once", () => {
  it("is kept for its lifetime, and searched anew afterwards", async () => {
    const { clock, searches, ask } = world();
    const first = ask();
    searches[0]!.found.resolve(1);
    expect(await first).toBe(1);
    await clock.advance(999);
    expect(await ask()).toBe(1);
    await clock.advance(1);
    const second = ask();
    searches[1]!.found.resolve(2);
    expect(await second).toBe(2);
    expect(searches).toHaveLength(2);
  });

  it("is searched once for all who ask at the same time", async () => {
    const { searches, ask } = world();
    const all = [ask(), ask(), ask()];
    expect(searches).toHaveLength(1);
    searches[0]!.found.resolve(5);
    expect(await Promise.all(all)).toEqual([5, 5, 5]);
  });

  it("is not kept when the search failed", async () => {
    const { searches, ask } = world();
    const failing = ask();
    searches[0]!.found.reject(new RangeError("nothing"));
    await expect(failing).rejects.toThrow("nothing");
    const second = ask();
    searches[1]!.found.resolve(2);
    expect(await second).toBe(2);
  });
});

describe("a search", () => {
  it("goes on as long as anybody waits", async () => {
    const { searches, ask } = world();
    const cancel = new AbortController();
    const impatient = ask(cancel.signal);
    const patient = ask();
    cancel.abort();
    await expect(impatient).rejects.toBeInstanceOf(CancelledError);
    expect(searches[0]!.signal.aborted).toBe(false);
    searches[0]!.found.resolve(3);
    expect(await patient).toBe(3);
  });

  it("ends when nobody waits any more, and the next one begins anew", async () => {
    const { searches, ask } = world();
    const cancel = new AbortController();
    const impatient = ask(cancel.signal);
    cancel.abort();
    await expect(impatient).rejects.toBeInstanceOf(CancelledError);
    await settled();
    expect(searches[0]!.signal.aborted).toBe(true);
    const second = ask();
    searches[1]!.found.resolve(4);
    expect(await second).toBe(4);
  });

  it("does not begin for who was cancelled before", async () => {
    const { searches, ask } = world();
    await expect(ask(AbortSignal.abort())).rejects.toBeInstanceOf(CancelledError);
    expect(searches).toEqual([]);
  });
});
