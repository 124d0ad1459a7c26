import type { DemoState } from "#cli/demo-state.ts";
import { familyLabel } from "#report/verdict.ts";

/** What the lab is now, beside what the daemon makes of it. */
export interface LabFacts {
  readonly addresses: readonly string[];
  readonly digLine: string;
  readonly liar: string | undefined;
  readonly dead: string | undefined;
  /** Its address in a browser. */
  readonly dashboard: string | undefined;
}

const KEYS = "m moves the address   l makes a witness lie   d switches a witness off   q ends";

/** The whole screen, one string a line, no more of them than there is room for; pure. */
export function demoScreen(
  state: DemoState,
  lab: LabFacts,
  { width, height }: { readonly width: number; readonly height: number },
): readonly string[] {
  const families = [...state.verdicts.keys()].toSorted((a, b) => a - b);
  const head = [
    `esddns demo: a lab on loopback, and the daemon at work in it`,
    "",
    ...(lab.dashboard ? [`dashboard                 ${lab.dashboard}`] : []),
    `the lab's public address  ${lab.addresses.join("  ")}`,
    ...(lab.liar ? [`lying                     ${lab.liar}`] : []),
    ...(lab.dead ? [`switched off              ${lab.dead}`] : []),
    `round ${state.round} (${state.trigger ?? "not yet"}), ${state.probes} probes${state.lastProbe ? `, the last: ${state.lastProbe}` : ""}`,
    "",
  ];
  const verdicts = [
    "verdict",
    ...families.map((family) => `  ${state.verdicts.get(family) ?? familyLabel(family)}`),
    "",
  ];
  const plan = [
    "plan",
    ...families.flatMap((family) => (state.plan.get(family) ?? []).map((line) => `  ${line}`)),
    "",
  ];
  const written = ["written", ...writtenLines(state), ""];
  const story = state.story.length > 0 ? state.story.map((line) => `  ${line}`) : ["  nothing yet"];
  const foot = [`See for yourself:  ${lab.digLine}`, KEYS];
  const witnesses = witnessLines(state);
  const result = [...verdicts, ...plan, ...written];
  const whole = [...head, "witnesses", ...witnesses, "", ...result, "so far", ...story, "", ...foot];
  // What was planned is what was written, or there is nothing to tell of what was written
  const brief = [...verdicts, ...(state.writes.length > 0 ? written : plan)];
  const lines =
    whole.length <= height ? whole : compact({ head, witnesses, result: brief, story, foot }, height);
  return lines.map((line) => (line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line));
}

type Parts = Readonly<Record<"head" | "witnesses" | "result" | "story" | "foot", readonly string[]>>;

/** For a small terminal: without empty lines, the latest of the story, and as many witnesses as fit. */
function compact({ head, witnesses, result, story, foot }: Parts, height: number): readonly string[] {
  const isFull = (line: string) => line !== "";
  const above = head.filter(isFull);
  const below = [...result.filter(isFull), "so far", ...story.slice(-2)];
  const room = Math.max(0, height - above.length - below.length - foot.length - 1);
  const fitting = witnesses.slice(0, room);
  const hidden = witnesses.length - fitting.length;
  const heading = hidden > 0 ? `witnesses (${hidden} more in a larger window)` : "witnesses";
  const lines = [...above, heading, ...fitting, ...below];
  return [...lines.slice(0, Math.max(0, height - foot.length)), ...foot].slice(-Math.max(1, height));
}

/** A line for each record, whatever happened to it. */
function writtenLines({ writes }: DemoState): readonly string[] {
  if (writes.length === 0) return ["  nothing in this round"];
  return [...Map.groupBy(writes, ({ record }) => record)].map(
    ([record, all]) => `  ${record}: ${all.map(({ text }) => text).join("; ")}`,
  );
}

function witnessLines({ witnesses }: DemoState): readonly string[] {
  const rows = [...witnesses.values()].toSorted(
    (a, b) => a.family - b.family || (a.look < b.look ? -1 : a.look > b.look ? 1 : 0),
  );
  return rows.map(
    ({ family, look, sign, text }) => `  ${sign} ${familyLabel(family)} ${look.padEnd(6)}  ${text}`,
  );
}
