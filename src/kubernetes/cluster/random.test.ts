import fc from "fast-check";
import { expect, it } from "vitest";
import { recordId } from "#core/record.ts";
import { milliseconds } from "#core/units.ts";
import type { WorldNode } from "#testing/cluster-world/node.ts";
import type { Sent } from "#testing/cluster-world/node-provider.ts";
import { ClusterWorld } from "#testing/cluster-world.ts";
import { desired, NEVER } from "#testing/engine-world.ts";

/** How long the world is bad, and then good; in seconds. */
const [BAD, GOOD] = [3600, 1200];
const RUNS = Number(process.env["ESDDNS_CLUSTER_RUNS"] ?? 5);
const SEED = Number(process.env["ESDDNS_CLUSTER_SEED"] ?? 0);
const RECORDS = [desired(), desired("www.example.org")];

/** What befalls one node for a while. */
type Trouble =
  | "api-refused"
  | "api-silent"
  | "killed"
  | "paused"
  | "provider-refused"
  | "provider-silent"
  | "slow"
  | "stopped"
  | "witnesses";
/** What befalls all of them at once. */
type Event =
  | "api-frozen"
  | "compacted"
  | "deleted"
  | "emptied"
  | "lease-deleted"
  | "moved"
  | "spoilt"
  | "watches-cut";

type Incident =
  | { readonly node: number; readonly trouble: Trouble; readonly at: number; readonly span: number }
  | { readonly event: Event; readonly at: number; readonly span: number };

const at = fc.integer({ min: 30, max: BAD - 700 });
const span = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 40, max: 700 }));
const trouble = fc.record({
  node: fc.integer({ min: 0, max: 3 }),
  trouble: fc.constantFrom<Trouble>(
    "api-refused",
    "api-silent",
    "killed",
    "paused",
    "paused",
    "provider-refused",
    "provider-silent",
    "slow",
    "stopped",
    "witnesses",
  ),
  at,
  span,
});
const event = fc.record({
  event: fc.constantFrom<Event>(
    "api-frozen",
    "compacted",
    "deleted",
    "emptied",
    "lease-deleted",
    "moved",
    "moved",
    "moved",
    "spoilt",
    "watches-cut",
  ),
  at,
  span,
});
const history = fc.array(fc.oneof<fc.Arbitrary<Incident>[]>(trouble, event), { minLength: 8, maxLength: 24 });

/** How many troubles of a kind a node is in: they may overlap. */
class Troubles {
  readonly #counts = new Map<string, number>();

