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
 * Who may be asked now. Where the voting ones are too few for a quorum with one to spare, strangers vote as
 * well, and then the least bad of those in quarantine: better watched ones than none.
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
  const admitted = [...trusted, ...spared, ...onTrial.map(({ port }) => port)];
  const quarantined = sentenced("quarantined").toSorted(
    (a, b) => health.badness(a, family) - health.badness(b, family),
  );
  for (const witness of quarantined) {
    if (operatorsOf(admitted) < wanted) admitted.push(witness);
  }
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
function isAuthenticated({ authenticated, probation }: WitnessPort): boolean {
  return authenticated && probation !== true;
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
