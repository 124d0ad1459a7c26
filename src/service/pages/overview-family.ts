import type { Family } from "#core/address.ts";
import type { Verdict } from "#core/consensus.ts";
import { describeUnavailable, familyLabel } from "#report/verdict.ts";
import type { MomentFormat } from "#service/assets/moments.js";
import { countStandings, type OperatorMark, operatorMarks } from "#service/pages/overview-operators.ts";
import { leaderWords } from "#service/pages/cluster-words.ts";
import type { ClusterState, SharedAddressState } from "#state/cluster.ts";
import { isTold } from "#state/told.ts";
import type { FamilyState, State } from "#state/state.ts";

/** A date among other words. */
export interface Fact {
  readonly term: string;
  readonly at: Date;
  readonly format: MomentFormat;
}

export interface FamilyPanel {
  readonly family: Family;
  readonly label: "IPv4" | "IPv6";
  /** `waiting`: no round of this process has decided yet; `absent`: there never was an address. */
  readonly kind: "absent" | "disputed" | "known" | "unavailable" | "waiting";
  /** Believed now, or what was last known. */
  readonly address: string | undefined;
  /** The verdict in one word, and why, as a sentence. */
  readonly word: string;
  readonly sentence: string;
  /** Of a dispute: who says what. */
  readonly positions: readonly { readonly address: string; readonly operators: readonly string[] }[];
  readonly marks: readonly OperatorMark[];
  /** The marks in words. */
  readonly counts: string;
  readonly facts: readonly Fact[];
  readonly notes: readonly string[];
}

/** @param cluster of a pod in one: whose word it may be that is believed */
export function familyPanel(state: State, family: FamilyState, cluster?: ClusterState): FamilyPanel {
  const told = isTold(family) ? { by: leaderWords(cluster), shared: cluster?.shared } : undefined;
  const marks = operatorMarks(state.witnesses, family);
  return {
    family: family.family,
    label: familyLabel(family.family),
    address: family.address?.text,
    ...verdictWords(family, marks, told),
    marks,
    counts: countStandings(marks),
    facts: factsOf(state, family, told),
    notes: family.decided?.notes ?? [],
  };
}

/** What a leader tells. */
interface Told {
  /** E.g. `the leader on node-1`. */
  readonly by: string;
  readonly shared: SharedAddressState | undefined;
}

type Words = Pick<FamilyPanel, "kind" | "positions" | "sentence" | "word">;

function verdictWords(
  { decided, address, family }: FamilyState,
  marks: readonly OperatorMark[],
  told: Told | undefined,
): Words {
  if (!decided) {
    const sentence = address
      ? "An earlier run left this address behind; the first round is under way."
      : "The first round is under way.";
    return { kind: "waiting", word: address ? "Not confirmed yet." : "Looking.", sentence, positions: [] };
  }
  const { verdict } = decided;
  switch (verdict.kind) {
    case "known":
      return {
        kind: "known",
        word: "Known.",
        sentence: told ? `As ${told.by} tells.` : whyKnown(verdict, marks),
        positions: [],
      };
    case "disputed": {
      const positions = verdict.positions.map(({ address, operators }) => ({
        address: address.text,
        operators,
      }));
      const sentence = "The operators disagree; every record stays as it is.";
      return { kind: "disputed", word: "Disputed.", sentence, positions };
    }
    case "unavailable": {
      const type = family === 4 ? "A" : "AAAA";
      const why = sentenceOf(told ? `${told.by} tells none` : describeUnavailable(verdict));
      const sentence = `${why} ${address ? "Every record stays as it is." : `${type} records are left alone.`}`;
      if (!address)
        return { kind: "absent", word: `No ${familyLabel(family)} here.`, sentence, positions: [] };
      return { kind: "unavailable", word: "Not known.", sentence, positions: [] };
    }
  }
}

/** Of everybody who has answered, those who were late included: the marks beside it say the same. */
function whyKnown({ basis, for: supporting }: Known, marks: readonly OperatorMark[]): string {
  const supporters = new Set(supporting.map(({ witness }) => witness.operator)).size;
  if (basis === "confirms-published") {
    const who =
      supporters === 1 ? "The only operator that answers confirms" : "The few operators that answer confirm";
    return `${who} what is published; to change it, it would take more.`;
  }
  const agreeing = marks.filter(({ standing }) => standing === "agrees").length || supporters;
  const differing = marks.filter(({ standing }) => standing === "differs");
  const [first] = differing;
  if (first) {
    const who = differing.length === 1 ? `${first.operator} differs` : `${differing.length} differ`;
    return `${agreeing} of ${agreeing + differing.length} operators agree, ${who}.`;
  }
  if (agreeing === 1) return "The only operator that was asked says so.";
  return agreeing === 2
    ? "Both operators that answered agree."
    : `All ${agreeing} operators that answered agree.`;
}

type Known = Extract<Verdict, { kind: "known" }>;

function factsOf({ next, families }: State, family: FamilyState, told: Told | undefined): readonly Fact[] {
  const { trouble, address, decided } = family;
  // By the leader's clock, and not when this pod looked at it last
  const confirmedAt = (told && family.address && told.shared?.detectedAt) ?? family.confirmedAt;
  // A pod knows since when it was told, which is no more than that
  const since = told ? undefined : family.since;
  const facts: Fact[] = [];
  if (trouble && address) facts.push({ term: STANDING[trouble.kind], at: trouble.since, format: "age" });
  if (confirmedAt) facts.push({ term: "Confirmed", at: confirmedAt, format: "ago" });
  else if (decided && !address) facts.push({ term: "Looked", at: decided.at, format: "ago" });
  if (since && address)
    facts.push({ term: trouble ? "Was yours since" : "Yours since", at: since, format: "since" });
  // The probe looks for the first family alone that has an address
  const isProbed = !told && !trouble && address !== undefined && families.some((each) => each.address);
  if (next.probe && isProbed) facts.push({ term: "Next probe", at: next.probe, format: "until" });
  if (next.round) facts.push({ term: "Next round", at: next.round, format: "until" });
  return facts;
}

const STANDING = { disputed: "In dispute for", unavailable: "Not known for" } as const;

function sentenceOf(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}
