import type { HistoryEntry } from "#core/store.ts";
import { REASON_WORDS } from "#report/plan.ts";
import { describeSpan } from "#report/span.ts";

export interface ChangeRow {
  readonly id: number;
  readonly at: Date;
  readonly name: string;
  readonly type: string;
  readonly provider: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly why: string;
  readonly operators: readonly string[];
  readonly standing: "applied" | "failed" | "unconfirmed";
  /** E.g. `published`, `refused`. */
  readonly outcome: string;
  /** The provider's, of what failed. */
  readonly words: string | undefined;
  /** From first sight to the provider's answer to everywhere. */
  readonly steps: readonly string[];
}

const OUTCOMES: Readonly<Record<HistoryEntry["outcome"], Pick<ChangeRow, "outcome" | "standing">>> = {
  applied: { outcome: "published", standing: "applied" },
  unchanged: { outcome: "was so already", standing: "applied" },
  unconfirmed: { outcome: "sent, no answer", standing: "unconfirmed" },
  refused: { outcome: "refused", standing: "failed" },
  failed: { outcome: "failed", standing: "failed" },
};

export function changeRow(entry: HistoryEntry & { readonly id: number }): ChangeRow {
  const { id, at, record, provider, before, after, reason, outcome, words, operators } = entry;
  const slash = record.lastIndexOf("/");
  return {
    id,
    at,
    name: record.slice(0, slash),
    type: record.slice(slash + 1),
    provider,
    before,
    after,
    why: REASON_WORDS[reason],
    operators: operators ?? [],
    ...OUTCOMES[outcome],
    words,
    steps: stepsOf(entry),
  };
}

function stepsOf({ sight, took, converged, outcome }: HistoryEntry): readonly string[] {
  if (outcome === "refused" || outcome === "failed") return [];
  const sent =
    sight === undefined
      ? `${describeSpan(took)} from the first answer`
      : `${describeSpan(sight)} from first sight`;
  return [sent, ...(converged === undefined ? [] : [`everywhere ${describeSpan(converged)} later`])];
}
