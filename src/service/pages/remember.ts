import type { Milliseconds } from "#core/units.ts";

/**
 * Keeps what was made for a while. Pages that are open come again with every event; what changes by the quarter of
 * an hour need not be made anew each time.
 */
export function rememberFor<Value>(
  span: Milliseconds,
  now: () => Date,
): (key: string, make: () => Value) => Value {
  const kept = new Map<string, { readonly until: number; readonly value: Value }>();
  return (key, make) => {
    const time = now().getTime();
    const known = kept.get(key);
    // A clock that was set back makes it as good as new
    if (known && known.until > time && known.until <= time + span) return known.value;
    const value = make();
    kept.set(key, { until: time + span, value });
    return value;
  };
}
