import type { Family } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import type { Observation } from "#core/observation.ts";
import { type Instant, instant, type Milliseconds, milliseconds } from "#core/units.ts";
import type { Witness } from "#core/witness.ts";

/** Whether a witness is asked for a vote, asked without one, or left alone. */
export type Standing = "on-trial" | "quarantined" | "voting";

/** What changed for a witness. */
export type Sentence =
  | { readonly kind: "quarantined"; readonly reason: "dissent" | "failures"; readonly span: Milliseconds }
  | { readonly kind: "released" };

const REMEMBERED_ROUNDS = 20;
const STRIKES = 3;
const FAILURES = 5;
const AGREEMENTS_OF_A_STRANGER = 5;
const FIRST_QUARANTINE = 60 * 60_000;
const LONGEST_QUARANTINE = 24 * 60 * 60_000;
const HEDGE = { shortest: 50, longest: 250, unknown: 100 } as const;
/** Of questions unanswered lately, above which one more is asked from the start. */
const LOSSY = 0.08;

interface Conduct {
  /** Smoothed round trip and its mean deviation (RFC 6298 section 2), in milliseconds. */
  rtt: { readonly mean: number; readonly deviation: number } | undefined;
  /** Answers in known rounds, the latest first; `true` for a dissent. */
  dissents: readonly boolean[];
  failures: number;
  unanswered: number;
  agreements: number;
  quarantinedUntil: Instant | undefined;
  /** Of the last quarantine, in milliseconds, which the next one doubles. */
  lastSpan: number;
}

/**
 * What is known of each witness, for each family apart: a host without IPv6 says nothing about IPv4.
 * Only rounds that came to a known verdict count, so that a dead line condemns nobody.
 */
export class Health {
  readonly #records = new Map<string, Conduct>();
  #loss = 0;

  standing(witness: Witness, family: Family, now: Instant): Standing {
    const record = this.#records.get(keyOf(witness, family));
    if (record?.quarantinedUntil !== undefined)
      return record.quarantinedUntil > now ? "quarantined" : "on-trial";
    if (!witness.probation) return "voting";
    return (record?.agreements ?? 0) >= AGREEMENTS_OF_A_STRANGER ? "voting" : "on-trial";
  }

  /** Orders the quarantined, for when there are too few others: the larger the worse. */
  badness(witness: Witness, family: Family): number {
    const record = this.#records.get(keyOf(witness, family));
    return record ? strikesOf(record) * FAILURES + record.failures : 0;
  }

  /** Whether to ask it after all others: the likelier, the more of its latest questions went unanswered. */
  isSunk(witness: Witness, family: Family, fraction: number): boolean {
    const unanswered = this.#records.get(keyOf(witness, family))?.unanswered ?? 0;
    return unanswered > 0 && fraction >= 2 ** -Math.min(unanswered, 3);
  }

  /** How long to wait for these before another one is asked: their 95th percentile. */
  hedge(witnesses: readonly Witness[], family: Family): Milliseconds {
    const known = witnesses.flatMap((witness) => {
      const rtt = this.#records.get(keyOf(witness, family))?.rtt;
      return rtt ? [rtt.mean + 2 * rtt.deviation] : [];
    });
    if (known.length === 0) return milliseconds(HEDGE.unknown);
    return milliseconds(Math.min(HEDGE.longest, Math.max(HEDGE.shortest, ...known)));
  }

  /** One question more than needed, two while packets get lost. */
  spare(): number {
    return this.#loss > LOSSY ? 2 : 1;
  }

  /** Learns from a look that is over. */
  learn(
    verdict: Verdict,
    observations: readonly Observation[],
    now: Instant,
  ): readonly [Witness, Sentence][] {
    return observations.flatMap((observation): readonly [Witness, Sentence][] => {
      const key = keyOf(observation.witness, observation.family);
      const record = this.#records.get(key) ?? blankRecord();
      this.#records.set(key, record);
      learnTiming(record, observation);
      if (verdict.kind !== "known") return [];
      this.#learnLoss(observation, verdict);
      const sentence = learnConduct(record, observation, verdict, now);
      return sentence ? [[observation.witness, sentence]] : [];
    });
  }

