import { randomUUID } from "node:crypto";
import { createAccount, OPERATOR_RULES } from "./account.ts";
import { type AuditEntry, readAuditLog } from "./audit-log.ts";
import type { Cluster } from "./cluster.ts";
import type { Write } from "./counting-provider.ts";
import { Fleet } from "./fleet.ts";
import { type Kill, type KillKind, killLeader } from "./kills.ts";
import { Moves } from "./moves.ts";
import { Outside } from "./outside.ts";
import { Pods } from "./pods.ts";
import { type AddressWrite, addressWrites, holderAt, leaseWrites, takeovers, unentitled } from "./reigns.ts";

export interface KillRunOptions {
  /** Logs `bodies`. */
  readonly cluster: Cluster;
  readonly kinds: readonly KillKind[];
  readonly seed: number;
  readonly program?: string | undefined;
  readonly onKill?: (kill: Kill) => void;
}

/** What came of it. */
export interface KillRun {
  readonly kills: readonly Kill[];
  readonly requests: readonly AuditEntry[];
  /** How long a leader had not renewed the Lease when another one took it that was not given it, in milliseconds. */
  readonly gaps: readonly number[];
  readonly told: readonly AddressWrite[];
  /** Told by somebody who did not lead. */
  readonly unentitled: readonly AddressWrite[];
  /** `staleness`: for how long, in milliseconds, the address had been another one. */
  readonly writes: readonly (Write & { readonly staleness: number; readonly isHolders: boolean })[];
  readonly moves: number;
  /** What agents printed that is no line of a log. */
  readonly noise: readonly string[];
}

const AGENTS = 3;
/** How long others leave a leader alone that renews no more, in milliseconds. */
const LEASE = 15_000;
/** At the provider, which makes the moment longer in which a leader has begun and not ended to write. */
const LATENCY = 150;
const SECTIONS = { schedule: { interval: "10s", probe: "1s", hold: "0s" } };

/** Kills leaders one after the other, while the address moves all the time. */
export async function runKills(options: KillRunOptions): Promise<KillRun> {
  const { cluster, kinds, seed, program, onKill = () => {} } = options;
  const namespace = `ddns-${randomUUID().slice(0, 8)}`;
  const random = randomFrom(seed);
  await createAccount(cluster, namespace, "esddns", OPERATOR_RULES);
  await using outside = await Outside.start();
  await using pods = await Pods.of(cluster);
  outside.provider.latency = LATENCY;
  const made = await pods.create({ namespace, account: "esddns", count: AGENTS });
  await using fleet = await Fleet.start({ cluster, pods: made, outside, sections: SECTIONS, program });
  await fleet.all("esddns started");
  const moves = new Moves(outside);
  const stop = new AbortController();
  const moving = moves.keep(() => 2500 + 3500 * random(), stop.signal);
  const kills: Kill[] = [];
  for (const kind of kinds) {
    const kill = await killLeader(kind, { fleet, outside, moves, random });
    kills.push(kill);
    onKill(kill);
  }
  stop.abort();
  await moving;
  const noise = fleet.operators.flatMap((operator) => operator.others);
  return { kills, noise, moves: moves.count, ...seenBy(cluster, namespace, outside, moves) };
}

/** What must not come about: two that lead at once, and deeds of one that was deposed. */
export interface Violations {
  /** The Lease was taken before it had run out; by how long its holder had not renewed it, in milliseconds. */
  readonly early: readonly number[];
  /** Told by somebody who did not lead. */
  readonly unentitled: readonly AddressWrite[];
  /** Told with an epoch that is over. */
  readonly backward: readonly AddressWrite[];
  /** Of an old address, by somebody who did not lead. */
  readonly stale: readonly Write[];
  /** Of what the record held already. */
  readonly twice: readonly Write[];
}

export function violationsOf({ gaps, told, unentitled, writes }: KillRun): Violations {
  return {
    early: gaps.filter((gap) => gap < LEASE),
    unentitled,
    backward: told.filter(({ epoch }, index) => epoch < (told[index - 1]?.epoch ?? 0)),
    stale: writes.filter(({ isHolders, staleness }) => !isHolders && staleness > 0),
    twice: writes.filter(({ values }, index) => values[0] === writes[index - 1]?.values[0]),
  };
}

function seenBy(
  cluster: Cluster,
  namespace: string,
  outside: Outside,
  moves: Moves,
): Pick<KillRun, "gaps" | "requests" | "told" | "unentitled" | "writes"> {
  const requests = readAuditLog(cluster, namespace);
  const [leases, told] = [leaseWrites(requests), addressWrites(requests)];
  const writes = outside.writes.map((write) => {
    const isHolders = holderAt(leases, write.at)?.pod === write.pod;
    return { ...write, staleness: moves.staleness(write), isHolders };
  });
  return { requests, gaps: takeovers(leases), told, unentitled: unentitled(told, leases), writes };
}

/** Mulberry32, by Tommy Ettinger: the same kills in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