  begin(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** @returns whether it was the last one */
  end(key: string): boolean {
    const left = (this.#counts.get(key) ?? 0) - 1;
    this.#counts.set(key, left);
    return left === 0;
  }
}

async function befall(
  world: ClusterWorld,
  incident: Incident,
  troubles: Troubles,
  nth: number,
): Promise<void> {
  const pass = () => world.clock.sleep(milliseconds(incident.span * 1000), NEVER);
  if ("event" in incident) return happen(world, incident.event, nth, pass);
  const node = world.nodes[incident.node % world.nodes.length]!;
  const kind = incident.trouble;
  const key = `${node.name} ${kind.replace(/-.*/, "")}`;
  troubles.begin(key);
  await begin(node, kind);
  await pass();
  if (troubles.end(key)) await end(node, kind);
}

async function begin(node: WorldNode, kind: Trouble): Promise<void> {
  if (kind === "api-refused") node.toApi.cut("refused");
  if (kind === "api-silent") node.toApi.cut("silent");
  if (kind === "provider-refused") node.toProvider.cut("refused");
  if (kind === "provider-silent") node.toProvider.cut("silent");
  if (kind === "witnesses") node.isCutOffFromWitnesses = true;
  if (kind === "slow") node.toProvider.latency = 5000;
  if (kind === "paused") node.pause();
  if (kind === "killed") node.kill();
  if (kind === "stopped") void node.stop();
}

async function end(node: WorldNode, kind: Trouble): Promise<void> {
  if (kind.startsWith("api")) node.toApi.mend();
  if (kind.startsWith("provider")) node.toProvider.mend();
  if (kind === "witnesses") node.isCutOffFromWitnesses = false;
  if (kind === "slow") node.toProvider.latency = 25;
  if (kind === "paused") await node.goOn();
  if (kind === "killed" || kind === "stopped") {
    node.kill();
    node.start();
  }
}

async function happen(
  world: ClusterWorld,
  event: Event,
  nth: number,
  pass: () => Promise<void>,
): Promise<void> {
  const { api } = world;
  if (event === "moved") world.move(`44.128.20.${nth}`);
  if (event === "compacted") api.objects.compact();
  if (event === "watches-cut") api.endWatches("cut");
  if (event === "deleted") world.deleteShared();
  if (event === "emptied") world.edit({});
  if (event === "spoilt") world.edit({ ...world.data, epoch: "x" });
  if (event === "lease-deleted") world.deleteLease();
  if (event !== "api-frozen") return;
  api.freeze();
  await pass();
  api.thaw();
}

/** Two that wrote the same at the same time: each had found the record wrong before the other one's write was there. */
function repeated(world: ClusterWorld): readonly Sent[] {
  return world.writes.filter(({ address, heldBefore }) => heldBefore === address);
}

/** A write of what was there already when the node looked right before it. */
function needless(world: ClusterWorld): readonly Sent[] {
  return repeated(world).filter(({ record, readAt, address }) => {
    const others = world.writes.filter((each) => each.record === record && each.address === address);
    return !others.some(({ landedAt = 0 }) => landedAt > readAt);
  });
}

/** What makes a write take longer than the next one's turn. */
const SLOW: ReadonlySet<Trouble> = new Set(["paused", "provider-silent", "slow"]);

/**
 * One for each record and move; one more and one back where an address was written that was true a moment before; one
 * again where a write took so long that the next one's turn came.
 */
function allowed(incidents: readonly Incident[], world: ClusterWorld): number {
  const moves = incidents.filter((one) => "event" in one && one.event === "moved").length;
  const late = world.writes.filter(({ address, landedAt = 0 }) => world.truthAt(landedAt) !== address).length;
  const slow = incidents.filter((one) => "trouble" in one && SLOW.has(one.trouble)).length;
  return RECORDS.length * moves + 2 * late + Math.min(repeated(world).length, RECORDS.length * slow);
}

it(
  "a bad hour: never two leaders, no write that is not true, and all is well in the end",
  { timeout: RUNS * 10_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.integer({ min: 3, max: 4 }),
        fc.nat(1000),
        async (incidents, nodes, seed) => {
          const world = new ClusterWorld({ nodes, records: RECORDS, seed }).start();
          const troubles = new Troubles();
          const happening = incidents.map(async (incident, nth) => {
            await world.clock.sleep(milliseconds(incident.at * 1000), NEVER);
            await befall(world, incident, troubles, nth);
          });
          await world.advance(BAD + GOOD);
          await Promise.all(happening);
          const truth = world.truth(4, "");
          expect(world.violations).toEqual([]);
          expect(RECORDS.map((record) => world.values(recordId(record)))).toEqual([truth, truth]);
          expect(world.alive.map(({ role }) => role).toSorted()).toEqual([
            ...Array<string>(nodes - 1).fill("following"),
            "leading",
          ]);
          expect([...world.shared!.published.values()].map(({ text }) => text)).toEqual([truth, truth]);
          for (const node of world.nodes) {
            expect(node.events.filter(({ kind }) => kind === "crashed")).toEqual([]);
            expect(node.log.messages("error")).toEqual([]);
          }
          expect(needless(world)).toEqual([]);
          expect(world.writes.length).toBeLessThanOrEqual(allowed(incidents, world));
          await world.close();
        },
      ),
      { numRuns: RUNS, endOnFailure: true, ...(SEED > 0 && { seed: SEED }) },
    );
  },
);
