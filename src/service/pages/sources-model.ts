import type { Family } from "#core/address.ts";
import type { Measure } from "#core/store.ts";
import { SOURCE_KINDS, type SourceKind } from "#core/witness.ts";
import { familyLabel } from "#report/verdict.ts";
import { type Standing, standingOf } from "#service/pages/overview-operators.ts";
import { adviceOnSilence } from "#service/pages/sources-advice.ts";
import { describeTransport } from "#report/transport.ts";
import { isCurrent, isTold } from "#state/told.ts";
import type { Answer, State, WitnessState } from "#state/state.ts";

export interface WitnessRow {
  readonly id: string;
  readonly operator: string;
  /** Host, URL, program or interface. */
  readonly peer: string;
  readonly family: "IPv4" | "IPv6";
  /** E.g. `STUN over UDP`. */
  readonly by: string;
  readonly isAuthenticated: boolean;
  /** What sets it apart, beside that. */
  readonly traits: readonly string[];
  readonly standing: Standing;
  /** What it says, or why it does not. */
  readonly words: string;
  readonly isAddress: boolean;
  readonly at: Date | undefined;
  readonly differsSince: Date | undefined;
  readonly quarantine: { readonly words: string; readonly until: Date } | undefined;
  /** Of its latest answer, in milliseconds. */
  readonly roundTrip: number | undefined;
  /** The latest questions, oldest first. */
  readonly recent: WitnessState["recent"];
  /** Of the questions within a day. */
  readonly day: Pick<Measure, "answered" | "asked" | "differed"> | undefined;
}

export interface SourceGroup {
  readonly kind: SourceKind;
  readonly title: string;
  /** E.g. `5 of 6 answer`. */
  readonly summary: string;
  readonly families: readonly { readonly label: "IPv4" | "IPv6"; readonly rows: readonly WitnessRow[] }[];
}

export interface SourcesModel {
  readonly groups: readonly SourceGroup[];
  /** The leader's word is all that this pod asks for now. */
  readonly isTold: boolean;
  /** What to do where nobody answers. */
  readonly advice: readonly string[];
}

const TITLES: Readonly<Record<SourceKind, string>> = {
  stun: "STUN",
  http: "HTTP",
  whoami: "DNS whoami",
  interface: "Interface",
  static: "Static",
  command: "Command",
  file: "File",
  cluster: "The cluster's shared address",
};

/** @param measures of the last 24 hours, of every family */
export function sourcesModel(
  { witnesses: all, families }: Pick<State, "families" | "witnesses">,
  measures: readonly Measure[],
): SourcesModel {
  const days = daysOf(measures);
  const stateOf = (family: Family) => families.find((each) => each.family === family);
  const witnesses = all.filter((each) => isCurrent(each, stateOf(each.family)));
  const groups = SOURCE_KINDS.flatMap((kind): SourceGroup[] => {
    const own = witnesses.filter(({ witness }) => witness.source === kind);
    if (own.length === 0) return [];
    const rows = own.map((each) => ({
      ...rowOf(each, days.get(keyOf(each.family, each.witness.id))),
      standing: standingOf(each, stateOf(each.family)),
    }));
    const byFamily = [...Map.groupBy(rows, ({ family }) => family)];
    return [
      {
        kind,
        title: TITLES[kind],
        summary: summaryOf(rows),
        families: byFamily.map(([label, rows]) => ({ label, rows })),
      },
    ];
  });
  return { groups, isTold: families.some(isTold), advice: adviceOnSilence(witnesses) };
}

function rowOf(state: WitnessState, day: WitnessRow["day"]): Omit<WitnessRow, "standing"> {
  const { witness, family, latest, differsSince, quarantine, recent } = state;
  const isShared = witness.source === "cluster";
  return {
    id: witness.id,
    operator: witness.operator,
    ...describeTransport(witness),
    family: familyLabel(family),
    isAuthenticated: witness.authenticated,
    traits: traitsOf(state),
    ...saying(latest?.answer),
    at: latest?.at,
    differsSince,
    quarantine: quarantine && { words: quarantineWords(quarantine.reason), until: quarantine.until },
    // A leader's word is here already: it takes no time
    roundTrip: isShared ? undefined : recent.findLast(({ elapsed }) => elapsed !== undefined)?.elapsed,
    recent: isShared ? [] : recent,
    day,
  };
}

function saying(answer: Answer | undefined): Pick<WitnessRow, "isAddress" | "words"> {
  switch (answer?.kind) {
    case undefined:
      return { words: "not asked yet", isAddress: false };
    case "agrees":
    case "differs":
    case "undecided":
      return { words: answer.address.text, isAddress: true };
    case "rejected":
      return { words: `${answer.address.text} does not count: ${answer.words}`, isAddress: false };
    case "silent":
      return { words: answer.words, isAddress: false };
    case "unneeded":
      return { words: "not needed: the round was decided before", isAddress: false };
  }
}

function traitsOf({ witness }: WitnessState): readonly string[] {
  return [
    ...(witness.probation ? ["on probation: asked and compared, without a vote"] : []),
    ...(witness.fallback ? ["last resort"] : []),
    ...(witness.decisive || witness.fallback ? [] : ["joins a majority, never makes one"]),
  ];
}

function quarantineWords(reason: "dissent" | "failures"): string {
  return reason === "dissent" ? "it keeps contradicting the others" : "it keeps failing";
}

function summaryOf(rows: readonly WitnessRow[]): string {
  const asked = rows.filter(({ at }) => at);
  if (asked.length === 0) return "not asked yet";
  const answering = asked.filter(
    ({ isAddress, roundTrip, standing }) => (isAddress || roundTrip !== undefined) && standing !== "silent",
  );
  return `${answering.length} of ${asked.length} answered last`;
}

function daysOf(measures: readonly Measure[]): ReadonlyMap<string, NonNullable<WitnessRow["day"]>> {
  const days = new Map<string, NonNullable<WitnessRow["day"]>>();
  for (const { family, witness, asked, answered, differed } of measures) {
    const key = keyOf(family, witness);
    const sum = days.get(key) ?? { asked: 0, answered: 0, differed: 0 };
    days.set(key, {
      asked: sum.asked + asked,
      answered: sum.answered + answered,
      differed: sum.differed + differed,
    });
  }
  return days;
}

function keyOf(family: Family, witness: string): string {
  return `${family} ${witness}`;
}
