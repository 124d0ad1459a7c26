/** How much is kept: what is beyond goes, the oldest first. */
export interface StoreLimits {
  /** Lines. */
  readonly history: number;
  /** For each family. */
  readonly episodes: number;
  readonly happenings: number;
}

export const STORE_LIMITS: StoreLimits = { history: 10_000, episodes: 2000, happenings: 2000 };

/** Measures that are older than the newest by more than this, in milliseconds: a month at its longest. */
export const MEASURES_KEPT = 31 * 24 * 60 * 60_000;

/** The first date there is (ECMA-262, Time Values). */
export const EVER = new Date(-8.64e15);