  /** Forgets what it has against them. @returns who was in quarantine, or on trial after one */
  pardon(witnesses: readonly Witness[]): readonly (readonly [Witness, Family])[] {
    const sentenced = witnesses
      .flatMap((witness) => witness.families.map((family) => [witness, family] as const))
      .filter(
        ([witness, family]) => this.#records.get(keyOf(witness, family))?.quarantinedUntil !== undefined,
      );
    this.#records.clear();
    return sentenced;
  }

  /** Forgets whoever is not among these. */
  retain(witnesses: readonly Witness[]): void {
    const keys = new Set(witnesses.flatMap((witness) => [keyOf(witness, 4), keyOf(witness, 6)]));
    for (const key of this.#records.keys()) if (!keys.has(key)) this.#records.delete(key);
  }

  get size(): number {
    return this.#records.size;
  }

  #learnLoss(observation: Observation, verdict: Verdict): void {
    if (observation.kind === "seen") this.#loss *= 0.95;
    else if (hadItsTime(observation, verdict)) this.#loss = this.#loss * 0.95 + 0.05;
  }
}

function learnTiming(record: Conduct, observation: Observation): void {
  if (observation.kind !== "seen" && observation.kind !== "rejected") return;
  const sample = observation.elapsed;
  const { rtt } = record;
  record.rtt = rtt
    ? {
        mean: rtt.mean + (sample - rtt.mean) / 8,
        deviation: rtt.deviation + (Math.abs(sample - rtt.mean) - rtt.deviation) / 4,
      }
    : { mean: sample, deviation: sample / 8 };
}

function learnConduct(
  record: Conduct,
  observation: Observation,
  verdict: Extract<Verdict, { kind: "known" }>,
  now: Instant,
): Sentence | undefined {
  switch (observation.kind) {
    case "seen": {
      const isDissent = observation.testimony.address.text !== verdict.address.text;
      record.dissents = [isDissent, ...record.dissents].slice(0, REMEMBERED_ROUNDS);
      record.failures = record.unanswered = 0;
      return isDissent ? learnDissent(record, now) : learnAgreement(record, now);
    }
    case "failed":
    case "rejected":
      record.failures += 1;
      record.unanswered += 1;
      return record.failures >= FAILURES ? quarantine(record, "failures", now) : undefined;
    case "cancelled":
      if (hadItsTime(observation, verdict)) record.unanswered += 1;
      return undefined;
  }
}

function learnDissent(record: Conduct, now: Instant): Sentence | undefined {
  const isOnTrial = record.quarantinedUntil !== undefined && record.quarantinedUntil <= now;
  record.agreements = 0;
  return isOnTrial || strikesOf(record) >= STRIKES ? quarantine(record, "dissent", now) : undefined;
}

function learnAgreement(record: Conduct, now: Instant): Sentence | undefined {
  record.agreements += 1;
  if (record.agreements >= REMEMBERED_ROUNDS) record.lastSpan = 0;
  if (record.quarantinedUntil === undefined || record.quarantinedUntil > now) return undefined;
  record.quarantinedUntil = undefined;
  record.dissents = [];
  return { kind: "released" };
}

function quarantine(record: Conduct, reason: "dissent" | "failures", now: Instant): Sentence | undefined {
  // Asked for want of better ones while it is in quarantine: that adds nothing to its time
  if (record.quarantinedUntil !== undefined && record.quarantinedUntil > now) return undefined;
  const doubled = record.lastSpan ? record.lastSpan * 2 : FIRST_QUARANTINE;
  const span = milliseconds(Math.min(doubled, LONGEST_QUARANTINE));
  record.lastSpan = span;
  record.quarantinedUntil = instant(now + span);
  return { kind: "quarantined", reason, span };
}

/** An answer as quick as those that decided would have come. */
function hadItsTime(observation: Observation, verdict: Verdict): boolean {
  if (observation.kind !== "cancelled" || verdict.kind !== "known") return false;
  const slowest = Math.max(0, ...verdict.for.map((supporting) => supporting.elapsed));
  return observation.elapsed > slowest * 1.5;
}

function strikesOf({ dissents }: Conduct): number {
  return dissents.filter(Boolean).length;
}

function blankRecord(): Conduct {
  return {
    rtt: undefined,
    dissents: [],
    failures: 0,
    unanswered: 0,
    agreements: 0,
    quarantinedUntil: undefined,
    lastSpan: 0,
  };
}

function keyOf(witness: Witness, family: Family): string {
  return `${witness.id} ${family}`;
}
