import type { Family } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import type { Observation } from "#core/observation.ts";
import type { Witness } from "#core/witness.ts";
import type { Listener } from "#engine/events.ts";
import { WITNESSES } from "#metrics/definitions.ts";
import type { Instruments } from "#metrics/instruments.ts";

/** Counts what witnesses say, by source and by operator: never by witness, of which a public list has hundreds. */
export function watchWitnesses(instruments: Instruments): Listener {
  const observations = instruments.counter(WITNESSES.observations);
  const failures = instruments.counter(WITNESSES.failures);
  const dissent = instruments.counter(WITNESSES.dissent);
  const quarantines = instruments.counter(WITNESSES.quarantines);
  const verdicts = new Map<Family, Verdict>();
  const countDissent = (family: Family, { operator }: Witness) =>
    dissent({ family: String(family), operator });
  return (event) => {
    switch (event.kind) {
      case "observed": {
        const { observation, late } = event;
        const { kind, witness, family } = observation;
        observations({ source: witness.source, result: kind });
        if (kind === "failed" || kind === "rejected") failures({ operator: witness.operator });
        if (late && differs(observation, verdicts.get(family))) countDissent(family, witness);
        return;
      }
      case "decided":
        verdicts.set(event.family, event.verdict);
        if (event.verdict.kind !== "known") return;
        for (const { witness } of event.verdict.against) countDissent(event.family, witness);
        return;
      case "quarantined":
        return quarantines({ family: String(event.family), reason: event.reason });
      default:
    }
  };
}

function differs(observation: Observation, verdict: Verdict | undefined): boolean {
  if (observation.kind !== "seen" || verdict?.kind !== "known") return false;
  return observation.testimony.address.text !== verdict.address.text;
}
