import type { Family } from "#core/address.ts";
import type { Archive } from "#core/store.ts";
import { milliseconds } from "#core/units.ts";
import { createEngine, type Engine } from "#engine/engine.ts";
import { createClock } from "#platform/clock.ts";
import { feedEngine } from "#service/api/engine-feed.ts";
import type { Finding, Operations, ServiceContext } from "#service/context.ts";
import { createFeed, type EventFeed } from "#service/event-feed.ts";
import { Chronicle } from "#state/chronicle.ts";
import { familiesOf } from "#state/initial-state.ts";
import type { State } from "#state/state.ts";
import { FOLLOWING } from "#testing/cluster-state.ts";
import { EngineWorld, finish, NEVER, ScriptedProvider } from "#testing/engine-world.ts";
import { type Behaviour, FakeWitness } from "#testing/fake-witness.ts";
import { MemoryLog } from "#testing/memory-log.ts";
import { addShared, followedCluster, turnOf } from "#testing/service-world/following.ts";
import { addPast, addPublished } from "#testing/service-world/past.ts";
import {
  CONFIGURATION,
  FINDINGS,
  NOW,
  PROVIDERS,
  RECORDS,
  SIX,
  troubleProviders,
  WITNESSES,
} from "#testing/service-world/scenery.ts";

/**
 * `lived`: a daemon after 30 days, in its second hour, with a record in every condition and witnesses that agree,
 * differ, are silent and in quarantine. `empty`: just started, nobody was asked yet. `troubled`: the IPv4 address
 * is in dispute, the IPv6 address is not known. `following`: a pod in a cluster, which hears of both addresses from its
 * leader, and waits with one record until it is its turn.
 */
export type ServiceWorldKind = "empty" | "following" | "lived" | "troubled";

