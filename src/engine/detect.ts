import type { Address, Family } from "#core/address.ts";
import type { Judgement } from "#core/confirmation.ts";
import type { ConsensusRule, Verdict } from "#core/consensus.ts";
import type { Clock, Random } from "#core/ports.ts";
import type { Prefix } from "#core/prefix.ts";
import { elapsed, type Milliseconds, milliseconds } from "#core/units.ts";
import type { Source } from "#core/witness.ts";
import type { EngineEvent } from "#engine/events.ts";
import type { Health } from "#engine/health.ts";
import { Look, type LookLimits, type Panel } from "#engine/look.ts";
import { assemblePanel } from "#engine/panel.ts";

export interface DetectSettings {
  readonly rule: ConsensusRule;
  readonly limits: LookLimits;
  readonly allowRanges: readonly Prefix[];
  /** `false`: whatever address the first look finds is the answer; for showing it, never for publishing. */
  readonly confirms: boolean;
  /** The original's: that many attempts in all when nobody answers, after `coolDown` × those made. */
  readonly retry?: { readonly attempts: number; readonly coolDown: Milliseconds } | undefined;
}

export const DEFAULT_LIMITS: LookLimits = {
  count: 7,
  deadline: milliseconds(3000),
  patience: milliseconds(1000),
  grace: milliseconds(250),
};

export interface DetectContext {
  readonly settings: DetectSettings;
  readonly sources: readonly Source[];
  readonly health: Health;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: (event: EngineEvent) => void;
}

export interface Subject {
  readonly round: number;
  readonly family: Family;
  /** The family's address that was confirmed last. */
  readonly confirmed: Address | undefined;
  /** Something hints at a change: ask from the start as many as it takes to confirm one. */
  readonly suspicious: boolean;
  /** Called as soon as a changed address has a quorum, and perhaps again. */
  readonly onSuspicion?: () => void;
}

export interface Detection {
  readonly verdict: Verdict;
  /** Resolves when late answers were compared and everything is closed; never rejects. */
  readonly ended: Promise<void>;
}

/**
 * Finds one family's address.
 *
 * @throws {CancelledError} (rejects) when the signal ends it, with everything closed
 */
export async function detect(
  subject: Subject,
  context: DetectContext,
  signal: AbortSignal,
): Promise<Detection> {
  const { clock, settings, emit } = context;
  const { round, family } = subject;
  const startedAt = clock.now();
  for (let attempt = 1; ; attempt += 1) {
    const detection = await lookOnce(subject, context, signal);
    const { verdict, notes } = detection;
    const coolDown = coolDownAfter(attempt, verdict, settings);
    if (coolDown === undefined) {
      emit({ kind: "decided", round, family, verdict, took: elapsed(startedAt, clock.now()), notes });
      if (verdict.kind === "disputed" && settings.rule.kind === "unanimous")
        emit({ kind: "mismatch", round, family, positions: verdict.positions });
      return detection;
    }
    emit({ kind: "retrying", round, family, attempt: attempt + 1, within: coolDown });
    await detection.ended;
    await clock.sleep(coolDown, signal);
  }
}

async function lookOnce(
  subject: Subject,
  context: DetectContext,
  signal: AbortSignal,
): Promise<Detection & Judgement> {
  const look = openLook(subject, context, signal);
  try {
    const judgement = await look.decide();
    return { ...judgement, ended: endLook(look, judgement.verdict, context) };
  } catch (error) {
    await look.end();
    throw error;
  }
}

function openLook(subject: Subject, context: DetectContext, signal: AbortSignal): Look {
  const { round, family, confirmed, suspicious } = subject;
  const { settings, health, clock, emit } = context;
  const { rule, limits, allowRanges, confirms } = settings;
  const panel = assemblePanel(family, clock.now(), {
    ...context,
    rule,
    fraction: () => context.random.fraction(),
  });
  return new Look(
    {
      family,
      rule,
      panel,
      limits,
      allowRanges,
      clock,
      standing: { confirmed, confirms, suspicious, canAuthenticate: canAuthenticate(panel) },
      spare: health.spare(),
      hedge: (asked) => health.hedge(asked, family),
      onSuspicion: subject.onSuspicion ?? (() => {}),
      onAsked: (witness, look) => emit({ kind: "asked", round, look, family, witness }),
      onObserved: (observation, look, late) => emit({ kind: "observed", round, look, observation, late }),
    },
    signal,
  );
}

async function endLook(look: Look, verdict: Verdict, { health, clock, emit }: DetectContext): Promise<void> {
  const observations = await look.end();
  try {
    for (const [witness, sentence] of health.learn(verdict, observations, clock.now())) {
      emit({ ...sentence, family: verdict.family, witness });
    }
  } catch (error) {
    emit({ kind: "crashed", error });
  }
}

function canAuthenticate({ primary, fallback }: Panel): boolean {
  return [...primary, ...fallback].some(({ witness }) => witness.authenticated);
}

/** `undefined`: no further attempt. */
function coolDownAfter(
  attempt: number,
  verdict: Verdict,
  { retry }: DetectSettings,
): Milliseconds | undefined {
  if (!retry || attempt >= retry.attempts || verdict.kind !== "unavailable") return undefined;
  return milliseconds(retry.coolDown * attempt);
}
