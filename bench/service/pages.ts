import path from "node:path";
import { z } from "zod";
import { type Row, shown } from "../rows.ts";
import { median, quantile } from "../statistics.ts";
import type { World } from "../world.ts";
import { mb } from "./memory.ts";
import { type Scale, type Served, startServed } from "./served.ts";

const LOAD_PAGES = path.join(import.meta.dirname, "../inside/load-pages.ts");

/** Every page, and what the plots of one fetch. `/plan` asks the witnesses: it is in the turn, and not timed. */
const PAGES = [
  "/",
  "/sources",
  "/history",
  "/history?span=30d",
  "/history/plots/4?span=30d",
  "/providers",
  "/doctor",
  "/configuration",
  "/api",
] as const;

const loaded = z.array(z.object({ path: z.string(), bytes: z.number(), took: z.array(z.number()) }));

/** The whole of a month with a hundred records. */
const LARGE: Scale = { records: 100, days: 30 };
const LIMIT_MB = 90;
const LIMIT_MS = 15;
const LIMIT_BYTES = 100_000;
const BATCHES = 20;

export interface PageLoads {
  readonly rounds: number;
  /** In turn, in all. */
  readonly inTurn: number;
  /** Of `/`; of every other page a fifth of it. */
  readonly timed: number;
}

export async function pageRows(world: World, loads: PageLoads): Promise<readonly Row[]> {
  world.home.delay(1);
  await using served = await startServed(world, "pages", LARGE);
  const memory = await memoryRow(world, served, loads);
  world.home.delay(20);
  return [memory, ...(await speedRows(world, served, loads.timed)), await firstLoadRow(world, served)];
}

async function memoryRow(
  world: World,
  { daemon, origin }: Served,
  { rounds, inTurn }: PageLoads,
): Promise<Row> {
  const atStart = daemon.residentSize();
  for (let round = 0; round < rounds; round += 1) await daemon.roundNow();
  const afterRounds = daemon.residentSize();
  const sizes: number[] = [];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    await load(world, origin, Math.ceil(inTurn / BATCHES), [...PAGES, "/plan"]);
    sizes.push(daemon.residentSize());
  }
  const most = Math.max(...sizes);
  return {
    what: `daemon's RSS after ${rounds} rounds and ${inTurn} loads of all pages in turn, ${LARGE.records} records, ${LARGE.days} days of history`,
    reach: `≤ ${LIMIT_MB} MB`,
    measured: `at the start ${mb(atStart)}, after the rounds ${mb(afterRounds)}, at most ${mb(most)}, at the end ${mb(sizes.at(-1) ?? 0)}`,
    reached: most <= LIMIT_MB,
    note: most <= LIMIT_MB ? undefined : `${mb(most - LIMIT_MB)} too much`,
    data: { atStart, afterRounds, sizes },
  };
}

async function speedRows(world: World, { origin }: Served, loads: number): Promise<readonly Row[]> {
  await load(world, origin, 2 * PAGES.length, PAGES);
  const [overview, ...others] = PAGES;
  const [first] = await load(world, origin, loads, [overview]);
  const rest = await load(world, origin, Math.ceil(loads / 5) * others.length, others);
  const took = first?.took ?? [];
  const slowest = quantile(took, 0.99);
  const reached = slowest <= LIMIT_MS;
  return [
    {
      what: `page \`/\` on loopback, ${LARGE.records} records, ${LARGE.days} days of history`,
      reach: `≤ ${LIMIT_MS} ms, p99`,
      measured: `${timing(took)}, n ${took.length}`,
      reached,
      note: reached ? undefined : `p99 is ${shown(slowest - LIMIT_MS)} over`,
      data: { took },
    },
    {
      what: "… the other pages there (median, p99)",
      reach: "shown",
      measured: rest.map((page) => `${page.path}: ${timing(page.took)}`).join("; "),
      reached: undefined,
      data: rest,
    },
  ];
}

/** What a browser fetches for `/` when it comes for the first time. */
async function firstLoadRow(world: World, { origin }: Served): Promise<Row> {
  const { stdout } = await world.home.run(["curl", "--silent", "--fail", `${origin}/`]);
  const assets = [...stdout.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, asset = ""]) => asset);
  const parts = await load(world, origin, assets.length, assets);
  const page = Buffer.byteLength(stdout);
  const sum = parts.reduce((bytes, part) => bytes + part.bytes, page);
  return {
    what: `first load of \`/\`, uncompressed, ${LARGE.records} records`,
    reach: `≤ ${LIMIT_BYTES / 1000} kB`,
    measured: `${(sum / 1000).toFixed(1)} kB: the page ${(page / 1000).toFixed(1)} kB, ${assets.length} files`,
    reached: assets.length > 0 && sum <= LIMIT_BYTES,
    note: sum <= LIMIT_BYTES ? undefined : `${sum - LIMIT_BYTES} bytes too many`,
    data: { page, parts: parts.map((part) => ({ path: part.path, bytes: part.bytes })) },
  };
}

async function load(world: World, origin: string, loads: number, paths: readonly string[]) {
  const { status, stdout, stderr } = await world.home.run([
    process.execPath,
    LOAD_PAGES,
    origin,
    String(loads),
    ...paths,
  ]);
  if (status !== 0) throw new Error(`Cannot load ${paths.join(" ")}: ${stderr}`);
  return loaded.parse(JSON.parse(stdout));
}

function timing(took: readonly number[]): string {
  return `${shown(median(took))}, p99 ${shown(quantile(took, 0.99))}`;
}
