import type { Measure } from "#core/store.ts";
import { MEASURE_SPAN } from "#core/store.ts";
import type { HistorySpan } from "#service/pages/history-query.ts";

/**
 * What the plots show, column by column as they take it. A point stands for one step of time; `null`: nothing to
 * show there.
 */
export interface Plots {
  /** In seconds since 1970, as all times here. */
  readonly from: number;
  readonly until: number;
  /** The middle of each step. */
  readonly times: readonly number[];
  /** Mean round trips in milliseconds, one column for each operator. */
  readonly operators: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  /** Per cent of the answers that agreed with the verdict. */
  readonly agreement: readonly (number | null)[];
  /** Per cent of the questions that were answered. */
  readonly answered: readonly (number | null)[];
}

/** So many that a wide screen still has a pixel for each. */
const POINTS = 720;

/** Where the first of its steps begins. */
export function plotsSince(span: HistorySpan, now: Date): Date {
  return new Date(stepsOf(span, now).first);
}

/** @param measures since {@link plotsSince} */
export function plotsOf(measures: readonly Measure[], span: HistorySpan, now: Date): Plots {
  const until = now.getTime() / 1000;
  return { from: until - span.length / 1000, until, ...plotColumns(measures, stepsOf(span, now)) };
}

function stepsOf({ length }: HistorySpan, now: Date): Steps {
  const step = Math.ceil(length / MEASURE_SPAN / POINTS) * MEASURE_SPAN;
  const first = Math.floor((now.getTime() - length) / step) * step;
  return { step, first, count: Math.floor((now.getTime() - first) / step) + 1 };
}

interface Steps {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

function plotColumns(
  measures: readonly Measure[],
  { first, step, count }: Steps,
): Omit<Plots, "from" | "until"> {
  const operators = new Map<string, Mean[]>();
  const [agreement, answered] = [means(count), means(count)];
  for (const measure of measures) {
    const index = Math.floor((measure.at.getTime() - first) / step);
    const column = operators.get(measure.operator) ?? means(count);
    operators.set(measure.operator, column);
    if (measure.roundTrip) column[index]?.add(measure.roundTrip.mean, measure.answered);
    const compared = measure.agreed + measure.differed;
    agreement[index]?.add((100 * measure.agreed) / compared, compared);
    answered[index]?.add((100 * measure.answered) / measure.asked, measure.asked);
  }
  return {
    times: Array.from({ length: count }, (_, index) => (first + (index + 0.5) * step) / 1000),
    operators: [...operators].toSorted(byName).map(([name, column]) => ({ name, values: valuesOf(column) })),
    agreement: valuesOf(agreement),
    answered: valuesOf(answered),
  };
}

/** A weighted mean that grows. */
class Mean {
  #total = 0;
  #weight = 0;

  add(value: number, weight: number): void {
    if (weight === 0) return;
    this.#total += value * weight;
    this.#weight += weight;
  }

  /** To a tenth, which is finer than a pixel. */
  value(): number | null {
    return this.#weight === 0 ? null : Math.round((10 * this.#total) / this.#weight) / 10;
  }
}

function means(length: number): Mean[] {
  return Array.from({ length }, () => new Mean());
}

function valuesOf(column: readonly Mean[]): readonly (number | null)[] {
  return column.map((mean) => mean.value());
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
