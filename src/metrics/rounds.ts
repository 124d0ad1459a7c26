import type { Family } from "#core/address.ts";
import type { Clock } from "#core/ports.ts";
import type { EngineEvent, Listener } from "#engine/events.ts";
import { ADDRESS, ROUNDS } from "#metrics/definitions.ts";
import type { Instruments } from "#metrics/instruments.ts";
import type { State } from "#state/state.ts";

type Decided = Extract<EngineEvent, { kind: "decided" }>;

export interface RoundsContext {
  readonly state: () => State;
  readonly clock: Clock;
}

/** Counts rounds and verdicts. */
export function watchRounds(instruments: Instruments, { state, clock }: RoundsContext): Listener {
  const rounds = instruments.counter(ROUNDS.rounds);
  const verdicts = instruments.counter(ROUNDS.verdicts);
  const roundTime = instruments.histogram(ROUNDS.roundTime);
  const detectionTime = instruments.histogram(ROUNDS.detectionTime);
  const probes = instruments.counter(ROUNDS.probes);
  const crashes = instruments.counter(ROUNDS.crashes);
  const learnAddress = watchAddress(instruments, { state, clock });
  return (event) => {
    learnAddress(event);
    switch (event.kind) {
      case "decided":
        return detectionTime({ family: String(event.family) }, event.took);
      case "round-ended": {
        const { trigger, took } = event.summary;
        rounds({ trigger });
        roundTime({}, took);
        for (const [family, { kind }] of event.summary.verdicts)
          verdicts({ family: String(family), trigger, verdict: kind });
        return;
      }
      case "probed":
        return probes({ family: String(event.family), result: event.result });
      case "crashed":
        return crashes({});
      default:
    }
  };
}

/** Counts changes of the address, from the one on that an earlier process left behind. */
function watchAddress(instruments: Instruments, { state, clock }: RoundsContext): Listener {
  const known = new Map<Family, { readonly text: string; readonly at?: Date | undefined }>();
  const changes = instruments.counter(ADDRESS.changes, () =>
    state().families.map(({ family }) => ({ family: String(family) })),
  );
  instruments.gauge(ADDRESS.lastKnown, () =>
    [...known].flatMap(([family, { at }]) =>
      at ? [[{ family: String(family) }, at.getTime() / 1000] as const] : [],
    ),
  );
  const remember = () => {
    for (const { family, address } of state().families)
      if (address && !known.has(family)) known.set(family, { text: address.text });
  };
  const learn = ({ family, verdict }: Decided) => {
    if (verdict.kind !== "known") return;
    const { text } = verdict.address;
    const before = known.get(family)?.text ?? text;
    if (before !== text) changes({ family: String(family) });
    known.set(family, { text, at: clock.date() });
  };
  return (event) => {
    if (event.kind === "round-started") remember();
    if (event.kind === "decided") learn(event);
  };
}
