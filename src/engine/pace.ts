import type { Verdict } from "#core/consensus.ts";
import { FLAP_MAX_HOLD } from "#core/policy.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";

export interface Schedule {
  /** Between full rounds while all is well. */
  readonly interval: Milliseconds;
  /** Between probes. */
  readonly probe: Milliseconds | "off";
  /** How far probes stray from their beat: a share of it, 0 to 0.5. */
  readonly jitter: number;
  /** How long at most a changed address is held back while it keeps changing; 0: never. */
  readonly hold: Milliseconds;
  /** How old a reading of a record may be. */
  readonly refresh: Milliseconds;
}

/** The schedule's part for probes that are on. */
export interface ProbeBeat {
  readonly probe: Milliseconds;
  readonly jitter: number;
}

export const DEFAULT_SCHEDULE: Schedule = {
  interval: milliseconds(5 * 60_000),
  probe: milliseconds(10_000),
  jitter: 0.2,
  hold: FLAP_MAX_HOLD,
  refresh: milliseconds(10 * 60_000),
};

const ROUND_JITTER = 0.1;
const BACK_OFF = { disputed: 60_000, unavailable: 30_000 } as const;
const FIRST_BACK_OFF = 1000;

const SILENCE = { first: 250, early: 1000, earlySpan: 2 * 60_000, late: 5000 } as const;

/**
 * How long after a round the next one of the family follows: the interval when its address is known, else
 * 1 s, doubling with every attempt, for ever. A family without a verdict (a bug) waits like an unavailable one.
 *
 * @param attempts how many in a row were not known, this one included
 * @param lot in [0, 1)
 */
export function untilNextRound(
  kind: Verdict["kind"] | undefined,
  attempts: number,
  { interval }: Schedule,
  lot: number,
): Milliseconds {
  if (kind === "known") return jittered(interval, ROUND_JITTER, lot);
  const longest = BACK_OFF[kind ?? "unavailable"];
  return jittered(Math.min(FIRST_BACK_OFF * 2 ** (attempts - 1), longest), ROUND_JITTER, lot);
}

/**
 * How long until the next probe. After one that got no answer the next follows at once, and then they slow down:
 * while the line is dead they reach nobody, and they are what sees it come back.
 *
 * @param misses probes without an answer, in a row
 * @param silence since the first of them
 */
export function untilNextProbe(
  misses: number,
  silence: Milliseconds,
  { probe, jitter }: ProbeBeat,
  lot: number,
): Milliseconds {
  if (misses === 0) return jittered(probe, jitter, lot);
  const longest = silence < SILENCE.earlySpan ? SILENCE.early : SILENCE.late;
  return milliseconds(Math.min(SILENCE.first * 2 ** Math.min(misses - 1, 10), longest, probe));
}

function jittered(span: number, share: number, lot: number): Milliseconds {
  return milliseconds(span * (1 - share + 2 * share * lot));
}
