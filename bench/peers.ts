import { accessSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { Child } from "../e2e/child.ts";
import { pause } from "./clock.ts";
import type { Internet } from "./internet.ts";
import { type Row, shown } from "./rows.ts";
import { median } from "./statistics.ts";
import { accountAt, DYNDNS2_ACCOUNT, recordNames, startVendor } from "./vendors.ts";
import type { World } from "./world.ts";

/** A program that keeps one A record at a dyndns2 service. */
interface Contender {
  readonly name: string;
  /** Once, to its end, as after a change of the address. */
  readonly once: readonly string[];
  /** For ever, in the foreground. */
  readonly resident: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Makes it forget what would keep it from a second update within a minute. */
  readonly forget: () => void;
}

interface Performance {
  readonly name: string;
  /** Milliseconds from the start to the record right, one for each run. */
  readonly right: readonly number[];
  /** From the start to the first packet to the DNS service, which is when the address is known. */
  readonly known: readonly number[];
  readonly residentMb: number;
  /** HTTPS requests of a cycle without change, to echo and service. */
  readonly requests: number;
}

const ECHO = { host: "api2.netlab.test", address: "44.128.53.12" };
const verdict = z.object({ ipv4: z.object({ elapsedMs: z.number() }), elapsedMs: z.number() });
/** From the first packet over TCP and TLS 1.3 until the request is there. */
const ROUND_TRIPS_TO_REQUEST = 2.5;

/** ddclient and inadyn beside us: the same record, the same service, the same line, in turn. */
export async function peerRows(world: World, runs: number): Promise<readonly Row[]> {
  const { udp: roundTrip } = await world.roundTrip();
  const names = recordNames(1);
  await using service = await startVendor(world, "dyndns2", names);
  await using echo = await world.serve("echo.ts", { address: ECHO.address, ...world.tls });
  const contenders = [esddns(world, names), ddclient(world, names), inadyn(world, names)].filter(isInstalled);
  const performances: Performance[] = [];
  for (const contender of contenders) {
    const { right, known } = await race(world, contender, service, runs, roundTrip);
    const requests = await countIdle(world, contender, service, echo);
    performances.push({ name: contender.name, right, known, requests, residentMb: Number.NaN });
  }
  const sizes = await residentSizes(world, contenders, runs > 5 ? 15_000 : 6000);
  return rowsOf(performances.map((each, index) => ({ ...each, residentMb: sizes[index] ?? Number.NaN })));
}

async function race(
  world: World,
  { once, env, forget, name }: Contender,
  service: Internet,
  runs: number,
  roundTrip: number,
) {
  const right: number[] = [];
  const known: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    forget();
    await world.moveSettled();
    service.forget();
    const timing = await world.time(once, env);
    const write = await service.next("request", ({ effect, status }) => effect === "write" && status === 200);
    // The first run fills caches
    if (run === 0) continue;
    right.push(write.at - timing.startedAt);
    const own = name === "esddns" ? verdict.parse(JSON.parse(timing.stdout)) : undefined;
    known.push(
      own
        ? timing.took - own.elapsedMs + own.ipv4.elapsedMs
        : write.at - timing.startedAt - ROUND_TRIPS_TO_REQUEST * roundTrip,
    );
  }
  return { right, known };
}

async function countIdle(
  world: World,
  { once, env }: Contender,
  service: Internet,
  echo: Internet,
): Promise<number> {
  service.forget();
  echo.forget();
  await world.time(once, env);
  return service.events.length + echo.events.length;
}

async function residentSizes(
  world: World,
  contenders: readonly Contender[],
  span: number,
): Promise<readonly number[]> {
  const children = contenders.map(({ resident, env }) => {
    return new Child([...world.home.inHome, ...resident], {
      env: { PATH: process.env["PATH"] ?? "", ...env },
    });
  });
  await pause(span);
  const sizes = children.map(({ pid }) => {
    const [, kilobytes = "0"] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) / 1024;
  });
  await Promise.all(children.map((child) => child.stop()));
  return sizes;
}

