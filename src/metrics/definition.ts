/** One metric: what is registered, and what `docs/metrics.md` says of it. */
export interface Definition<Label extends string = string> {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly name: string;
  /** One line, shown by Prometheus and Grafana. */
  readonly help: string;
  readonly labels: readonly Label[];
  /** Upper bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[] | undefined;
}

export function counter<const Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
): Definition<Label> {
  return { kind: "counter", name, help, labels };
}

export function gauge<const Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
): Definition<Label> {
  return { kind: "gauge", name, help, labels };
}

export function histogram<const Label extends string = never>(
  name: string,
  help: string,
  buckets: readonly number[],
  labels: readonly Label[] = [],
): Definition<Label> {
  return { kind: "histogram", name, help, labels, buckets };
}
