import type { Family } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import type { Observation } from "#core/observation.ts";
import { type Measure, MEASURE_SPAN } from "#core/store.ts";
import { type Milliseconds, milliseconds } from "#core/units.ts";
import type { Witness } from "#core/witness.ts";
import type { EngineEvent } from "#engine/events.ts";
import type { State } from "#state/state.ts";

interface Tally {
  readonly witness: Witness;
  readonly family: Family;
  asked: number;
  agreed: number;
  differed: number;
  spans: Milliseconds[];
}

/** A public list may bring hundreds of witnesses: beyond this they are not measured. */
const LIMIT = 100;

/** Counts what became of questions, span by span. */
export class Measures {
  readonly #tallies = new Map<string, Tally>();
  #span: number;

  constructor(date: Date) {
    this.#span = spanOf(date);
  }

  /** @returns the measures of a span that is over, once */
  learn(event: EngineEvent, state: State, date: Date): readonly Measure[] {
    const ended = spanOf(date) === this.#span ? [] : this.end();
    this.#span = spanOf(date);
    switch (event.kind) {
      case "decided":
        for (const observation of event.verdict.observations) this.#count(observation, event.verdict);
        break;
      case "observed": {
        const { family } = event.observation;
        const verdict = state.families.find((each) => each.family === family)?.decided?.verdict;
        if (event.late) this.#count(event.observation, verdict);
        break;
      }
      case "probed":
        this.#add(event.witness, event.family, {
          elapsed: event.result === "silent" ? undefined : event.took,
          agrees: event.result === "silent" ? undefined : event.result === "unchanged",
        });
        break;
      default:
    }
    return ended;
  }

  /** What was counted so far; begins anew. */
  end(): readonly Measure[] {
    const at = new Date(this.#span * MEASURE_SPAN);
    const measures = [...this.#tallies.values()].map((tally) => measureOf(tally, at));
    this.#tallies.clear();
    return measures;
  }

  #count(observation: Observation, verdict: Verdict | undefined): void {
    const { witness, family, kind, elapsed } = observation;
    if (kind === "cancelled") return;
    if (kind !== "seen") return this.#add(witness, family, { elapsed: undefined, agrees: undefined });
    const known = verdict?.kind === "known" ? verdict.address.text : undefined;
    const agrees = known === undefined ? undefined : known === observation.testimony.address.text;
    this.#add(witness, family, { elapsed, agrees });
  }

  #add(
    witness: Witness,
    family: Family,
    { elapsed, agrees }: { readonly elapsed: Milliseconds | undefined; readonly agrees: boolean | undefined },
  ): void {
    const key = `${family} ${witness.id}`;
    const tally = this.#tallies.get(key) ?? { witness, family, asked: 0, agreed: 0, differed: 0, spans: [] };
    if (!this.#tallies.has(key) && this.#tallies.size >= LIMIT) return;
    this.#tallies.set(key, tally);
    tally.asked += 1;
    if (elapsed !== undefined) tally.spans.push(elapsed);
    if (agrees === true) tally.agreed += 1;
    if (agrees === false) tally.differed += 1;
  }
}

function measureOf({ witness, family, asked, agreed, differed, spans }: Tally, at: Date): Measure {
  const counts = { asked, answered: spans.length, agreed, differed };
  const about = { at, family, witness: witness.id, operator: witness.operator };
  if (spans.length === 0) return { ...about, ...counts };
  const mean = milliseconds(spans.reduce((sum, span) => sum + span, 0) / spans.length);
  const roundTrip = { mean, min: milliseconds(Math.min(...spans)), max: milliseconds(Math.max(...spans)) };
  return { ...about, ...counts, roundTrip };
}

function spanOf(date: Date): number {
  return Math.floor(date.getTime() / MEASURE_SPAN);
}
