import type { Mark } from "#service/pages/components/mark.ts";
import { currentWitnesses } from "#state/told.ts";
import type { FamilyState, State, WitnessState } from "#state/state.ts";

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

/**
 * Next to what is known now, and not only to what was when it was asked: whoever saw the new address first agrees, and an
 * answer from before it says nothing any more.
 */
export function standingOf({ latest, quarantine }: WitnessState, family: FamilyState | undefined): Standing {
  if (quarantine) return "quarantined";
  if (!latest) return "unknown";
  const { answer, at } = latest;
  const isComparable = answer.kind === "agrees" || answer.kind === "differs";
  if (!isComparable || family?.decided?.verdict.kind !== "known") return answer.kind;
  if (answer.address.text === family.address?.text) return "agrees";
  return family.since && at < family.since ? "unneeded" : "differs";
}

/** None for a leader's word, which no operator stands behind here. By name, so that a mark keeps its place when it leaves the line; those that were not needed come last. */
export function operatorMarks(witnesses: State["witnesses"], family: FamilyState): readonly OperatorMark[] {
  const own = currentWitnesses(witnesses, family)
    .filter(({ witness }) => !witness.probation && witness.source !== "cluster")
    .map((state) => ({ state, standing: standingOf(state, family) }));
  const marks = [...Map.groupBy(own, ({ state }) => state.witness.operator)].map(([operator, group]) => {
    const first = group.toSorted((a, b) => ORDER.indexOf(a.standing) - ORDER.indexOf(b.standing))[0];
    const words = first ? wordsOf(first.state, first.standing) : "";
    return { operator, standing: first?.standing ?? "unknown", words: `${operator} ${words}` };
  });
  return marks.toSorted(
    (a, b) => Number(isIdle(a)) - Number(isIdle(b)) || (a.operator < b.operator ? -1 : 1),
  );
}

/** E.g. `5 agree, 1 differs, 1 silent`; those that were not needed are not counted. */
export function countStandings(marks: readonly OperatorMark[]): string {
  const counts = COUNTED.flatMap(([standing, one, many]) => {
    const count = marks.filter((each) => each.standing === standing).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  return counts.join(", ");
}

const COUNTED: readonly (readonly [standing: Standing, one: string, many: string])[] = [
  ["agrees", "agrees", "agree"],
  ["undecided", "answers", "answer"],
  ["differs", "differs", "differ"],
  ["rejected", "does not count", "do not count"],
  ["silent", "silent", "silent"],
  ["quarantined", "quarantined", "quarantined"],
];

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
