import type { Clock } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";

/** Once what only the start needed is garbage, and then every ten minutes. */
const [FIRST, EVERY] = [milliseconds(20_000), milliseconds(600_000)];

/**
 * Collects all garbage there is, and gives its memory back; some 100 ms of a processor. `undefined`: V8
 * does not let us. What it takes are the options of V8's own `gc-extension.cc` (V8 13.6, read 2026-11-30).
 */
export function createCollector(): (() => void) | undefined {
  try {
    // V8 makes the function in contexts that begin after the flag was set
    process.getBuiltinModule("node:v8").setFlagsFromString("--expose-gc");
    const gc: unknown = process.getBuiltinModule("node:vm").runInNewContext("gc");
    if (typeof gc !== "function") return undefined;
    const collect = () => void gc({ type: "major", execution: "sync", flavor: "last-resort" });
    return () => {
      collect();
      // What held on to memory outside of V8's heap, and to compiled code, has let go of it by now
      collect();
    };
  } catch {
    return undefined;
  }
}

/** Who does next to nothing makes so little garbage that V8 would leave it for days. Until the signal ends it. */
export async function keepTidy(
  collect: (() => void) | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (!collect) return;
  for (let span = FIRST; !signal.aborted; span = EVERY) {
    await clock.sleep(span, signal).catch(() => {});
    if (!signal.aborted) collect();
  }
}
