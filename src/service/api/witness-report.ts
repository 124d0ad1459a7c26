import type { z } from "zod";
import type { witness as witnessSchema, witnessWithRecent } from "#service/api/schemas/sources.ts";
import { describeTransport } from "#report/transport.ts";
import type { WitnessState } from "#state/state.ts";
import { roundMs } from "#report/verdict.ts";

type WitnessReport = z.output<typeof witnessSchema>;

export function reportWitness(state: WitnessState): WitnessReport {
  const { witness, family, latest, differsSince, quarantine } = state;
  const { id, operator, source, authenticated, decisive, fallback, probation = false } = witness;
  return {
    witness: id,
    operator,
    source,
    transport: describeTransport(witness).by,
    family,
    authenticated,
    decisive,
    fallback,
    probation,
    answer: latest ? reportAnswer(latest) : null,
    differsSince: differsSince?.toISOString() ?? null,
    quarantine: quarantine
      ? {
          reason: quarantine.reason,
          since: quarantine.since.toISOString(),
          until: quarantine.until.toISOString(),
        }
      : null,
  };
}

export function reportWitnessWithRecent(state: WitnessState): z.output<typeof witnessWithRecent> {
  const recent = state.recent.map(({ at, elapsed, agrees }) => ({
    at: at.toISOString(),
    ...(elapsed !== undefined && { elapsedMs: roundMs(elapsed) }),
    ...(agrees !== undefined && { agrees }),
  }));
  return { ...reportWitness(state), recent };
}

function reportAnswer({ answer, at, elapsed }: NonNullable<WitnessState["latest"]>): WitnessReport["answer"] {
  const common = { kind: answer.kind, at: at.toISOString(), elapsedMs: roundMs(elapsed) };
  switch (answer.kind) {
    case "agrees":
    case "differs":
    case "undecided":
      return { ...common, address: answer.address.text };
    case "rejected":
      return { ...common, address: answer.address.text, message: answer.words };
    case "silent":
      return { ...common, message: answer.words };
    case "unneeded":
      return common;
  }
}
