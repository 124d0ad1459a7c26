import path from "node:path";
import { z } from "zod";
import { Child } from "../../e2e/child.ts";
import { pause } from "../clock.ts";
import { type Daemon, timeOf } from "../daemon.ts";
import { type Row, shown } from "../rows.ts";
import { median, quantile } from "../statistics.ts";
import type { World } from "../world.ts";
import { mb } from "./memory.ts";
import { type Scale, startServed } from "./served.ts";

const READ_ALONG = path.join(import.meta.dirname, "../inside/read-along.ts");
const READERS = 200;
const SLOWER = 1.1;
/** What V8 may keep for a while. */
const BACK_MB = 4;
const LIMIT_MS = 50;
const HOME: Scale = { records: 10, days: 1 };
/** A provider's connection is kept for half a minute, and V8 tidies up when nothing has happened for 8 s. */
const SETTLING = 45_000;
/** Until the daemon has seen everything that rounds and readers bring. */
const WARM_UP = 3;

const told = z.union([
  z.object({ readers: z.number() }),
  z.object({
    kind: z.string(),
    round: z.number(),
    family: z.number().optional(),
    first: z.number(),
    last: z.number(),
  }),
]);

/** Many readers of the events in a process of its own. */
class Readers implements AsyncDisposable {
  readonly #child: Child;

  constructor(world: World, origin: string) {
    this.#child = new Child([...world.home.inHome, process.execPath, READ_ALONG, origin]);
  }

  get #told() {
    const lines = this.#child.stdout.split("\n").slice(0, -1);
    return lines.map((line) => told.parse(JSON.parse(line)));
  }

  /** That all of them have got, with when the first and the last of them had it. */
  get events() {
    return this.#told.filter((each) => "kind" in each);
  }

  async become(count: number): Promise<void> {
    const answers = () => this.#told.filter((each) => "readers" in each).length;
    const before = answers();
    this.#child.stdin.write(`${count}\n`);
    await this.#child.until(`${count} readers`, () => answers() > before, 30_000);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}

interface Footprint {
  /** In megabytes. */
  readonly size: number;
  readonly descriptors: number;
}

export interface ReaderRounds {
  /** Times that the readers come and go. */
  readonly turns: number;
  /** In each, with and without them. */
  readonly rounds: number;
  /** For the events' way to one reader. */
  readonly alone: number;
}

/** Two hundred who read along, and how soon one has an event. */
export async function readerRows(
  world: World,
  { turns, rounds, alone }: ReaderRounds,
): Promise<readonly Row[]> {
  await using served = await startServed(world, "readers", HOME);
  const { daemon, origin } = served;
  await using readers = new Readers(world, origin);
  const times: Record<"with" | "without", number[]> = { with: [], without: [] };
  for (let turn = 0; turn < WARM_UP; turn += 1) await roundTimes(daemon, rounds);
  const before = footprint(daemon);
  let most = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    times.without.push(...(await roundTimes(daemon, rounds)));
    await readers.become(READERS);
    times.with.push(...(await roundTimes(daemon, rounds)));
    most = Math.max(most, daemon.residentSize());
    await readers.become(0);
  }
  const ways = waysOf(readers.events, daemon);
  const after = await settled(daemon, before);
  await readers.become(1);
  const count = readers.events.length;
  await roundTimes(daemon, alone);
  return [
    slowerRow(times),
    leftRow(before, after, most),
    wayRow("an event on its way to one reader", waysOf(readers.events.slice(count), daemon)),
    { ...wayRow(`… to the last of ${READERS}`, ways), reach: "shown", reached: undefined },
  ];
}

/** As the engine has them, in milliseconds. */
async function roundTimes(daemon: Daemon, rounds: number): Promise<readonly number[]> {
  const before = Date.now();
  for (let round = 0; round < rounds; round += 1) {
    await daemon.roundNow();
    // Late answers are no part of the next round
    await pause(60);
  }
  return daemon.log
    .filter((entry) => entry.message === "Round ended" && timeOf(entry) >= before)
    .map((entry) => Number(entry["tookMs"]));
}

/** From the daemon's own word in the log to the last reader, in milliseconds. */
function waysOf(events: Readers["events"], daemon: Daemon): readonly number[] {
  const log = new Map(
    daemon.log
      .filter(({ message }) => message === "Round started" || message === "Round ended")
      .map((entry) => [`${entry.message} ${String(entry["round"])}`, timeOf(entry)]),
  );
  return events.flatMap(({ kind, round, last }) => {
    const at = log.get(`${kind === "round-started" ? "Round started" : "Round ended"} ${round}`);
    return kind === "decided" || at === undefined ? [] : [last - at];
  });
}

function footprint(daemon: Daemon): Footprint {
  return { size: daemon.residentSize(), descriptors: daemon.descriptors() };
}

/** As soon as it is what it was, or when there has been time enough. */
async function settled(daemon: Daemon, before: Footprint): Promise<Footprint> {
  const deadline = Date.now() + SETTLING;
  for (;;) {
    const now = footprint(daemon);
    const isBack = now.size <= before.size && now.descriptors <= before.descriptors;
    if (isBack || Date.now() > deadline) return now;
    await pause(200);
  }
}

function slowerRow(times: Readonly<Record<"with" | "without", readonly number[]>>): Row {
  const ratio = (of: (samples: readonly number[]) => number) => of(times.with) / of(times.without);
  const p90 = (samples: readonly number[]) => quantile(samples, 0.9);
  const [middle, late] = [ratio(median), ratio(p90)];
  const reached = middle <= SLOWER && late <= SLOWER;
  const figures = (samples: readonly number[]) =>
    `median ${shown(median(samples))}, p90 ${shown(p90(samples))}`;
  return {
    what: `a round while ${READERS} read along`,
    reach: `≤ ${SLOWER} times as long, median and p90`,
    measured: `${middle.toFixed(3)} times, p90 ${late.toFixed(3)} times; without: ${figures(times.without)}; with: ${figures(times.with)}, n ${times.with.length}`,
    reached,
    note: reached ? undefined : `${((Math.max(middle, late) - SLOWER) * 100).toFixed(0)} % too slow`,
    data: times,
  };
}

function leftRow(before: Footprint, after: Footprint, most: number): Row {
  const growth = after.size - before.size;
  const isBack = after.descriptors <= before.descriptors;
  return {
    what: "… and when they are gone",
    reach: `memory back (≤ ${BACK_MB} MB more), every descriptor closed`,
    measured: `before ${mb(before.size)}, with them at most ${mb(most)}, after ${mb(after.size)}; descriptors ${before.descriptors}, ${after.descriptors}`,
    reached: growth <= BACK_MB && isBack,
    note: [
      ...(growth > BACK_MB ? [`${mb(growth - BACK_MB)} too much`] : []),
      ...(isBack ? [] : [`${after.descriptors - before.descriptors} descriptors are left`]),
    ].join("; "),
    data: { before, after, most },
  };
}

function wayRow(what: string, ways: readonly number[]): Row {
  const slowest = quantile(ways, 0.99);
  const reached = ways.length > 0 && slowest <= LIMIT_MS;
  return {
    what,
    reach: `≤ ${LIMIT_MS} ms, p99`,
    measured: `median ${shown(median(ways))}, p99 ${shown(slowest)}, n ${ways.length}`,
    reached,
    note: reached ? undefined : `p99 is ${shown(slowest - LIMIT_MS)} over`,
    data: { ways },
  };
}