function rowsOf(performances: readonly Performance[]): readonly Row[] {
  const [ours, ...others] = performances;
  if (!ours || others.length === 0) {
    return [
      {
        what: "beside ddclient and inadyn",
        reach: "ahead of both",
        measured: "neither is installed",
        reached: undefined,
      },
    ];
  }
  const compare = (what: string, of: (each: Performance) => number, show: (value: number) => string): Row => {
    const best = Math.min(...others.map(of));
    const isAhead = of(ours) < best;
    return {
      what,
      reach: "ahead of each",
      measured: performances.map((each) => `${each.name} ${show(of(each))}`).join(", "),
      reached: isAhead,
      note: isAhead ? undefined : `behind by ${show(of(ours) - best)}`,
      data: performances,
    };
  };
  return [
    compare("start to record right at a dyndns2 service, cold process", ({ right }) => median(right), shown),
    compare(
      "start to address known (ours: by five witnesses and two looks)",
      ({ known }) => median(known),
      shown,
    ),
    compare("HTTPS requests in a cycle without change, one-shot", ({ requests }) => requests, String),
    {
      ...compare(
        "RSS as a daemon",
        ({ residentMb }) => residentMb,
        (mb) => `${mb.toFixed(1)} MB`,
      ),
      reach: "shown",
      reached: undefined,
      note: undefined,
    },
  ];
}

function esddns(world: World, names: readonly string[]): Contender {
  const config = world.configure("beside", accountAt("dyndns2", names));
  return {
    name: "esddns",
    once: world.esddns("--config", config, "sync", "--json"),
    resident: world.esddns("--config", config, "run"),
    env: world.userEnvironment("warm"),
    forget: () => {},
  };
}

function ddclient(world: World, [name = ""]: readonly string[]): Contender {
  const { server, username, password } = DYNDNS2_ACCOUNT;
  const cache = world.scratch.at("ddclient.cache");
  const file = world.scratch.write(
    "ddclient.conf",
    [
      "ssl=yes",
      `ssl_ca_file=${world.home.caFile}`,
      `use=web, web=https://${ECHO.host}/`,
      `protocol=dyndns2, server=${server}, login=${username}, password=${password} ${name}`,
      "",
    ].join("\n"),
  );
  const command = ["/usr/bin/ddclient", "-file", file, "-cache", cache, "-noquiet"];
  return {
    name: "ddclient",
    once: [...command, "-daemon=0"],
    resident: [...command, "-daemon=60", "-foreground", `-pid=${world.scratch.at("ddclient.pid")}`],
    env: {},
    forget: () => rmSync(cache, { force: true }),
  };
}

function inadyn(world: World, [name = ""]: readonly string[]): Contender {
  const { server, username, password } = DYNDNS2_ACCOUNT;
  const cache = world.scratch.at("inadyn");
  const file = world.scratch.write(
    "inadyn.conf",
    `
period = 60
ca-trust-file = "${world.home.caFile}"
custom bench {
  username = ${username}
  password = ${password}
  hostname = ${name}
  ddns-server = ${server}
  ddns-path = "/nic/update?hostname=%h&myip=%i"
  checkip-server = ${ECHO.host}
  checkip-path = /
  checkip-ssl = true
}
`,
  );
  const command = ["/usr/sbin/inadyn", "-f", file, `--cache-dir=${cache}`, "--no-pidfile"];
  return {
    name: "inadyn",
    once: [...command, "-1", "-n"],
    resident: [...command, "-n"],
    env: {},
    forget: () => {
      rmSync(cache, { recursive: true, force: true });
      mkdirSync(cache);
    },
  };
}

function isInstalled({ once: [program = ""] }: Contender): boolean {
  try {
    accessSync(program);
    return true;
  } catch {
    return false;
  }
}
