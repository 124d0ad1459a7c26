import type { Family } from "#core/address.ts";
import type { ConsensusRule } from "#core/consensus.ts";
import type { Instant } from "#core/units.ts";
import type { Source, Witness, WitnessPort } from "#core/witness.ts";
import { orderOfAsking } from "#engine/choose.ts";
import type { Health, Standing } from "#engine/health.ts";
import type { Panel } from "#engine/look.ts";
import type { Candidate } from "#engine/observe.ts";

export interface PanelContext {
  readonly sources: readonly Source[];
  readonly rule: ConsensusRule;
  readonly health: Health;
  readonly fraction: () => number;
}

/** Witnesses without a vote that one look asks beside the others. */
const ON_TRIAL = 1;

/**
 * Who may be asked now. Where the voting ones are too few for a quorum with one to spare, those that were
 * sentenced vote as well, the least bad first: better watched ones than none. Strangers from a public list
 * vote only where there would be no quorum at all without them: who owns the list owns them all.
 *
 * Authenticated witnesses are never all left out: who can break connections can have each of them sentenced, and
 * a changed address would then need none of them.
 */
export function assemblePanel(family: Family, now: Instant, context: PanelContext): Panel {
  const { rule, health, fraction } = context;
  const witnesses = witnessesFor(family, context.sources);
  if (rule.kind === "unanimous") return panelOf(witnesses.map(voting), [], family, context);
  const groups = Map.groupBy(witnesses, (witness) => health.standing(witness, family, now));
  const trusted = groups.get("voting") ?? [];
  const spared = trusted.some(isAuthenticated) ? [] : witnesses.filter(isAuthenticated);
  const sentenced = (standing: Standing) =>
    (groups.get(standing) ?? []).filter((witness) => !spared.includes(witness));
  const onTrial = orderOfAsking(sentenced("on-trial").map(withoutVote), () => false, fraction);
  const wanted = rule.quorum + 1;
  if (operatorsOf(trusted) >= wanted) {
    return panelOf([...trusted, ...spared].map(voting), onTrial.slice(0, ON_TRIAL), family, context);
  }
  const admitted = [...trusted, ...spared, ...onTrial.map(({ port }) => port).filter(isConfigured)];
  const quarantined = sentenced("quarantined").toSorted(
    (a, b) => health.badness(a, family) - health.badness(b, family),
  );
  const admit = (more: readonly WitnessPort[], upTo: number) => {
    for (const witness of more) if (operatorsOf(admitted) < upTo) admitted.push(witness);
  };
  admit(quarantined.filter(isConfigured), wanted);
  const strangers = onTrial.filter(({ port }) => !isConfigured(port));
  if (operatorsOf(admitted) >= rule.quorum) {
    return panelOf(admitted.map(voting), strangers.slice(0, ON_TRIAL), family, context);
  }
  admitted.push(...strangers.map(({ port }) => port));
  admit(
    quarantined.filter((witness) => !isConfigured(witness)),
    wanted,
  );
  return panelOf(admitted.map(voting), [], family, context);
}

export function witnessesFor(family: Family, sources: readonly Source[]): readonly WitnessPort[] {
  return sources.flatMap((source) => source.witnesses()).filter(({ families }) => families.includes(family));
}

/** The witness as it is shown, apart from the port that asks it. */
export function voting(port: WitnessPort): Candidate {
  return { port, witness: portrait(port, false) };
}

function withoutVote(port: WitnessPort): Candidate {
  return { port, witness: portrait(port, true) };
}

/** A stranger's certificate proves its name and nothing else. */
function isAuthenticated(witness: WitnessPort): boolean {
  return witness.authenticated && isConfigured(witness);
}

function isConfigured({ probation }: WitnessPort): boolean {
  return probation !== true;
}

function portrait(port: WitnessPort, probation: boolean): Witness {
  const { id, source, operator, authenticated, families, decisive, fallback, roundTrips } = port;
  return { id, source, operator, authenticated, families, decisive, fallback, roundTrips, probation };
}

function panelOf(
  candidates: readonly Candidate[],
  onTrial: readonly Candidate[],
  family: Family,
  { health, fraction }: PanelContext,
): Panel {
  const isSunk = (witness: Witness) => health.isSunk(witness, family, fraction());
  const ordered = orderOfAsking(candidates, isSunk, fraction);
  return {
    primary: ordered.filter(({ witness }) => !witness.fallback),
    fallback: ordered.filter(({ witness }) => witness.fallback),
    onTrial,
  };
}

function operatorsOf(witnesses: readonly Witness[]): number {
  const voters = witnesses.filter(({ fallback, decisive }) => !fallback && decisive);
  return new Set(voters.map(({ operator }) => operator)).size;
}
