import { elapsed, type Instant, type Milliseconds } from "#core/units.ts";

/** Now on both clocks: the wall's, for people, and the monotonic one that the engine's instants are of. */
export interface Moment {
  readonly date: Date;
  readonly now: Instant;
}

export function after(at: Moment, span: Milliseconds): Date {
  return new Date(at.date.getTime() + span);
}

export function dateOf(instant: Instant, at: Moment): Date {
  return after(at, elapsed(at.now, instant));
}
