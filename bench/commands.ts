import { type Row, timeRow } from "./rows.ts";
import { median } from "./statistics.ts";
import { accountAt, recordNames, startVendor } from "./vendors.ts";
import type { Timing, World } from "./world.ts";

/** Cold processes, from their start to their exit. */
export async function commandRows(world: World, runs: number): Promise<readonly Row[]> {
  const { udp: roundTrip } = await world.roundTrip();
  const empty = await repeat(runs, async () => succeeded(await world.time([process.execPath, "-e", "0"])));
  const floor = `an empty Node.js process takes ${median(empty).toFixed(0)} ms`;
  return [
    ...(await detectRows(world, runs, roundTrip, floor)),
    ...(await syncRows(world, runs, roundTrip, floor)),
  ];
}

async function detectRows(
  world: World,
  runs: number,
  roundTrip: number,
  floor: string,
): Promise<readonly Row[]> {
  const config = world.configure("detect", {
    providers: { memory: { type: "memory" } },
    records: [{ name: "home.example.org", provider: "memory" }],
  });
  const command = world.esddns("--config", config, "detect", "--json");
  const user = world.userEnvironment("warm");
  const run = async (env: Readonly<Record<string, string>>) => succeeded(await world.time(command, env));
  await run(user);
  const limit = { reach: "≤ 1 RTT + 150 ms, median", of: "median", limit: roundTrip + 150 } as const;
  const warm = await repeat(runs, () => run(user));
  const cold = await repeat(Math.ceil(runs / 2), (index) => run(world.userEnvironment(`cold${index}`)));
  return [
    timeRow({ what: "`esddns detect`, cold process", ...limit, note: floor }, warm, roundTrip),
    timeRow(
      {
        what: "the same, its very first run (no compiled code kept)",
        ...limit,
        note: "all of the program has to be compiled",
      },
      cold,
      roundTrip,
    ),
  ];
}

async function syncRows(
  world: World,
  runs: number,
  roundTrip: number,
  floor: string,
): Promise<readonly Row[]> {
  const names = recordNames(1);
  const config = world.configure("sync", { ...accountAt("gandi", names), verify: false });
  const command = world.esddns("--config", config, "sync", "--json");
  const user = world.userEnvironment("warm");
  await using vendor = await startVendor(world, "gandi", names);
  const rightAfter: number[] = [];
  const run = async () => {
    await world.moveSettled();
    vendor.forget();
    const timing = await world.time(command, user);
    const write = await vendor.next("request", ({ effect }) => effect === "write");
    rightAfter.push(write.at - timing.startedAt);
    return succeeded(timing);
  };
  await run();
  rightAfter.length = 0;
  const took = await repeat(runs, run);
  const what = "`esddns sync`, cold process, a changed address, one record at an HTTPS provider";
  return [
    timeRow(
      {
        what,
        reach: "≤ 300 ms, median",
        of: "median",
        limit: 300,
        note: `a start as of detect, then three round trips to a TLS witness and one for the write; ${floor}`,
      },
      took,
      roundTrip,
    ),
    timeRow(
      { what: "… until the record is right there", reach: "≤ 300 ms, median", of: "median", limit: 300 },
      rightAfter,
      roundTrip,
    ),
  ];
}

async function repeat<Result>(times: number, work: (index: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let index = 0; index < times; index += 1) results.push(await work(index));
  return results;
}

function succeeded({ status, took, stdout, stderr }: Timing): number {
  if (status !== 0) throw new Error(`A command ended with ${status}: ${stdout}${stderr}`);
  return took;
}
