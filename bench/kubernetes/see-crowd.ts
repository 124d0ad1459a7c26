import { Cluster } from "../../e2e/kube/cluster.ts";
import { type ChangeSeen, Crowd } from "../../e2e/kube/crowd.ts";

export interface CrowdLoads {
  /** In one crowd after the other, the smallest first. */
  readonly agents: readonly number[];
  /** Of the address, in each. */
  readonly changes: number;
  /** Seconds in which nothing changes. */
  readonly quiet: number;
}

/** What a crowd did. */
export interface CrowdSeen {
  readonly agents: number;
  /** That witnesses got in a minute in which nothing changed. */
  readonly questions: number;
  /** How many beside the leader asked them. */
  readonly others: number;
  readonly changes: readonly ChangeSeen[];
  /** At the provider, from the first change until after the last one. */
  readonly writes: number;
  /** While nothing changed. */
  readonly idle: number;
  /** When all were restarted, in order and not. */
  readonly restarts: number;
}

/** For what a new leader does first, in milliseconds. */
const FIRST_ROUND = 4000;

/** Of its own cluster: what others did would be in the way. */
export async function seeCrowd(agents: number, program: string, loads: CrowdLoads): Promise<CrowdSeen> {
  await using cluster = await Cluster.start({ parts: [], audit: "bodies" });
  await using crowd = await Crowd.start({ cluster, agents, program });
  const quiet = await seeQuiet(crowd, loads.quiet);
  const known = crowd.outside.writes.length;
  const changes: ChangeSeen[] = [];
  for (let number = 0; number < loads.changes; number += 1) changes.push(await crowd.change());
  const writes = crowd.outside.writes.length - known;
  return { agents, ...quiet, changes, writes, restarts: await writesOfRestarts(crowd) };
}

async function seeQuiet(
  crowd: Crowd,
  seconds: number,
): Promise<Pick<CrowdSeen, "idle" | "others" | "questions">> {
  const before = await crowd.asked();
  const { questions, writes } = await crowd.quiet(seconds * 1000);
  const leader = await crowd.fleet.leader();
  const asked = await crowd.asked();
  const others = [...asked].filter(([one, count]) => one !== leader && count > (before.get(one) ?? 0));
  return { questions: (questions / seconds) * 60, others: others.length, idle: writes };
}

async function writesOfRestarts(crowd: Crowd): Promise<number> {
  const known = crowd.outside.writes.length;
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    await crowd.restart(signal);
    await crowd.quiet(FIRST_ROUND);
  }
  return crowd.outside.writes.length - known;
}
