import type { Family } from "#core/address.ts";
import type { Clock, Random } from "#core/ports.ts";
import { elapsed, type Instant, instant, type Milliseconds, milliseconds } from "#core/units.ts";
import type { EngineEvent, RoundSummary, Trigger } from "#engine/events.ts";
import { type Schedule, untilNextRound } from "#engine/pace.ts";
import type { Triggers } from "#engine/triggers.ts";

export interface ScheduleContext {
  readonly families: readonly Family[];
  readonly schedule: Schedule;
  readonly triggers: Triggers;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: (event: EngineEvent) => void;
  /** @throws {CancelledError} (rejects) with the same signal */
  readonly round: (trigger: Trigger, families: readonly Family[]) => Promise<RoundSummary>;
  /** When what the round left undone (withheld, failed, unread) may be tried again. */
  readonly releaseAt: (summary: RoundSummary) => Instant | undefined;
}

interface Due {
  readonly at: Instant;
  readonly trigger: "back-off" | "schedule";
  /** Rounds without a known verdict, in a row. */
  readonly attempts: number;
}

/** Woken so much later than planned, the process stood still (a laptop's lid): what is known may be old. */
const STOOD_STILL = milliseconds(5000);

/**
 * Round after round, each family at its own time: one without IPv6 does not hurry the other.
 *
 * @throws {CancelledError} (rejects) when the signal ends it
 */
export async function keepRounds(context: ScheduleContext, signal: AbortSignal): Promise<never> {
  const { clock, triggers, emit } = context;
  const dues = new Map<Family, Due>();
  let trigger: Trigger = "start";
  let { families } = context;
  for (;;) {
    const summary = await context.round(trigger, families);
    for (const family of families) dues.set(family, nextDue(family, summary, dues.get(family), context));
    const within = untilNext([...dues.values()], clock.now());
    emit({ kind: "scheduled", next: "round", within });
    const wakeAt = instant(clock.now() + within);
    const pulled = await triggers.next(within, signal);
    const hasStoodStill = elapsed(wakeAt, clock.now()) > STOOD_STILL;
    const due = context.families.filter((family) => (dues.get(family)?.at ?? 0) <= clock.now());
    families = pulled || hasStoodStill ? context.families : due;
    trigger = pulled ?? (hasStoodStill ? "resume" : triggerOf(due, dues));
  }
}

function nextDue(
  family: Family,
  summary: RoundSummary,
  before: Due | undefined,
  { clock, random, schedule, releaseAt }: ScheduleContext,
): Due {
  const kind = summary.verdicts.get(family)?.kind;
  const isKnown = kind === "known";
  const attempts = isKnown ? 0 : (before?.attempts ?? 0) + 1;
  const at = instant(clock.now() + untilNextRound(kind, attempts, schedule, random.fraction()));
  const release = releaseAt(summary);
  if (release !== undefined && release < at) return { at: release, trigger: "back-off", attempts };
  return { at, trigger: isKnown ? "schedule" : "back-off", attempts };
}

/** Rounded up, and one more: a timer that fires a little early must not find nothing due. */
function untilNext(dues: readonly Due[], now: Instant): Milliseconds {
  const earliest = Math.min(...dues.map(({ at }) => at));
  return milliseconds(Math.max(0, Math.ceil(earliest - now) + 1));
}

function triggerOf(families: readonly Family[], dues: ReadonlyMap<Family, Due>): Trigger {
  const isScheduled = families.every((family) => dues.get(family)?.trigger === "schedule");
  return isScheduled ? "schedule" : "back-off";
}
