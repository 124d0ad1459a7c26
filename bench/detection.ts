import { z } from "zod";
import { type Row, timeRow } from "./rows.ts";
import { median } from "./statistics.ts";
import type { World } from "./world.ts";

const detections = z.object({
  samples: z.array(
    z.object({ rtt: z.number().nullable(), took: z.number(), wall: z.number(), kind: z.string() }),
  ),
});

export interface DetectionCounts {
  readonly rounds: number;
  readonly lossyRounds: number;
  readonly confirmations: number;
}

const RECORDS = {
  providers: { memory: { type: "memory" } },
  records: [{ name: "home.example.org", provider: "memory" }],
  store: false,
};

/** Detection alone, warm: the engine in a process of its own, in the home. */
export async function detectionRows(world: World, counts: DetectionCounts): Promise<readonly Row[]> {
  const config = world.configure("detection", RECORDS);
  const measure = async (rounds: number, confirmed: string | null = null) => {
    const task = { kind: "detect", config, rounds, warmUp: 8, confirmed, server: world.home.servers[0] };
    const { samples } = detections.parse(await world.drive(task));
    const lost = samples.filter(({ kind }) => kind !== "known").length;
    return {
      wall: samples.map(({ wall }) => wall),
      took: samples.map(({ took }) => took),
      rtt: median(samples.flatMap(({ rtt }) => rtt ?? [])),
      note: lost === 0 ? undefined : `${lost} rounds without a known address`,
    };
  };

  const rows: Row[] = [];
  const plain = await measure(counts.rounds);
  const quorum = {
    what: "quorum of 2 over UDP STUN, warm",
    reach: "≤ 1.15 RTT + 3 ms, median",
    of: "median",
    limit: 1.15 * plain.rtt + 3,
  } as const;
  rows.push(timeRow({ ...quorum, note: plain.note }, plain.wall, plain.rtt));
  rows.push(
    timeRow(
      { ...quorum, what: "the same by the engine's own clock", note: plain.note },
      plain.took,
      plain.rtt,
    ),
  );

  const robust = (rtt: number) => ({
    reach: "p90 ≤ 1.3 RTT + 10 ms",
    of: "p90" as const,
    limit: 1.3 * rtt + 10,
  });
  const dead = world.home.servers[2] ?? "";
  world.home.delay(20, 100, dead);
  const silent = await measure(counts.rounds);
  world.home.delay(20, 0, dead);
  rows.push(
    timeRow(
      { what: "… with one of five servers dead (silent)", ...robust(plain.rtt), note: silent.note },
      silent.wall,
      plain.rtt,
    ),
  );

  world.home.delay(20, 10);
  const lossy = await measure(counts.lossyRounds);
  world.home.delay(20, 0);
  rows.push(
    timeRow(
      { what: "… with 10 % loss each way", ...robust(plain.rtt), note: lossy.note },
      lossy.wall,
      plain.rtt,
    ),
  );

  const changed = await measure(counts.confirmations, "44.128.1.1");
  rows.push(
    timeRow(
      {
        what: "a changed address, confirmed by an authenticated second look",
        reach: "≤ 3.5 RTT + 15 ms, median",
        of: "median",
        limit: 3.5 * changed.rtt + 15,
        note: changed.note,
      },
      changed.wall,
      changed.rtt,
    ),
  );
  return rows;
}
