import type { Authority } from "#core/verification.ts";
import { milliseconds } from "#core/units.ts";
import type { Engine } from "#engine/engine.ts";
import { createMetrics, type Metrics } from "#metrics/metrics.ts";
import type { ClusterState } from "#state/cluster.ts";
import { Chronicle } from "#state/chronicle.ts";
import { familiesOf } from "#state/initial-state.ts";
import type { State } from "#state/state.ts";
import { desired, EngineWorld, finish, NEVER, type WorldOptions } from "#testing/engine-world.ts";

/** A running engine whose events are counted. */
export interface MeteredWorld extends AsyncDisposable {
  readonly world: EngineWorld;
  readonly engine: Engine;
  readonly metrics: Metrics;
  readonly state: () => State;
  /** What /metrics says, by series as written there. */
  samples(): Promise<ReadonlyMap<string, number>>;
}

export interface MeteredWorldOptions extends WorldOptions {
  readonly showsAddress?: boolean;
  readonly storeSize?: number;
  readonly prepare?: (world: EngineWorld) => void;
  readonly cluster?: (now: Date) => ClusterState;
}

/** Every name server has what was written a second later. */
export const PROMPT_SERVERS: Authority = {
  read: () => Promise.resolve({ kind: "absent" }),
  verify: () =>
    Promise.resolve({ kind: "converged", servers: ["ns1.example.org"], took: milliseconds(1000) }),
};

export async function meteredWorld(options: MeteredWorldOptions = {}): Promise<MeteredWorld> {
  const { records = [desired()], prepare, cluster } = options;
  const world = new EngineWorld({
    seed: 7,
    authority: PROMPT_SERVERS,
    verification: { deadline: milliseconds(60_000), awaited: false },
    ...options,
    records,
  });
  prepare?.(world);
  const chronicle = new Chronicle({
    subjects: {
      families: familiesOf(records),
      records,
      providers: [...world.providers].map(([name, { capabilities }]) => {
        return { name, type: "memory", title: "Memory", limit: capabilities.pacing };
      }),
      witnesses: world.witnesses,
    },
    archive: world.store,
    clock: world.clock,
    budgetOf: () => 990,
  });
  const metrics = createMetrics({
    state: () => chronicle.state(),
    clock: world.clock,
    storeSize: () => options.storeSize,
    showsAddress: () => options.showsAddress ?? false,
    notifiers: () => ["phone"],
    cluster: cluster && (() => cluster(world.clock.date())),
  });
  const engine = world.engine();
  engine.subscribe(chronicle.learn);
  engine.subscribe(metrics.listener);
  chronicle.subscribe(({ happenings }) => {
    for (const happening of happenings) metrics.happened(happening);
  });
  const end = engine.run(NEVER);
  await world.clock.advance(2000);
  return {
    world,
    engine,
    metrics,
    state: () => chronicle.state(),
    samples: async () => parseSamples((await metrics.render()).text),
    async [Symbol.asyncDispose]() {
      await finish(world.clock, engine.stop());
      await finish(world.clock, end);
      metrics.close();
      chronicle.close();
    },
  };
}

/** Lines such as `esddns_rounds_total{trigger="start"} 1`, by what stands before the value. */
export function parseSamples(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const split = line.lastIndexOf(" ");
      return [line.slice(0, split), Number(line.slice(split + 1))];
    }),
  );
}
