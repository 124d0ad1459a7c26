import { type Figures, figuresOf, inSeconds } from "../../e2e/kube/figures.ts";
import { type Row, shown } from "../rows.ts";

export interface SpanLimits {
  readonly what: string;
  /** Milliseconds, for each figure that counts. */
  readonly limits: Readonly<Partial<Record<Limited, number>>>;
}

type Limited = Exclude<keyof Figures, "n">;
const LIMITED: readonly Limited[] = ["p50", "p99", "worst"];

/** A row of spans of time in milliseconds, in which the slowest ones count. */
export function spanRow({ what, limits }: SpanLimits, samples: readonly number[]): Row {
  const figures = figuresOf(samples);
  const counting = LIMITED.flatMap((of) => {
    const limit = limits[of];
    return limit === undefined ? [] : [{ of, limit, over: figures[of] - limit }];
  });
  // No samples reach nothing
  const missed = counting.filter(({ over }) => !(over <= 0) || samples.length === 0);
  return {
    what,
    reach: counting.map(({ of, limit }) => `${of} ≤ ${shown(limit)}`).join(", "),
    measured: inSeconds(samples),
    reached: missed.length === 0,
    note: missed.map(({ of, over }) => `${of} is ${shown(over)} over`).join("; "),
    data: { limits, ...figures, samples },
  };
}
