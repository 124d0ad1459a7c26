import type { Archive } from "#core/store.ts";
import { type Day, dayOf } from "#service/pages/overview-day.ts";
import { type FamilyPanel, familyPanel } from "#service/pages/overview-family.ts";
import { type RecordsModel, recordsModel } from "#service/pages/overview-records.ts";
import { type WitnessTable, witnessTables } from "#service/pages/overview-witnesses.ts";
import type { ClusterState } from "#state/cluster.ts";
import type { Happening } from "#state/happening.ts";
import type { State } from "#state/state.ts";

/** What is my address, who says so, since when, is every name right, what happened lately, what comes next. */
export interface OverviewModel {
  readonly now: Date;
  /** Of the window: the address, so that a tab says it. */
  readonly title: string;
  readonly families: readonly FamilyPanel[];
  readonly day: Day;
  readonly records: RecordsModel;
  readonly witnesses: readonly WitnessTable[];
  readonly lately: readonly Happening[];
  readonly isRoundUnderWay: boolean;
}

const LATELY = 8;

export interface OverviewOptions {
  /** What is looked for among the records. */
  readonly find?: string | undefined;
  /** Of a pod in one. */
  readonly cluster?: ClusterState | undefined;
}

export function overviewModel(
  state: State,
  archive: Pick<Archive, "episodes">,
  now: Date,
  { find = "", cluster }: OverviewOptions = {},
): OverviewModel {
  return {
    now,
    title: titleOf(state),
    families: state.families.map((family) => familyPanel(state, family, cluster)),
    day: dayOf(
      state.families.map(({ family }) => family),
      archive,
      now,
    ),
    records: recordsModel(state, find),
    witnesses: witnessTables(state),
    lately: state.lately.slice(0, LATELY),
    isRoundUnderWay: state.round !== undefined,
  };
}

function titleOf({ families }: State): string {
  const first = families.find(({ address }) => address);
  if (first?.trouble) return first.trouble.kind === "disputed" ? "Disputed" : "Not known";
  return first?.address?.text ?? "Overview";
}
