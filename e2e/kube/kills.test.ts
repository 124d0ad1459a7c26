import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster } from "./cluster.ts";
import { figuresOf, inSeconds } from "./figures.ts";
import { type KillRun, runKills, violationsOf } from "./kill-run.ts";
import type { KillKind } from "./kills.ts";
import { noCluster } from "./programs.ts";

/** Side by side, each with pods of its own: most of the time is spent waiting for a Lease to run out. */
const FLEETS = 2;
const KILLS = Number(process.env["ESDDNS_KILLS"] ?? 6);

describe.skipIf(noCluster())("the leader, killed again and again while the address moves", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ parts: [], audit: "bodies" });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it(
    `is never two of them, and one that was deposed writes nothing (${KILLS} kills)`,
    { timeout: 120_000 + KILLS * 60_000 },
    async () => {
      const numbers = Array.from({ length: FLEETS }, (_, index) => index);
      const runs = await Promise.all(numbers.map((number) => run(number, Math.ceil(KILLS / FLEETS))));
      for (const one of runs) check(one);
      const kills = runs.flatMap((one) => one.kills);
      const took = (...kinds: readonly KillKind[]) =>
        kills.filter(({ kind }) => kinds.includes(kind)).map((kill) => kill.took);
      console.log(`killed or paused, another leads: ${inSeconds(took("kill", "pause"))}`);
      console.log(`asked to stop, another leads: ${inSeconds(took("terminate"))}`);
      console.log(`asked to stop and killed: ${inSeconds(took("cut short"))}`);
      expect(figuresOf(took("kill", "pause")).p50).toBeLessThan(20_000);
      expect(figuresOf(took("kill", "pause")).p99).toBeLessThan(25_000);
      expect(figuresOf(took("terminate")).p99).toBeLessThan(5000);
    },
  );

  function run(number: number, count: number): Promise<KillRun> {
    let done = 0;
    return runKills({
      cluster,
      kinds: kindsOf(number, count),
      seed: number + 1,
      onKill: (kill) => console.log(`fleet ${number}, ${(done += 1)} of ${count}: ${JSON.stringify(kill)}`),
    });
  }

  function check(done: KillRun): void {
    const { gaps, writes, moves, requests, noise } = done;
    console.log(
      `${gaps.length} takeovers, at least ${Math.min(...gaps).toFixed()} ms after the last renewal`,
    );
    const others = writes.filter(({ isHolders }) => !isHolders);
    const stale = inSeconds(writes.map(({ staleness }) => staleness));
    console.log(
      `${moves} moves, ${writes.length} writes, ${others.length} in a leader's place; stale: ${stale}`,
    );
    expect(violationsOf(done)).toEqual({ early: [], unentitled: [], backward: [], stale: [], twice: [] });
    expect(requests.filter(({ code, resource }) => code === 403 || resource === "secrets")).toEqual([]);
    expect(noise).toEqual([]);
  }
});

const OTHERS: readonly KillKind[] = ["kill", "terminate", "pause", "hiccup", "cut short"];

/** The usual ones first. */
function kindsOf(number: number, count: number): readonly KillKind[] {
  const first: readonly KillKind[] =
    number === 0 ? ["kill", "pause", "terminate"] : ["pause", "terminate", "kill"];
  const more = Array.from(
    { length: Math.max(0, count - 3) },
    (_, index) => OTHERS[index % OTHERS.length] ?? "kill",
  );
  return [...first, ...more].slice(0, count);
}
