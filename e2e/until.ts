/** How long a test waits for what has to happen: far longer than it takes, for machines that are busy. */
const PATIENCE_MS = 15_000;
const PAUSE_MS = 15;

/**
 * Asks again and again until the answer is something.
 *
 * @param what completes *waited for …*
 * @param probe `undefined` or `false`: not yet; what it throws ends the waiting
 */
export async function until<Value>(
  what: string,
  probe: () => Promise<Value | false | undefined> | Value | false | undefined,
  within = PATIENCE_MS,
): Promise<Value> {
  const deadline = performance.now() + within;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`Waited ${within / 1000} s for ${what}`);
    await pause(PAUSE_MS);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
