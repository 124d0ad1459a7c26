import { median, quantile } from "./statistics.ts";

/** A line of the table. */
export interface Row {
  readonly what: string;
  /** What is to be reached, in words. */
  readonly reach: string;
  readonly measured: string;
  /** As a multiple of the round trip. */
  readonly roundTrips?: string | undefined;
  /** `undefined`: shown, with nothing to reach. */
  readonly reached: boolean | undefined;
  /** By how much it was missed, or what else there is to know. */
  readonly note?: string | undefined;
  readonly data?: unknown;
}

export interface TimeLimit {
  readonly what: string;
  /** In words. */
  readonly reach: string;
  /** What counts of the samples. */
  readonly of: "mean" | "median" | "p90";
  /** Milliseconds. */
  readonly limit: number;
  readonly note?: string | undefined;
}

/** A row whose samples are spans of time in milliseconds. */
export function timeRow(
  { what, reach, of, limit, note }: TimeLimit,
  samples: readonly number[],
  roundTrip: number,
): Row {
  const counts = { median: median(samples), p90: quantile(samples, 0.9), mean: meanOf(samples) };
  const value = counts[of];
  const reached = value <= limit;
  const figures = [
    `median ${shown(counts.median)}`,
    `p90 ${shown(counts.p90)}`,
    ...(of === "mean" ? [`mean ${shown(counts.mean)}`] : []),
    `n ${samples.length}`,
  ];
  const missed = reached ? undefined : `${of} is ${shown(value - limit)} over`;
  return {
    what,
    reach: `${reach} = ${shown(limit)}`,
    measured: figures.join(", "),
    roundTrips: (value / roundTrip).toFixed(2),
    reached,
    note: [missed, note].filter((part) => part !== undefined).join("; ") || undefined,
    data: { of, value, limit, roundTrip, ...counts, samples: samples.map((sample) => round(sample)) },
  };
}

export function shown(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}

export function markdown(rows: readonly Row[]): string {
  const lines = rows.map(({ what, reach, measured, roundTrips = "", reached, note = "" }) =>
    [what, reach, measured, roundTrips, verdict(reached), note].join(" | "),
  );
  return [
    "| what | reach | measured | × RTT | reached | |",
    "|---|---|---|---|---|---|",
    ...lines.map((line) => `| ${line} |`),
  ].join("\n");
}

/** E.g. *12 of 14 rows reached*. */
export function tally(rows: readonly Row[]): string {
  const judged = rows.filter(({ reached }) => reached !== undefined);
  return `${judged.filter(({ reached }) => reached).length} of ${judged.length} rows reached`;
}

function verdict(reached: boolean | undefined): string {
  if (reached === undefined) return "–";
  return reached ? "yes" : "**no**";
}

function meanOf(samples: readonly number[]): number {
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
