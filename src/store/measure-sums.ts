import type { Measure } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";

/** What two measures have in common when they are parts of the same one, e.g. before and after a restart. */
export function measureKey({ family, at, witness }: Measure): string {
  return `${family} ${at.getTime()} ${witness}`;
}

export function sumOfMeasures(a: Measure, b: Measure): Measure {
  const roundTrip = sumOfRoundTrips(a, b);
  return {
    ...b,
    asked: a.asked + b.asked,
    answered: a.answered + b.answered,
    agreed: a.agreed + b.agreed,
    differed: a.differed + b.differed,
    ...(roundTrip && { roundTrip }),
  };
}

/** Each once, oldest first, those of the same time by their witnesses. */
export function sumOfAll(measures: readonly Measure[]): readonly Measure[] {
  const byKey = new Map<string, Measure>();
  for (const measure of measures) {
    const known = byKey.get(measureKey(measure));
    byKey.set(measureKey(measure), known ? sumOfMeasures(known, measure) : measure);
  }
  return [...byKey.values()].toSorted(inOrder);
}

function sumOfRoundTrips(a: Measure, b: Measure): Measure["roundTrip"] {
  if (!a.roundTrip || !b.roundTrip) return a.roundTrip ?? b.roundTrip;
  const total = a.roundTrip.mean * a.answered + b.roundTrip.mean * b.answered;
  return {
    mean: milliseconds(total / (a.answered + b.answered)),
    min: milliseconds(Math.min(a.roundTrip.min, b.roundTrip.min)),
    max: milliseconds(Math.max(a.roundTrip.max, b.roundTrip.max)),
  };
}

function inOrder(a: Measure, b: Measure): number {
  return a.at.getTime() - b.at.getTime() || (a.witness < b.witness ? -1 : 1);
}
