declare const unit: unique symbol;

/** A span of time in milliseconds. Not a point in time: see {@link Instant}. */
export type Milliseconds = number & { readonly [unit]: "milliseconds" };

/** A span of time in seconds; the unit of every TTL, which is whole (checked where it is read). */
export type Seconds = number & { readonly [unit]: "seconds" };

/** A point on the monotonic clock, in milliseconds since an arbitrary start. Never stored, never shown. */
export type Instant = number & { readonly [unit]: "instant" };

/** @throws {RangeError} when the value is not a finite number */
export function milliseconds(value: number): Milliseconds {
  if (!isSpan<Milliseconds>(value)) throw new RangeError(`Cannot use ${value} as milliseconds`);
  return value;
}

/** @throws {RangeError} when the value is not a finite number */
export function seconds(value: number): Seconds {
  if (!isSpan<Seconds>(value)) throw new RangeError(`Cannot use ${value} as seconds`);
  return value;
}

/** @throws {RangeError} when the value is not a finite number */
export function instant(value: number): Instant {
  if (!isSpan<Instant>(value)) throw new RangeError(`Cannot use ${value} as an instant`);
  return value;
}

export function toMilliseconds(span: Seconds): Milliseconds {
  return milliseconds(span * 1000);
}

export function elapsed(since: Instant, now: Instant): Milliseconds {
  return milliseconds(now - since);
}

function isSpan<Unit extends number>(value: number): value is Unit {
  return Number.isFinite(value);
}
