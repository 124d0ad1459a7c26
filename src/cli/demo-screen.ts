import type { DemoState } from "#cli/demo-state.ts";
import { familyLabel } from "#report/verdict.ts";

/** What the lab is now, beside what the daemon makes of it. */
export interface LabFacts {
  readonly addresses: readonly string[];
  readonly digLine: string;
  readonly liar: string | undefined;
  readonly dead: string | undefined;
}

const KEYS = "m moves the address   l makes a witness lie   d switches a witness off   q ends";

/** The whole screen, one string a line; pure. */
export function demoScreen(state: DemoState, lab: LabFacts, width: number): readonly string[] {
  const families = [...state.verdicts.keys()].toSorted((a, b) => a - b);
  const lines = [
    `esddns demo: a lab on loopback, and the daemon at work in it`,
    "",
    `the lab's public address  ${lab.addresses.join("  ")}`,
    ...(lab.liar ? [`lying                     ${lab.liar}`] : []),
    ...(lab.dead ? [`switched off              ${lab.dead}`] : []),
    `round ${state.round} (${state.trigger ?? "not yet"}), ${state.probes} probes${state.lastProbe ? `, the last: ${state.lastProbe}` : ""}`,
    "",
    "witnesses",
    ...witnessLines(state),
    "",
    "verdict",
    ...families.map((family) => `  ${state.verdicts.get(family) ?? familyLabel(family)}`),
    "",
    "plan",
    ...families.flatMap((family) => (state.plan.get(family) ?? []).map((line) => `  ${line}`)),
    "",
    "written",
    ...(state.writes.length > 0 ? state.writes.map((line) => `  ${line}`) : ["  nothing in this round"]),
    "",
    "so far",
    ...(state.story.length > 0 ? state.story.map((line) => `  ${line}`) : ["  nothing yet"]),
    "",
    `See for yourself:  ${lab.digLine}`,
    KEYS,
  ];
  return lines.map((line) => (line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line));
}

function witnessLines({ witnesses }: DemoState): readonly string[] {
  const rows = [...witnesses.values()].toSorted(
    (a, b) => a.family - b.family || (a.look < b.look ? -1 : a.look > b.look ? 1 : 0),
  );
  return rows.map(
    ({ family, look, sign, text }) => `  ${sign} ${familyLabel(family)} ${look.padEnd(6)}  ${text}`,
  );
}
