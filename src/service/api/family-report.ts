import type { z } from "zod";
import type { decidedVerdict, familyState, verdicts } from "#service/api/schemas/verdicts.ts";
import type { FamilyState, State } from "#state/state.ts";
import { reportVerdict, roundMs } from "#report/verdict.ts";

export function reportFamily(state: FamilyState): z.output<typeof familyState> {
  const { family, address, since, confirmedAt, trouble, decided, probe } = state;
  return {
    family,
    address: address?.text ?? null,
    since: since?.toISOString() ?? null,
    confirmedAt: confirmedAt?.toISOString() ?? null,
    trouble: trouble ? { kind: trouble.kind, since: trouble.since.toISOString() } : null,
    verdict: decided ? reportDecided(decided) : null,
    probe: probe
      ? {
          at: probe.at.toISOString(),
          witness: probe.witness.id,
          operator: probe.witness.operator,
          result: probe.result,
          tookMs: roundMs(probe.took),
        }
      : null,
  };
}

export function reportVerdicts({ families }: State): z.output<typeof verdicts> {
  const entries = families.map(
    ({ family, decided }) => [`ipv${family}`, decided ? reportDecided(decided) : null] as const,
  );
  return Object.fromEntries(entries);
}

function reportDecided(decided: NonNullable<FamilyState["decided"]>): z.output<typeof decidedVerdict> {
  return { at: decided.at.toISOString(), ...reportVerdict(decided, { explain: true }) };
}
