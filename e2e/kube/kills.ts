import { pause, until } from "../until.ts";
import type { Fleet } from "./fleet.ts";
import type { Moves } from "./moves.ts";
import { timeOf } from "./operator-log.ts";
import type { OperatorProcess } from "./operator-process.ts";
import type { Outside } from "./outside.ts";

export type KillKind =
  /** SIGTERM, and SIGKILL before it has come to its end. */
  | "cut short"
  /** SIGSTOP, and SIGCONT before anybody else leads, or about then. */
  | "hiccup"
  /** SIGKILL. */
  | "kill"
  /** SIGSTOP, and SIGCONT when another one leads. */
  | "pause"
  /** SIGTERM. */
  | "terminate";

export interface Kill {
  readonly kind: KillKind;
  readonly victim: string;
  readonly next: string;
  /** From the signal until another one leads, in milliseconds. */
  readonly took: number;
}

export interface KillOptions {
  readonly fleet: Fleet;
  readonly outside: Outside;
  readonly moves: Moves;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Lease 15 s, and up to 4.4 s until its last version is seen, and as long until it is found to have run out. */
const SUCCESSION = 60_000;
const MAX_HICCUP = 16_000;

/** Kills whoever leads, right after an address that it has perhaps begun to write, and waits until all is well again. */
export async function killLeader(kind: KillKind, options: KillOptions): Promise<Kill> {
  const { fleet } = options;
  const victim = await until("somebody to lead", () => fleet.leaderNow(), SUCCESSION);
  await ambush(options);
  const at = Date.now();
  const next = await WAYS[kind](victim, at, options);
  await writes(next.took + at, options);
  return { kind, victim: victim.pod.name, next: next.pod, took: next.took };
}

/** Somewhere between the change and its write; half of the time where the write has surely begun. */
async function ambush({ outside: { provider }, moves, random }: KillOptions): Promise<void> {
  const known = provider.reads.length;
  moves.move();
  if (random() < 0.5) return pause(1600 * random());
  await until("the leader to look before it writes", () => provider.reads.length > known);
  await pause(300 * random());
}

type Way = (victim: OperatorProcess, at: number, options: KillOptions) => Promise<Succession>;

interface Succession {
  readonly pod: string;
  readonly took: number;
}

const WAYS: Readonly<Record<KillKind, Way>> = {
  async kill(victim, at, options) {
    await victim.kill();
    return withRestart(victim, at, options);
  },
  async terminate(victim, at, options) {
    const ending = victim.stop();
    const next = await successor(at, options.fleet);
    await ending;
    await victim.restart();
    return next;
  },
  async "cut short"(victim, at, options) {
    victim.signal("SIGTERM");
    await pause(200 * options.random());
    await victim.kill();
    return withRestart(victim, at, options);
  },
  async pause(victim, at, options) {
    victim.signal("SIGSTOP");
    const next = await successor(at, options.fleet);
    await pause(3000 * options.random());
    victim.signal("SIGCONT");
    await pause(3000);
    return next;
  },
  async hiccup(victim, at, { fleet, random }) {
    victim.signal("SIGSTOP");
    await pause(MAX_HICCUP * random());
    victim.signal("SIGCONT");
    const next = await until("somebody to lead", () => fleet.leaderNow(), SUCCESSION);
    return { pod: next.pod.name, took: Date.now() - at };
  },
};

/** A container starts again at once, or, after a few crashes, later. */
async function withRestart(
  victim: OperatorProcess,
  at: number,
  { fleet, random }: KillOptions,
): Promise<Succession> {
  const isAtOnce = random() < 0.5;
  if (isAtOnce) await victim.restart();
  const next = await successor(at, fleet);
  if (!isAtOnce) await victim.restart();
  return next;
}

/** Who says first that it leads. */
async function successor(since: number, fleet: Fleet): Promise<Succession> {
  const deadline = Date.now() + SUCCESSION;
  while (Date.now() < deadline) {
    for (const { log, pod } of fleet.operators) {
      const said = log.findLast(({ message }) => message === "Leading");
      if (said && timeOf(said) >= since) return { pod: pod.name, took: timeOf(said) - since };
    }
    await pause(50);
  }
  throw new Error(`Nobody leads ${SUCCESSION / 1000} s after the leader was killed`);
}

/** Whoever leads now has written an address that was right at that moment. */
async function writes(since: number, { outside, moves }: KillOptions): Promise<void> {
  const isRight = () => outside.writes.some((write) => write.at >= since && moves.staleness(write) < 2000);
  await until("the record to follow again", isRight, 45_000);
}
