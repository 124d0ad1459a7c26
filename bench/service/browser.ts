import path from "node:path";
import { z } from "zod";
import { Child } from "../../e2e/child.ts";
import { findPeer } from "../../scripts/peers.ts";
import { pause } from "../clock.ts";
import { type Daemon, timeOf } from "../daemon.ts";
import { type Row, shown } from "../rows.ts";
import { median, quantile } from "../statistics.ts";
import type { World } from "../world.ts";
import { type Scale, startServed } from "./served.ts";

const WATCH_PAGE = path.join(import.meta.dirname, "../inside/watch-page.ts");
const HOME: Scale = { records: 10, days: 1 };
const LIMIT_MS = 50;
/** After a change the page, the round and its late answers are left to come to rest. */
const REST = 700;

const told = z.object({
  address: z.string().optional(),
  request: z.string().optional(),
  at: z.number().optional(),
});

export interface BrowserTimes {
  readonly moves: number;
  /** Seconds in which nothing happens but probes. */
  readonly idle: number;
}

/** One person's dashboard, open in Chromium: how soon it is true, and what it costs when nothing happens. */
export async function browserRows(world: World, { moves, idle }: BrowserTimes): Promise<readonly Row[]> {
  if (!findPeer("chromium")) return [];
  await using served = await startServed(world, "browser", HOME);
  const { daemon, origin } = served;
  const nobody = await cost(daemon, idle, () => []);
  await using child = new Child([...world.home.inHome, process.execPath, WATCH_PAGE, `${origin}/`]);
  const events = () => linesOf(child);
  await child.until("an open page", () => events().length > 0, 60_000);
  await pause(REST);
  const open = await cost(daemon, idle, events);
  const ways: number[] = [];
  for (let move = 0; move < moves; move += 1) {
    const { address } = world.move();
    const before = Date.now();
    await daemon.roundNow();
    const decided = await daemon.says("Public address", before, (entry) => entry["address"] === address);
    const seen = await child.until("the new address", () =>
      events().find((each) => each.address === address),
    );
    ways.push((seen.at ?? Number.NaN) - timeOf(decided));
    await pause(REST);
  }
  return [
    arrivalRow(ways),
    {
      what: `processor time with that page open, nothing but probes, ${idle} s`,
      reach: "shown",
      measured: `${open.perCent.toFixed(2)} % with it, ${nobody.perCent.toFixed(2)} % without; ${open.requests.toFixed(1)} requests a minute`,
      reached: undefined,
      data: { open, nobody },
    },
  ];
}

function arrivalRow(ways: readonly number[]): Row {
  const middle = median(ways);
  const reached = middle <= LIMIT_MS;
  return {
    what: "a new address, from the daemon's word in its log to its place in an open page in Chromium",
    reach: `≤ ${LIMIT_MS} ms, median`,
    measured: `median ${shown(middle)}, p90 ${shown(quantile(ways, 0.9))}, n ${ways.length}`,
    reached,
    note: reached ? undefined : `median is ${shown(middle - LIMIT_MS)} over`,
    data: { ways },
  };
}

async function cost(daemon: Daemon, seconds: number, events: () => ReturnType<typeof linesOf>) {
  const requests = () => events().filter(({ request }) => request !== undefined).length;
  const before = { time: daemon.processorTime(), requests: requests() };
  await pause(seconds * 1000);
  return {
    perCent: (daemon.processorTime() - before.time) / seconds / 10,
    requests: ((requests() - before.requests) * 60) / seconds,
  };
}

function linesOf(child: Child): readonly z.output<typeof told>[] {
  return child.stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => told.parse(JSON.parse(line)));
}
