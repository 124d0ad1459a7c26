import { describe, expect, it } from "vitest";
import { CancelledError } from "#core/errors.ts";
import { milliseconds } from "#core/units.ts";
import { firstSuccess } from "#dns/first-success.ts";
import { ManualClock } from "#testing/manual-clock.ts";

const NEVER = new AbortController().signal;
const STAGGER = milliseconds(300);

/** Attempts that settle after so many milliseconds: with their index, or with an error when negative. */
function attemptsOf(clock: ManualClock, spans: readonly number[], log: string[]) {
  return spans.map((span, index) => async (signal: AbortSignal) => {
    log.push(`${index} at ${clock.now()}`);
    try {
      await clock.sleep(milliseconds(Math.abs(span)), signal);
    } catch (error) {
      log.push(`${index} cancelled`);
      throw error;
    }
    if (span < 0) throw new RangeError(`failure ${index}`);
    return index;
  });
}

async function run(spans: readonly number[], span: number, signal = NEVER) {
  const clock = new ManualClock();
  const log: string[] = [];
  const result = firstSuccess(attemptsOf(clock, spans, log), STAGGER, clock, signal).catch(
    (error: unknown) => error,
  );
  await clock.advance(span);
  return { result: await Promise.race([result, Promise.resolve("pending")]), log, pending: clock.pending };
}

describe("of several attempts", () => {
  it("a quick first one needs no other", async () => {
    expect(await run([40, 40], 40)).toEqual({ result: 0, log: ["0 at 0"], pending: 0 });
  });

  it("the second begins when the first one takes too long, and who succeeds first wins", async () => {
    const { result, log, pending } = await run([5000, 40], 340);
    expect({ result, log, pending }).toEqual({
      result: 1,
      log: ["0 at 0", "1 at 300", "0 cancelled"],
      pending: 0,
    });
    expect((await run([310, 40], 310)).result).toBe(0);
  });

  it("the second begins at once when the first one failed", async () => {
    expect(await run([-10, 40], 50)).toEqual({ result: 1, log: ["0 at 0", "1 at 10"], pending: 0 });
  });

  it("the first one's failure is told when all have failed", async () => {
    const { result, pending } = await run([-500, -10, -10], 1000);
    expect(result).toMatchObject({ message: "failure 0" });
    expect(pending).toBe(0);
  });

  it("none goes on when the caller gives up", async () => {
    const clock = new ManualClock();
    const cancel = new AbortController();
    const log: string[] = [];
    const result = firstSuccess(attemptsOf(clock, [5000, 5000], log), STAGGER, clock, cancel.signal);
    const failure = result.catch((error: unknown) => error);
    await clock.advance(350);
    cancel.abort();
    expect(await failure).toBeInstanceOf(CancelledError);
    expect(log).toEqual(["0 at 0", "1 at 300", "0 cancelled", "1 cancelled"]);
    expect(clock.pending).toBe(0);
  });
});
