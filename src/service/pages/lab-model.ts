import type { Family } from "#core/address.ts";
import { familyOf } from "#core/record.ts";
import { describeSpan } from "#report/span.ts";
import { familyLabel } from "#report/verdict.ts";
import type { LabView, ProviderBehaviour, WitnessBehaviour } from "#lab/controls.ts";
import type { Mark } from "#service/pages/components/mark.ts";
import { type FamilyPanel, familyPanel } from "#service/pages/overview-family.ts";
import type { OperatorMark } from "#service/pages/overview-operators.ts";
import type { State } from "#state/state.ts";

/** One address, as it is, as it is believed to be, and as it is published. */
export interface LabFamily {
  readonly family: Family;
  readonly label: "IPv4" | "IPv6";
  readonly truth: string;
  readonly believed: string | undefined;
  readonly belief: Pick<FamilyPanel, "counts" | "kind" | "marks" | "sentence" | "word">;
  readonly beliefMark: Mark;
  /** Of the first record of the family. */
  readonly published: string | undefined;
  readonly publishedMark: Mark;
}

export interface LabWitness {
  readonly name: string;
  /** E.g. `STUN over UDP`. */
  readonly by: string;
  readonly behaviour: WitnessBehaviour;
  readonly lie: string;
  /** How the daemon sees it. */
  readonly seen: OperatorMark | undefined;
  /** When it was asked, or is to be asked again: what the daemon says of it is as old as that. */
  readonly asked: { readonly at: Date; readonly isAgain: boolean } | undefined;
}

export interface LabModel {
  readonly families: readonly LabFamily[];
  /** How DNS followed the last move. */
  readonly dnsWords: string;
  readonly waitingSince: Date | undefined;
  /** What keeps a record from following, where it is more than a moment. */
  readonly hindrance: string | undefined;
  readonly isRight: boolean;
  readonly witnesses: readonly LabWitness[];
  readonly isOnline: boolean;
  readonly onlineAgainAt: Date | undefined;
  readonly isUdpBlocked: boolean;
  readonly loss: number;
  readonly delay: number;
  readonly provider: ProviderBehaviour;
  readonly digLine: string;
}

export function labModel(view: LabView, state: State): LabModel {
  const { isOnline, onlineAgainAt, isUdpBlocked, loss, delay, provider, digLine, waitingSince } = view;
  const families = view.addresses.map(({ family, text }) => labFamily(family, text, view, state));
  const marks = new Map(families.flatMap(({ belief }) => belief.marks).map((each) => [each.operator, each]));
  return {
    families,
    dnsWords: dnsWords(view),
    waitingSince,
    hindrance: hindranceOf(state),
    isRight: families.every(({ publishedMark }) => publishedMark === "ok"),
    witnesses: view.witnesses.map(({ name, kind, transport, behaviour, lie }) => ({
      name,
      by: kind === "stun" ? `STUN over ${transport.toUpperCase()}` : "HTTPS",
      behaviour,
      lie,
      seen: marks.get(name),
      asked: marks.get(name)?.standing === "unneeded" ? undefined : askedAt(name, state),
    })),
    isOnline,
    onlineAgainAt,
    isUdpBlocked,
    loss,
    delay,
    provider,
    digLine,
  };
}

function labFamily(family: Family, truth: string, { dns }: LabView, state: State): LabFamily {
  const known = state.families.find((each) => each.family === family);
  const panel = known && familyPanel(state, known);
  const published = dns.find(({ type }) => familyOf(type) === family)?.values.join(", ");
  return {
    family,
    label: familyLabel(family),
    truth,
    believed: panel?.address,
    belief: panel ?? NO_BELIEF,
    beliefMark: beliefMark(panel, truth),
    published,
    publishedMark: published === truth ? "ok" : "pending",
  };
}

function askedAt(name: string, { witnesses }: State): LabWitness["asked"] {
  const own = witnesses.filter(({ witness }) => witness.operator === name);
  const until = own.findLast(({ quarantine }) => quarantine)?.quarantine?.until;
  if (until) return { at: until, isAgain: true };
  const at = own.reduce((last, { latest }) => Math.max(last, latest?.at.getTime() ?? 0), 0);
  return at === 0 ? undefined : { at: new Date(at), isAgain: false };
}

/** In the provider's own words, where there are some. */
function hindranceOf({ records }: State): string | undefined {
  const conditions = records.map(({ condition }) => condition);
  const failed = conditions.find(({ kind }) => kind === "failed");
  if (failed?.kind === "failed") return [failed.words, failed.hint].filter(Boolean).join("; ");
  const held = conditions.find(({ kind }) => kind === "withheld" || kind === "kept");
  return held && "words" in held ? held.words : undefined;
}

const NO_BELIEF: LabFamily["belief"] = {
  kind: "waiting",
  word: "Not looked for.",
  sentence: "No record asks for it.",
  counts: "",
  marks: [],
};

function beliefMark(panel: FamilyPanel | undefined, truth: string): Mark {
  if (panel?.kind === "disputed") return "differs";
  if (panel?.kind !== "known") return "silent";
  return panel.address === truth ? "ok" : "pending";
}

function dnsWords({ followedAfter, waitingSince }: LabView): string {
  if (waitingSince) return "Not there yet";
  if (followedAfter === undefined) return "Right";
  return `Right, ${describeSpan(followedAfter)} after you moved it`;
}
