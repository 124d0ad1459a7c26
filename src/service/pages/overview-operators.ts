import type { Family } from "#core/address.ts";
import type { Mark } from "#service/pages/components/mark.ts";
import type { State, WitnessState } from "#state/state.ts";

/** How a witness or its operator stands beside the verdict. */
export type Standing = Extract<
  Mark,
  "agrees" | "differs" | "quarantined" | "rejected" | "silent" | "undecided" | "unknown" | "unneeded"
>;

/** One mark of the strip. */
export interface OperatorMark {
  readonly operator: string;
  readonly standing: Standing;
  /** E.g. `cloudflare agrees, 11 ms`. */
  readonly words: string;
}

/** What an operator with several witnesses is shown as: the first of these that one of them is. */
const ORDER: readonly Standing[] = [
  "differs",
  "agrees",
  "rejected",
  "undecided",
  "silent",
  "quarantined",
  "unneeded",
  "unknown",
];

export function standingOf({ latest, quarantine }: WitnessState): Standing {
  if (quarantine) return "quarantined";
  return latest?.answer.kind ?? "unknown";
}

/** By name, so that a mark keeps its place when it leaves the line; those that were not needed come last. */
export function operatorMarks(witnesses: State["witnesses"], family: Family): readonly OperatorMark[] {
  const own = witnesses.filter((each) => each.family === family && !each.witness.probation);
  const marks = [...Map.groupBy(own, ({ witness }) => witness.operator)].map(([operator, group]) => {
    const first = group.toSorted((a, b) => rank(a) - rank(b))[0];
    const standing = first ? standingOf(first) : "unknown";
    return { operator, standing, words: `${operator} ${first ? wordsOf(first, standing) : ""}` };
  });
  return marks.toSorted(
    (a, b) => Number(isIdle(a)) - Number(isIdle(b)) || (a.operator < b.operator ? -1 : 1),
  );
}

/** E.g. `5 agree, 1 differs, 1 silent`; those that were not needed are not counted. */
export function countStandings(marks: readonly OperatorMark[]): string {
  const counts = ORDER.filter((standing) => COUNTED[standing] !== undefined).flatMap((standing) => {
    const count = marks.filter((each) => each.standing === standing).length;
    const [one, many] = COUNTED[standing] ?? ["", ""];
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  return counts.join(", ");
}

const COUNTED: Partial<Record<Standing, readonly [one: string, many: string]>> = {
  agrees: ["agrees", "agree"],
  differs: ["differs", "differ"],
  undecided: ["answers", "answer"],
  rejected: ["does not count", "do not count"],
  silent: ["silent", "silent"],
  quarantined: ["quarantined", "quarantined"],
};

function rank(state: WitnessState): number {
  return ORDER.indexOf(standingOf(state));
}

function isIdle({ standing }: OperatorMark): boolean {
  return standing === "unneeded" || standing === "unknown";
}

function wordsOf({ latest, quarantine }: WitnessState, standing: Standing): string {
  const answer = latest?.answer;
  switch (standing) {
    case "agrees":
      return `agrees, ${Math.round(latest?.elapsed ?? 0)} ms`;
    case "differs":
    case "undecided":
      return `says ${answer && "address" in answer ? answer.address.text : ""}`;
    case "rejected":
      return `says ${answer && "address" in answer ? answer.address.text : ""}, which does not count`;
    case "silent":
      return "does not answer";
    case "quarantined":
      return quarantine?.reason === "dissent"
        ? "is quarantined: it keeps contradicting the others"
        : "is quarantined: it keeps failing";
    case "unneeded":
      return "was not needed";
    case "unknown":
      return "was not asked yet";
  }
}
