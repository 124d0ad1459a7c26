import type { Cluster } from "../../e2e/kube/cluster.ts";
import { type KillRun, runKills, type Violations, violationsOf } from "../../e2e/kube/kill-run.ts";
import type { Kill, KillKind } from "../../e2e/kube/kills.ts";
import type { Row } from "../rows.ts";
import { spanRow } from "./spans.ts";

export interface FailoverOptions {
  /** Logs `bodies`. */
  readonly cluster: Cluster;
  readonly program: string;
  /** In each fleet. */
  readonly kills: number;
}

/** Side by side, each with agents of its own: most of the time is spent waiting for a Lease to run out. */
const FLEETS = [0, 1];
const KINDS: readonly KillKind[] = ["kill", "terminate", "pause", "cut short", "hiccup"];

/** Three agents whose leader is killed again and again while the address moves all the time. */
export async function failoverRows({ cluster, program, kills }: FailoverOptions): Promise<readonly Row[]> {
  const runs = await Promise.all(
    FLEETS.map((fleet) => runKills({ cluster, program, kinds: kindsOf(fleet, kills), seed: fleet + 1 })),
  );
  const all = runs.flatMap((run) => run.kills);
  return [
    spanRow(
      { what: "the leader killed or paused: another one leads", limits: { p50: 20_000, p99: 25_000 } },
      took(all, "kill", "pause"),
    ),
    spanRow({ what: "… asked to stop", limits: { p99: 5000 } }, took(all, "terminate")),
    violationsRow(runs),
  ];
}

/** All kinds in turn; each fleet begins with another one. */
function kindsOf(fleet: number, count: number): readonly KillKind[] {
  return Array.from({ length: count }, (_, index) => KINDS[(fleet + index) % KINDS.length] ?? "kill");
}

function took(kills: readonly Kill[], ...kinds: readonly KillKind[]): readonly number[] {
  return kills.filter(({ kind }) => kinds.includes(kind)).map((kill) => kill.took);
}

function violationsRow(runs: readonly KillRun[]): Row {
  const found = runs.map(violationsOf);
  const count = (of: keyof Violations) => found.reduce((sum, one) => sum + one[of].length, 0);
  const parts = [
    `${count("early")} Leases taken before they ran out`,
    `${count("unentitled")} addresses told by who did not lead`,
    `${count("backward")} with an epoch that was over`,
    `${count("stale")} old addresses written in a leader's place`,
    `${count("twice")} records written twice`,
  ];
  const all = runs.flatMap(({ kills }) => kills);
  const total = (of: (run: KillRun) => number) => runs.reduce((sum, run) => sum + of(run), 0);
  return {
    what: `two leaders at once, or deeds of one that was deposed, in ${all.length} kills (${KINDS.join(", ")})`,
    reach: "0",
    measured: parts.join(", "),
    reached: parts.every((part) => part.startsWith("0 ")),
    note: `${total(({ gaps }) => gaps.length)} takeovers, ${total(({ moves }) => moves)} moves, ${total(({ writes }) => writes.length)} writes`,
    data: { kills: all, found },
  };
}
