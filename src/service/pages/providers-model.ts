import { describeSpan } from "#report/span.ts";
import type { Mark } from "#service/pages/components/mark.ts";
import type { Condition, ProviderState, State } from "#state/state.ts";

export interface ProviderCard {
  readonly name: string;
  readonly type: string;
  readonly title: string;
  readonly docsUrl: string | undefined;
  /** A shape and a word. */
  readonly standing: "failed" | "paused" | "unknown" | "well";
  readonly budget: BudgetModel;
  /** One for each operation and result that came up, e.g. `read, ok` 120. */
  readonly calls: readonly { readonly operation: string; readonly results: readonly CallCount[] }[];
  readonly lastSuccess: Date | undefined;
  readonly trouble: ProviderState["trouble"];
  readonly pausedUntil: Date | undefined;
  /** Those that depend on it. */
  readonly records: readonly RecordWords[];
}

/** How a record stands, in short. */
export interface RecordWords {
  readonly name: string;
  readonly type: string;
  readonly mark: Mark;
  readonly word: string;
}

export interface BudgetModel {
  /** Absent: nobody counts. */
  readonly left: number | undefined;
  readonly requests: number;
  /** E.g. `60 s`. */
  readonly per: string;
  /** Whose word that is. */
  readonly source: string;
}

interface CallCount {
  readonly result: ProviderState["calls"][number]["result"];
  readonly count: number;
}

export interface ProvidersModel {
  readonly cards: readonly ProviderCard[];
  /** E.g. `2 of 3 are well`. */
  readonly summary: string;
}

export function providersModel(
  { providers, records }: Pick<State, "providers" | "records">,
  now: Date,
): ProvidersModel {
  const cards = providers.map((provider) => cardOf(provider, records, now));
  const well = cards.filter(({ standing }) => standing === "well").length;
  return { cards, summary: `${well} of ${cards.length} ${well === 1 ? "is" : "are"} well` };
}

function cardOf(provider: ProviderState, records: State["records"], now: Date): ProviderCard {
  const { name, type, title, docsUrl, limit, budget, calls, lastSuccess, trouble } = provider;
  const isPaused = provider.pausedUntil !== undefined && provider.pausedUntil > now;
  return {
    name,
    type,
    title,
    docsUrl,
    standing: trouble ? "failed" : isPaused ? "paused" : lastSuccess ? "well" : "unknown",
    budget: { left: budget, requests: limit.requests, per: describeSpan(limit.per), source: limit.source },
    calls: callsOf(calls),
    lastSuccess,
    trouble,
    pausedUntil: isPaused ? provider.pausedUntil : undefined,
    records: recordsOf(records.filter(({ record }) => record.provider === name)),
  };
}

const CONDITIONS: Readonly<Record<Condition["kind"], Pick<RecordWords, "mark" | "word">>> = {
  unknown: { mark: "unknown", word: "not read yet" },
  "in-sync": { mark: "ok", word: "in sync" },
  pending: { mark: "pending", word: "pending" },
  withheld: { mark: "withheld", word: "withheld" },
  kept: { mark: "kept", word: "left as it is" },
  failed: { mark: "failed", word: "failed" },
};

/** Those that need a look first. */
function recordsOf(records: State["records"]): readonly RecordWords[] {
  const words = records.map(({ record: { name, type }, condition }) => ({
    name,
    type,
    ...CONDITIONS[condition.kind],
  }));
  return words.toSorted((a, b) => Number(a.mark === "ok") - Number(b.mark === "ok"));
}

const RESULTS = ["ok", "refused", "failed", "unconfirmed"] as const;

function callsOf(calls: ProviderState["calls"]): ProviderCard["calls"] {
  return (["read", "apply"] as const).flatMap((operation) => {
    const results = RESULTS.flatMap((result) => {
      const own = calls.filter((each) => each.operation === operation && each.result === result);
      const count = own.reduce((sum, each) => sum + each.count, 0);
      return count > 0 ? [{ result, count }] : [];
    });
    return results.length > 0 ? [{ operation, results }] : [];
  });
}
