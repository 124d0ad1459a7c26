import type { Measure } from "#core/store.ts";
import type { HistorySpan } from "#service/pages/history-query.ts";

/** The numbers of the plots, as a table: one row for each step of time, the newest first. */
export interface MeasuresTable {
  readonly operators: readonly string[];
  readonly rows: readonly MeasuresRow[];
}

export interface MeasuresRow {
  readonly from: Date;
  /** Mean round trip in milliseconds, in the order of the operators; `undefined`: no answer. */
  readonly roundTrips: readonly (number | undefined)[];
  /** Per cent of the answers that agreed with the verdict; `undefined`: none had one to agree with. */
  readonly agreement: number | undefined;
  /** Per cent of the questions that were answered. */
  readonly answered: number;
}

interface Sum {
  weight: number;
  total: number;
}

/** Of whole steps alone: what was measured before the first of them is left out. */
export function measuresTable(
  measures: readonly Measure[],
  { length, step }: HistorySpan,
  now: Date,
): MeasuresTable {
  const first = Math.ceil((now.getTime() - length) / step) * step;
  const within = measures.filter(({ at }) => at.getTime() >= first);
  const operators = [...new Set(within.map(({ operator }) => operator))].toSorted();
  const steps = Map.groupBy(within, ({ at }) => Math.floor(at.getTime() / step) * step);
  const rows = [...steps]
    .toSorted(([a], [b]) => b - a)
    .map(([from, own]) => rowOf(new Date(from), own, operators));
  return { operators, rows };
}

function rowOf(from: Date, measures: readonly Measure[], operators: readonly string[]): MeasuresRow {
  const roundTrips = new Map<string, Sum>();
  let [asked, answered, agreed, differed] = [0, 0, 0, 0];
  for (const measure of measures) {
    asked += measure.asked;
    answered += measure.answered;
    agreed += measure.agreed;
    differed += measure.differed;
    if (measure.roundTrip) add(roundTrips, measure.operator, measure.roundTrip.mean, measure.answered);
  }
  return {
    from,
    roundTrips: operators.map((operator) => meanOf(roundTrips.get(operator))),
    agreement: agreed + differed > 0 ? (100 * agreed) / (agreed + differed) : undefined,
    answered: asked > 0 ? (100 * answered) / asked : 0,
  };
}

function add(sums: Map<string, Sum>, key: string, mean: number, weight: number): void {
  const sum = sums.get(key) ?? { weight: 0, total: 0 };
  sums.set(key, { weight: sum.weight + weight, total: sum.total + mean * weight });
}

function meanOf(sum: Sum | undefined): number | undefined {
  return sum && sum.weight > 0 ? sum.total / sum.weight : undefined;
}
