import type { Address, Family } from "#core/address.ts";
import { elapsed, type Instant, milliseconds } from "#core/units.ts";
import type { Witness } from "#core/witness.ts";
import { withDeadline } from "#engine/deadline.ts";
import type { DetectContext } from "#engine/detect.ts";
import type { EngineEvent } from "#engine/events.ts";
import { type Candidate, observe } from "#engine/observe.ts";
import { type ProbeBeat, untilNextProbe } from "#engine/pace.ts";
import { assemblePanel } from "#engine/panel.ts";

export interface ProbeContext extends DetectContext {
  readonly beat: ProbeBeat;
  /** What the family's address is believed to be. */
  readonly believed: () => Address | undefined;
  /** Whether the family's latest verdict was not known: rounds follow soon by themselves. */
  readonly isTroubled: () => boolean;
  /** Resolves when no round is under way. */
  readonly idle: () => Promise<void>;
  readonly trigger: (kind: "probe" | "silence") => void;
}

type ProbeResult = Extract<EngineEvent, { kind: "probed" }>["result"];

const DEADLINE = milliseconds(1000);
/** Of different operators: one of them may be down. */
const SILENT_AFTER = 2;

/**
 * The cheap question between rounds: one random operator for each family. A different answer, or none from
 * two operators in a row, starts a round; so does the first answer after a silence.
 * It decides nothing: who lies to a probe can start a round, or delay one until another operator is asked.
 *
 * @throws {CancelledError} (rejects) when the signal ends it
 */
export async function keepProbing(
  family: Family,
  context: ProbeContext,
  signal: AbortSignal,
): Promise<never> {
  const { clock, random, beat, emit } = context;
  let misses = 0;
  let silentSince: Instant = clock.now();
  let last: Witness | undefined;
  for (;;) {
    const silence = elapsed(silentSince, clock.now());
    const within = untilNextProbe(misses, silence, beat, random.fraction());
    if (misses === 0) emit({ kind: "scheduled", next: "probe", within });
    await clock.sleep(within, signal);
    await context.idle();
    const candidate = choose(family, context, { last, isMissed: misses > 0 });
    if (!candidate) continue;
    last = candidate.witness;
    const startedAt = clock.now();
    const result = await probe(family, candidate, context, signal);
    const wasSilent = misses >= SILENT_AFTER;
    if (misses === 0) silentSince = startedAt;
    misses = result === "silent" ? misses + 1 : 0;
    const isNews = wasSilent || (result === "changed" && !context.isTroubled());
    if (misses === SILENT_AFTER) context.trigger("silence");
    if (misses === 0 && isNews) context.trigger("probe");
  }
}

interface Before {
  readonly last: Witness | undefined;
  /** It did not answer. */
  readonly isMissed: boolean;
}

/**
 * Any of the quickest, of another operator than the last time. After a miss better of another kind as well:
 * what keeps one STUN server from answering (a firewall, names that do not resolve) may keep all of them.
 */
function choose(family: Family, context: ProbeContext, { last, isMissed }: Before): Candidate | undefined {
  const { clock, random, settings } = context;
  const { primary, fallback } = assemblePanel(family, clock.now(), {
    ...context,
    rule: settings.rule,
    fraction: () => random.fraction(),
  });
  const candidates = primary.length > 0 ? primary : fallback;
  const others = candidates.filter(({ witness }) => witness.operator !== last?.operator);
  const ofAnotherKind = others.find(({ witness }) => witness.source !== last?.source);
  return (isMissed ? ofAnotherKind : undefined) ?? others[0] ?? candidates[0];
}

async function probe(
  family: Family,
  candidate: Candidate,
  context: ProbeContext,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const { clock, settings, emit } = context;
  const startedAt = clock.now();
  const { allowRanges } = settings;
  const observation = await withDeadline(clock, { within: DEADLINE }, signal, (inner) =>
    observe(candidate, family, { clock, allowRanges }, inner),
  );
  const result = resultOf(
    observation.kind === "seen" ? observation.testimony.address : undefined,
    context.believed(),
  );
  const took = elapsed(startedAt, clock.now());
  if (!signal.aborted) emit({ kind: "probed", family, witness: candidate.witness, result, took });
  return result;
}

function resultOf(address: Address | undefined, believed: Address | undefined): ProbeResult {
  if (!address) return "silent";
  return address.text === believed?.text ? "unchanged" : "changed";
}
