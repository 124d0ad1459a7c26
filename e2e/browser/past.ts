import { type Episode, MEASURE_SPAN, type Measure } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";
import { createClock } from "#platform/clock.ts";
import { openStore } from "#store/open-store.ts";
import { MemoryLog } from "#testing/memory-log.ts";
import { literal } from "../lab.ts";

const HOUR = 3_600_000;
const OPERATORS = ["alpha", "bravo", "charlie", "delta", "foxtrot"] as const;

/** A store with a day in it: two addresses, an outage between them, and how the witnesses did meanwhile. */
export function writePast(storePath: string): void {
  const now = new Date();
  const store = openStore({ path: storePath, log: new MemoryLog(), clock: createClock() });
  const ago = (hours: number) => new Date(now.getTime() - hours * HOUR);
  const begin = (episode: Omit<Episode, "family">) => store.beginEpisode({ family: 4, ...episode });
  begin({ kind: "known", address: literal("203.0.113.200"), from: ago(30) });
  begin({ kind: "unavailable", from: ago(9) });
  begin({ kind: "known", address: literal("203.0.113.2"), from: ago(8.5) });
  const first = Math.floor(ago(24).getTime() / MEASURE_SPAN) * MEASURE_SPAN;
  for (let at = first; at < now.getTime() - MEASURE_SPAN; at += MEASURE_SPAN)
    store.addMeasures(OPERATORS.map((operator, index) => measure(operator, new Date(at), index)));
  store.close();
}

function measure(operator: string, at: Date, index: number): Measure {
  const hour = at.getTime() / HOUR;
  const mean = 8 + 6 * index + 3 * Math.sin(hour + index);
  const span = (factor: number) => milliseconds(Math.round(mean * factor * 10) / 10);
  return {
    at,
    family: 4,
    witness: `witness-${operator}`,
    operator,
    asked: 15,
    answered: index === 4 ? 13 : 15,
    agreed: index === 4 ? 12 : 15,
    differed: index === 4 ? 1 : 0,
    roundTrip: { mean: span(1), min: span(0.7), max: span(1.6) },
  };
}
