import { describeSpan } from "#report/span.ts";
import { type RecordRow, recordsModel } from "#service/pages/overview-records.ts";
import type { ProviderState, State } from "#state/state.ts";

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
  readonly records: readonly RecordRow[];
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

function recordsOf(records: State["records"]): readonly RecordRow[] {
  const { rows, folded } = recordsModel({ records, families: [] }, "");
  return [...rows, ...folded];
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
