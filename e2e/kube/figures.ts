import { quantile } from "../../bench/statistics.ts";

/** Spans of time in milliseconds, or whatever else was counted. */
export interface Figures {
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  readonly n: number;
}

export function figuresOf(samples: readonly number[]): Figures {
  return {
    p50: quantile(samples, 0.5),
    p99: quantile(samples, 0.99),
    worst: Math.max(...samples),
    n: samples.length,
  };
}

/** E.g. *65.2 MiB*. */
export function inMebibytes(size: number): string {
  return `${size.toFixed(1)} MiB`;
}

/** E.g. *p50 17.3 s, p99 21.0 s, worst 21.2 s, n 34*. */
export function inSeconds(samples: readonly number[]): string {
  if (samples.length === 0) return "none";
  const { p50, p99, worst, n } = figuresOf(samples);
  const shown = (ms: number) => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  return `p50 ${shown(p50)}, p99 ${shown(p99)}, worst ${shown(worst)}, n ${n}`;
}
