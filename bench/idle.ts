import { z } from "zod";
import { pause } from "./clock.ts";
import { Daemon } from "./daemon.ts";
import type { Row } from "./rows.ts";
import { median } from "./statistics.ts";
import { accountAt, recordNames, startVendor } from "./vendors.ts";
import type { World } from "./world.ts";

/** An hour has 12 rounds and 360 probes: as many rounds weigh more. */
export const ROUNDS_OF_AN_HOUR = 372;

const LIMIT_MB = 70;
/** What the garbage collector's own ups and downs may look like. */
const FLAT_MB = 3;
const SAMPLES = 40;
const REFRESH_S = 2;

const drivenRounds = z.object({
  elapsed: z.number(),
  asked: z.number(),
  resources: z.array(z.array(z.string())),
});

/** The daemon after many rounds, and what rounds leave behind and cost when nothing changes. */
export async function idleRows(world: World, rounds: number): Promise<readonly Row[]> {
  world.home.delay(1);
  const memory = await memoryRows(world, rounds);
  world.home.delay(20);
  return [...memory, ...(await quietRows(world))];
}

async function memoryRows(world: World, rounds: number): Promise<readonly Row[]> {
  const names = recordNames(1);
  const config = world.configure("idle", {
    ...accountAt("gandi", names),
    verify: false,
    log: { level: "debug" },
    // With it: the rows of the service
    service: false,
  });
  await using vendor = await startVendor(world, "gandi", names);
  await using daemon = new Daemon(world, config, "idle");
  await vendor.next("request", ({ effect }) => effect === "write");
  const sizes = [daemon.residentSize()];
  const sockets: number[] = [];
  const every = Math.ceil(rounds / SAMPLES);
  for (let round = 1; round <= rounds; round += 1) {
    await daemon.roundNow();
    if (round % every !== 0) continue;
    await pause(50);
    sizes.push(daemon.residentSize());
    sockets.push(await openSockets(world, daemon.pid));
  }
  const quarter = Math.floor(sizes.length / 4);
  const [early, late] = [median(sizes.slice(quarter, 2 * quarter)), median(sizes.slice(-quarter))];
  const most = Math.max(...sizes);
  const growth = late - early;
  return [
    {
      what: `daemon's RSS without dashboard after ${rounds} rounds in quick succession (an hour has 12, and 360 probes)`,
      reach: `≤ ${LIMIT_MB} MB, flat`,
      measured: `at the start ${mb(sizes[0] ?? 0)}, at most ${mb(most)}, second quarter ${mb(early)}, last ${mb(late)}`,
      reached: most <= LIMIT_MB && growth <= FLAT_MB,
      note: [
        ...(most > LIMIT_MB
          ? [`${mb(most - LIMIT_MB)} too much: memory that V8 keeps, see docs/adr/0006-memory.md`]
          : []),
        ...(growth > FLAT_MB ? [`grows by ${mb(growth)}`] : []),
      ].join("; "),
      data: { sizes },
    },
    {
      what: "… its sockets after a round (a provider's connection is kept for 30 s)",
      reach: "none but that one",
      measured: `at most ${Math.max(...sockets)}, median ${median(sockets)}`,
      reached: Math.max(...sockets) <= 1,
      data: { sockets },
    },
  ];
}

function mb(size: number): string {
  return `${size.toFixed(1)} MB`;
}

/** UDP and TCP sockets of a process, by the kernel's own table. */
async function openSockets(world: World, pid: number): Promise<number> {
  const { stdout } = await world.home.run(["ss", "-Htunap"]);
  return stdout.split("\n").filter((line) => line.includes(`pid=${pid},`)).length;
}

/** What regular rounds cost when nothing changes, and what they leave behind in the process. */
async function quietRows(world: World): Promise<readonly Row[]> {
  const names = recordNames(1);
  const config = world.configure("quiet", {
    ...accountAt("gandi", names),
    verify: false,
    schedule: { refresh: `${REFRESH_S}s` },
  });
  await using vendor = await startVendor(world, "gandi", names);
  await world.time(world.esddns("--config", config, "sync"), world.userEnvironment("quiet"));
  vendor.forget();
  const rounds = 60;
  const { elapsed, asked, resources } = drivenRounds.parse(
    await world.drive({ kind: "rounds", config, rounds, pauseMs: 30 }),
  );
  const count = (effect: string) => vendor.events.filter((event) => event["effect"] === effect).length;
  const [reads, writes] = [count("read"), count("write")];
  // The zone and the record at the start, and the record whenever the reading is too old
  const due = 2 + Math.ceil(elapsed / 1000 / REFRESH_S) + 1;
  const left = new Set(resources.flat().filter((kind) => !STEADY.includes(kind)));
  return [
    {
      what: "DNS provider calls when nothing has changed",
      reach: "0 writes, reads as the cache's age says",
      measured: `${rounds} rounds in ${(elapsed / 1000).toFixed(1)} s: ${writes} writes, ${reads} reads (age ${REFRESH_S} s: at most ${due}), ${(asked / rounds).toFixed(1)} STUN questions a round, no HTTPS echo`,
      reached: writes === 0 && reads <= due,
    },
    {
      what: "what a round leaves in the process (getActiveResourcesInfo)",
      reach: "no socket, no timer",
      measured: left.size === 0 ? "nothing" : [...left].join(", "),
      reached: left.size === 0,
    },
  ];
}

/** The driver's own output, and the one connection to the provider with the timer that ends it. */
const STEADY: readonly string[] = ["PipeWrap", "TTYWrap", "TLSSocketWrap"];