/** A service's context and everything behind it. Its clock moves when the test, or one of the operations, moves it. */
export interface ServiceWorld {
  readonly context: ServiceContext;
  readonly world: EngineWorld;
  /** The second provider; the first is `world.provider`. */
  readonly office: ScriptedProvider;
  readonly engine: Engine;
  readonly chronicle: Chronicle;
  readonly archive: Archive;
  /** Its readers are told by real time. */
  readonly feed: EventFeed;
  readonly log: MemoryLog;
  /** Lets the daemon live on for a while. */
  readonly live: (span: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** @param overrides stand in the context's place */
export async function serviceWorld(
  kind: ServiceWorldKind = "lived",
  overrides: Partial<ServiceContext> = {},
): Promise<ServiceWorld> {
  const world = new EngineWorld({
    truth: "44.128.10.77",
    truth6: SIX,
    records: RECORDS,
    witnesses: WITNESSES,
    schedule: { refresh: milliseconds(60_000) },
    ...(kind === "following" && FOLLOWING),
  });
  const office = new ScriptedProvider(world.clock);
  world.providers.set("office", office);
  world.clock.setDate(NOW);
  const archive = world.store;
  if (kind === "lived" || kind === "troubled") {
    addPast(archive, NOW);
    addPublished(archive, { home: world.provider, office }, NOW);
  }
  if (kind === "following") addShared(world, office);
  const log = new MemoryLog();
  const chronicle = chronicleOf(world, archive);
  const feed = createFeed({ startedAt: NOW, clock: createClock(), log });
  const options = {
    ...world.engineOptions(),
    ...verifying(world),
    ...(kind === "following" && { policies: [turnOf(world)] }),
  };
  const engine = createEngine(options);
  chronicle.subscribe(feedEngine(feed));
  engine.subscribe((event) => world.events.push(event));
  engine.subscribe(chronicle.learn);
  const stop = new AbortController();
  const inTurn = oneByOne();
  const live = (span: number) => inTurn(() => world.clock.advance(span));
  const round = (signal = NEVER) =>
    inTurn(async () => void (await finish(world.clock, engine.round("command", signal))));
  const running = kind === "empty" ? Promise.resolve() : engine.run(stop.signal);
  if (kind === "lived") await passLife({ world, office, chronicle }, live);
  if (kind === "troubled") await passTrouble(world, live);
  if (kind === "following") await live(12 * MINUTE);
  const operations: Operations = {
    round,
    plan: (signal) =>
      inTurn(async () => {
        const dry = createEngine({ ...options, dryRun: true });
        const { plan } = await finish(world.clock, dry.round("command", signal));
        await dry.stop();
        return plan;
      }),
    doctor: examine,
    configuration: () => Promise.resolve(CONFIGURATION),
    notifiers: () => [
      { name: "phone", type: "ntfy", lastSuccess: NOW, trouble: undefined },
      {
        name: "automation",
        type: "webhook",
        lastSuccess: undefined,
        trouble: { at: NOW, words: "Cannot notify: the service answers 500", hint: "see its own log" },
      },
    ],
    testNotifier: () => Promise.resolve(),
  };
  const context: ServiceContext = {
    state: () => chronicle.state(),
    archive,
    feed,
    operations,
    now: () => world.clock.date(),
    log,
    isInsecure: false,
    ...(kind === "following" && { cluster: () => followedCluster(world.clock.date()) }),
    metrics: () => Promise.resolve({ type: "text/plain; version=0.0.4; charset=utf-8", text: METRICS }),
    ...overrides,
  };
  async function close(): Promise<void> {
    stop.abort();
    feed.close();
    chronicle.close();
    await engine.stop();
    await running;
  }
  return { context, world, office, engine, chronicle, archive, feed, log, live, close };
}

const METRICS = `# HELP esddns_build_info About the program
# TYPE esddns_build_info gauge
esddns_build_info{version="0.1.0"} 1
`;

const MINUTE = 60_000;

/** In 40 minutes `alpha` lies until it is in quarantine and a record is put right; then `echo` lies and `charlie` is silent. */
async function passLife(
  { world, office, chronicle }: Pick<ServiceWorld, "chronicle" | "office" | "world">,
  live: (span: number) => Promise<void>,
): Promise<void> {
  troubleProviders(world, office);
  behave(world, "alpha.example", lying("44.128.255.1"));
  await live(20 * MINUTE);
  // Somebody else's hand, which the next reading finds and puts right
  world.provider.put("*.home.example.org", "A", ["44.128.77.1"], 300);
  await live(20 * MINUTE);
  behave(world, "echo.example", lying("44.128.255.2"));
  behave(world, "charlie.example", { fails: "refused", after: 5 });
  for (let second = 0; !isComplete(chronicle.state()) && second < 1800; second += 1) await live(1000);
}

function isComplete({ records, witnesses }: State): boolean {
  const isPending = records.some(({ condition }) => condition.kind === "pending");
  const answers = witnesses.filter(({ quarantine }) => !quarantine).map(({ latest }) => latest?.answer.kind);
  return isPending && answers.includes("differs") && answers.includes("silent");
}

function lying(text: string): (family: Family) => Behaviour {
  return (family) => ({ says: family === 4 ? text : "honest" });
}

/** IPv4 is seen as four addresses by two operators each, IPv6 by nobody. */
async function passTrouble(world: EngineWorld, live: (span: number) => Promise<void>): Promise<void> {
  await live(20 * MINUTE);
  world.move("offline", 6);
  for (const [index, { operator }] of world.witnesses.entries())
    behave(world, operator, lying(`44.128.255.${1 + (index % 4)}`));
  await live(12 * MINUTE);
}

function behave(
  { witnesses }: EngineWorld,
  operator: string,
  behaviour: Behaviour | ((family: Family) => Behaviour),
): void {
  for (const witness of witnesses) if (witness.operator === operator) witness.behaviour = behaviour;
}

/** Whoever follows asks nobody of those that it would ask if it led. */
function chronicleOf(world: EngineWorld, archive: Archive): Chronicle {
  const { clock } = world;
  const isFollowing = world.witnesses.some(({ source }) => source === "cluster");
  const offered = isFollowing ? WITNESSES.map((each) => new FakeWitness(world, each)) : [];
  const witnesses = [...world.witnesses, ...offered];
  const subjects = { families: familiesOf(RECORDS), records: RECORDS, providers: PROVIDERS, witnesses };
  return new Chronicle({
    subjects,
    archive,
    clock,
    budgetOf: (provider) => (provider === "home" ? 987 : undefined),
  });
}

/** Two name servers that have everything after two seconds. */
function verifying({ clock }: EngineWorld) {
  const servers = ["ns1.example.org", "ns2.example.org"];
  return {
    verification: { deadline: milliseconds(30_000), awaited: false },
    authority: {
      read: () => Promise.resolve({ kind: "absent" as const }),
      verify: async (_expected: unknown, _deadline: unknown, signal: AbortSignal) => {
        const took = milliseconds(1980);
        await clock.sleep(took, signal);
        return { kind: "converged" as const, servers, took };
      },
    },
  };
}

async function* examine(): AsyncIterable<Finding> {
  for (const finding of FINDINGS) {
    await new Promise((resolve) => setImmediate(resolve));
    yield finding;
  }
}

/** One clock cannot be moved by two at once. */
function oneByOne(): <T>(act: () => Promise<T>) => Promise<T> {
  let turn: Promise<unknown> = Promise.resolve();
  return (act) => {
    const next = turn.then(act);
    turn = next.catch(() => {});
    return next;
  };
}
