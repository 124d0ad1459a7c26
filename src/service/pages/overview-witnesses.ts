import type { Family } from "#core/address.ts";
import { familyLabel } from "#report/verdict.ts";
import { type Standing, standingOf } from "#service/pages/overview-operators.ts";
import { describeTransport } from "#report/transport.ts";
import { currentWitnesses } from "#state/told.ts";
import type { State, WitnessState } from "#state/state.ts";

export interface WitnessRow {
  readonly id: string;
  readonly operator: string;
  /** E.g. `STUN over UDP`. */
  readonly by: string;
  readonly standing: Standing;
  /** The address it says, or why it says none. */
  readonly says: string;
  readonly isAddress: boolean;
  /** Why it stands apart, with when it began or ends. */
  readonly aside: { readonly before: string; readonly at: Date; readonly isCountdown: boolean } | undefined;
  /** In milliseconds, of the latest answer. */
  readonly roundTrip: number | undefined;
  /** Of the last hour, oldest first. */
  readonly recent: WitnessState["recent"];
}

export interface WitnessTable {
  readonly family: Family;
  readonly label: "IPv4" | "IPv6";
  /** Those that agree first, then those that do not, each kind apart. */
  readonly groups: readonly { readonly title: string; readonly rows: readonly WitnessRow[] }[];
  /** How many had no part in the latest round. */
  readonly idle: number;
}

const GROUPS: readonly { readonly title: string; readonly standings: readonly Standing[] }[] = [
  { title: "Agree", standings: ["agrees"] },
  { title: "Answer, without a verdict", standings: ["undecided"] },
  { title: "Differ", standings: ["differs"] },
  { title: "Do not count", standings: ["rejected"] },
  { title: "Silent", standings: ["silent"] },
  { title: "Quarantined: not asked for a while", standings: ["quarantined"] },
];

export function witnessTables({
  families,
  witnesses,
}: Pick<State, "families" | "witnesses">): readonly WitnessTable[] {
  return families.map((state) => {
    const { family } = state;
    const own = currentWitnesses(witnesses, state).map((each) => witnessRow(each, standingOf(each, state)));
    const groups = GROUPS.map(({ title, standings }) => ({
      title,
      rows: own.filter(({ standing }) => standings.includes(standing)),
    })).filter(({ rows }) => rows.length > 0);
    const shown = groups.reduce((sum, { rows }) => sum + rows.length, 0);
    return { family, label: familyLabel(family), groups, idle: own.length - shown };
  });
}

function witnessRow(state: WitnessState, standing: Standing): WitnessRow {
  const { witness, latest, recent } = state;
  // A leader's word is here already: it takes no time, and nothing can be seen in how it came
  const isTold = witness.source === "cluster";
  const isSilent = latest?.answer.kind === "silent";
  return {
    id: witness.id,
    operator: witness.operator,
    by: describeTransport(witness).by,
    standing,
    ...saying(latest?.answer),
    aside: asideOf(state, standing),
    roundTrip:
      isSilent || isTold ? undefined : recent.findLast(({ elapsed }) => elapsed !== undefined)?.elapsed,
    recent: isTold ? [] : recent,
  };
}

/** The row says already who was asked. */
const WHOM = /^(?:Cannot (?:ask|reach) "[^"]*"[^:"]*: )+/;

function saying(answer: NonNullable<WitnessState["latest"]>["answer"] | undefined): {
  readonly says: string;
  readonly isAddress: boolean;
} {
  if (!answer) return { says: "not asked yet", isAddress: false };
  switch (answer.kind) {
    case "agrees":
    case "differs":
    case "rejected":
    case "undecided":
      return { says: answer.address.text, isAddress: true };
    case "silent":
      return { says: answer.words.replace(WHOM, ""), isAddress: false };
    case "unneeded":
      return { says: "not needed", isAddress: false };
  }
}

function asideOf(
  { quarantine, differsSince, witness }: WitnessState,
  standing: Standing,
): WitnessRow["aside"] {
  if (quarantine) {
    const why = quarantine.reason === "dissent" ? "contradicted the others" : "kept failing";
    return { before: `${why}; asked again in`, at: quarantine.until, isCountdown: true };
  }
  if (differsSince && standing === "differs") {
    const before = witness.probation ? "on probation, differs since" : "outvoted, differs since";
    return { before, at: differsSince, isCountdown: false };
  }
  return undefined;
}
