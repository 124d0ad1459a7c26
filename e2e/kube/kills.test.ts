import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAccount, OPERATOR_RULES } from "./account.ts";
import { readAuditLog } from "./audit-log.ts";
import { Cluster } from "./cluster.ts";
import { figuresOf, inSeconds } from "./figures.ts";
import { Fleet } from "./fleet.ts";
import { type Kill, type KillKind, killLeader } from "./kills.ts";
import { Moves } from "./moves.ts";
import { Outside } from "./outside.ts";
import { Pods } from "./pods.ts";
import { noCluster } from "./programs.ts";
import { addressWrites, holderAt, leaseWrites, takeovers, unentitled } from "./reigns.ts";

/** Side by side, each with pods of its own: most of the time is spent waiting for a Lease to run out. */
const FLEETS = 2;
const KILLS = Number(process.env["ESDDNS_KILLS"] ?? 6);
const LEASE = 15_000;
/** At the provider, which makes the moment longer in which a leader has begun and not ended to write. */
const LATENCY = 150;

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
      const ended = await Promise.all(numbers.map((number) => killAll(number, Math.ceil(KILLS / FLEETS))));
      const kills = ended.flat();
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

  async function killAll(number: number, count: number): Promise<readonly Kill[]> {
    const namespace = `ddns-${randomUUID().slice(0, 8)}`;
    const random = randomFrom(number + 1);
    await createAccount(cluster, namespace, "esddns", OPERATOR_RULES);
    await using outside = await Outside.start();
    await using pods = await Pods.of(cluster);
    outside.provider.latency = LATENCY;
    const sections = { schedule: { interval: "10s", probe: "1s", hold: "0s" } };
    const made = await pods.create({ namespace, account: "esddns", count: 3 });
    await using fleet = await Fleet.start({ cluster, pods: made, outside, sections });
    await fleet.all("esddns started");
    const moves = new Moves(outside);
    const stop = new AbortController();
    const moving = moves.keep(() => 2500 + 3500 * random(), stop.signal);
    const kills: Kill[] = [];
    for (const kind of kindsOf(number, count)) {
      const kill = await killLeader(kind, { fleet, outside, moves, random });
      kills.push(kill);
      console.log(`fleet ${number}, ${kills.length} of ${count}: ${JSON.stringify(kill)}`);
    }
    stop.abort();
    await moving;
    check(namespace, outside, moves);
    expect(fleet.operators.flatMap((operator) => operator.others)).toEqual([]);
    return kills;
  }

  function check(namespace: string, outside: Outside, moves: Moves): void {
    const entries = readAuditLog(cluster, namespace);
    const [leases, told] = [leaseWrites(entries), addressWrites(entries)];
    const gaps = takeovers(leases);
    console.log(
      `${leases.length} versions of the Lease, ${gaps.length} taken over, at least ${Math.min(...gaps).toFixed()} ms after it was renewed last`,
    );
    expect(gaps.filter((gap) => gap < LEASE)).toEqual([]);
    expect(unentitled(told, leases)).toEqual([]);
    const epochs = told.map(({ epoch }) => epoch);
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
    const writes = outside.writes.map((write) => ({ ...write, staleness: moves.staleness(write) }));
    const others = writes.filter(({ at, pod }) => holderAt(leases, at)?.pod !== pod);
    console.log(
      `${moves.count} moves, ${writes.length} writes, ${others.length} of them in a leader's place; stale: ${inSeconds(writes.map(({ staleness }) => staleness))}`,
    );
    expect(others.filter(({ staleness }) => staleness > 0)).toEqual([]);
    const twice = writes.filter(({ values }, index) => values[0] === writes[index - 1]?.values[0]);
    expect(twice).toEqual([]);
    expect(entries.filter(({ code, resource }) => code === 403 || resource === "secrets")).toEqual([]);
  }
});

const OTHERS: readonly KillKind[] = ["kill", "terminate", "pause", "hiccup", "cut short"];

/** The usual ones first. */
function kindsOf(number: number, count: number): readonly KillKind[] {
  const first: readonly KillKind[] =
    number === 0 ? ["kill", "pause", "terminate"] : ["pause", "terminate", "kill"];
  const more = Array.from({ length: Math.max(0, count - 3) }, (_, index) => OTHERS[index % OTHERS.length]);
  return [...first, ...more.flatMap((kind) => kind ?? [])].slice(0, count);
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
