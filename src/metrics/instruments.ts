import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Milliseconds } from "#core/units.ts";
import { BoundedLabels } from "#metrics/bounded-labels.ts";
import type { Definition } from "#metrics/definition.ts";

type Labels<Label extends string> = Readonly<Record<Label, string>>;

/** One value with its labels, as it is now. */
export type Sample<Label extends string> = readonly [labels: Labels<Label>, value: number];

/**
 * Makes instruments of definitions. What happens is counted when it happens; what is, is read when somebody asks,
 * and what is not there then has no sample: absent is not zero.
 */
export class Instruments {
  readonly #registry = new Registry();
  readonly #labels = new BoundedLabels();

  /** @param zeros what is shown before it was ever counted, so that the first time is an increase */
  counter<Label extends string>(
    definition: Definition<Label>,
    zeros: () => Iterable<Labels<Label>> = () => [],
  ): (labels: Labels<Label>, by?: number) => void {
    const labels = this.#labels;
    const counter = new Counter({
      ...this.#options(definition),
      collect() {
        for (const zero of zeros()) this.inc(labels.bound(zero), 0);
      },
    });
    this.#registry.registerMetric(counter);
    return (values, by = 1) => counter.inc(labels.bound(values), by);
  }

  histogram<Label extends string>(
    definition: Definition<Label>,
  ): (labels: Labels<Label>, took: Milliseconds) => void {
    const { buckets = [] } = definition;
    const histogram = new Histogram({ ...this.#options(definition), buckets: [...buckets] });
    this.#registry.registerMetric(histogram);
    return (values, took) => histogram.observe(this.#labels.bound(values), took / 1000);
  }

  gauge<Label extends string>(definition: Definition<Label>, read: () => Iterable<Sample<Label>>): void {
    const labels = this.#labels;
    const gauge = new Gauge({
      ...this.#options(definition),
      collect() {
        this.reset();
        // Without labels, reset makes a sample of zero
        if (definition.labels.length === 0) this.remove({});
        for (const [values, value] of read()) this.set(labels.bound(values), value);
      },
    });
    this.#registry.registerMetric(gauge);
  }

  /** Somebody else counts: only the totals are known. */
  totals<Label extends string>(definition: Definition<Label>, read: () => Iterable<Sample<Label>>): void {
    const labels = this.#labels;
    const counter = new Counter({
      ...this.#options(definition),
      collect() {
        this.reset();
        for (const [values, total] of read()) this.inc(labels.bound(values), total);
      },
    });
    this.#registry.registerMetric(counter);
  }

  async render(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #options({ name, help, labels }: Definition) {
    return { name, help, labelNames: [...labels], registers: [] };
  }
}
