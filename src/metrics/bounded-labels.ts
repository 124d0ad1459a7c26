/**
 * Values that come from outside, by label. Each label keeps the first so many, whatever comes later is `other`: a
 * list of witnesses that somebody else keeps must not fill the memory of whoever scrapes.
 */
export const LABEL_BOUNDS = {
  domain: 1000,
  endpoint: 100,
  error_type: 50,
  notifier: 50,
  operator: 64,
  provider: 50,
} as const;

export const OTHER = "other";

/** RFC 1035: no name is longer as text. */
const MAX_LENGTH = 253;

type OpenLabel = keyof typeof LABEL_BOUNDS;

export class BoundedLabels {
  readonly #seen = new Map<OpenLabel, Set<string>>();

  /** The same labels, with values that may be shown. */
  bound<Label extends string>(labels: Readonly<Record<Label, string>>): Record<string, string> {
    const entries = Object.entries<string>(labels);
    return Object.fromEntries(
      entries.map(([label, value]) => [label, isOpen(label) ? this.#admit(label, value) : value]),
    );
  }

  #admit(label: OpenLabel, value: string): string {
    const seen = this.#seen.get(label) ?? new Set();
    this.#seen.set(label, seen);
    const shown = printable(value);
    if (!seen.has(shown) && seen.size >= LABEL_BOUNDS[label]) return OTHER;
    seen.add(shown);
    return shown;
  }
}

/** Control characters would break the line format of whoever reads it (a zero byte ends Prometheus' parser). */
function printable(value: string): string {
  return value
    .slice(0, MAX_LENGTH)
    .replace(/\p{Cc}/gu, "\u{FFFD}")
    .toWellFormed();
}

function isOpen(label: string): label is OpenLabel {
  return Object.hasOwn(LABEL_BOUNDS, label);
}
