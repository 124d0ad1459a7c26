import { beforeEach, describe, expect, it } from "vitest";
import { CancelledError } from "#core/errors.ts";
import type { Policy } from "#core/policy.ts";
import type { Change } from "#core/plan.ts";
import type { Provider } from "#core/provider.ts";
import type { EngineOptions } from "#engine/assembly.ts";
import { createEngine } from "#engine/engine.ts";
import type { EngineEvent, RoundSummary } from "#engine/events.ts";
import {
  aloneEngine,
  followingEngine,
  leadingEngine,
  type RoleEngineOptions,
} from "#kubernetes/cluster/role-engine.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import { orderOfTurns, TURN } from "#kubernetes/cluster/turns.ts";
import { WriteWindow } from "#kubernetes/cluster/write-window.ts";
import { address, desired, EngineWorld, finish, NEVER } from "#testing/engine-world.ts";
import { shared } from "#testing/shared-address.ts";

const [OLD, NEW] = ["44.128.10.77", "44.128.11.1"];
const HOME = desired();
const ID = "home.example.org/A";
/** Told, and not yet made. */
const TOLD = shared({ addresses: new Map([[4, address(NEW)]]) });
const [, FIRST, SECOND] = orderOfTurns(ID, TOLD);

let world: EngineWorld;
let now: SharedAddress | undefined;
beforeEach(() => {
  world = new EngineWorld({ truth: NEW });
  world.provider.put(HOME.name, HOME.type, [OLD]);
  now = TOLD;
});

function on(node = "node-1"): RoleEngineOptions {
  const { clock } = world;
  return {
    engine: world.engineOptions(),
    node,
    name: "esddns-wan-ip",
    shared: () => now,
    window: new WriteWindow(clock),
  };
}

const CHANGE: Change = {
  record: HOME,
  before: { name: HOME.name, type: HOME.type, values: [address(OLD)] },
  after: { name: HOME.name, type: HOME.type, values: [address(NEW)] },
  address: address(NEW),
  reason: "address-changed",
};

function providerOf({ providers }: EngineOptions): Provider {
  const provider = providers.get("home");
  if (!provider) throw new TypeError("there is no provider");
  return provider;
}

/** Until when the role leaves the change to another node, and to whom. */
function turnIn({ policies = [] }: EngineOptions): ReturnType<Policy> {
  return policies.flatMap((policy) => policy(CHANGE) ?? [])[0];
}

async function roundOf(options: EngineOptions): Promise<RoundSummary> {
  const engine = createEngine(options);
  const round = engine.round("cluster", NEVER);
  await finish(world.clock, round);
  await finish(world.clock, engine.stop());
  return round;
}

describe("a leader", () => {
  it("writes what its witnesses say, as a daemon does", async () => {
    const { outcomes } = await roundOf(leadingEngine(on(), () => true));
    expect(outcomes.map(({ outcome }) => outcome.kind)).toEqual(["applied"]);
    expect(world.provider.values()).toBe(NEW);
  });

  it("asks a provider to write nothing when it leads no more since it looked what is there", async () => {
    let isHeld = true;
    const provider = providerOf(leadingEngine(on(), () => isHeld));
    world.provider.readScript = () => {
      isHeld = false;
      return undefined;
    };
    await expect(finish(world.clock, provider.apply([CHANGE], NEVER))).rejects.toThrow(CancelledError);
    expect(world.provider.writes).toEqual([]);
  });

  it("waits for nobody", () => {
    expect(turnIn(leadingEngine(on(), () => true))).toBeUndefined();
  });
});

describe("a node that follows", () => {
  it("takes the address that it is told at once, and asks neither witness nor provider", async () => {
    const { verdicts, withheld, outcomes } = await roundOf(followingEngine(on(SECOND)));
    // The leader has confirmed it: one look at its word is enough
    const observations = [{ witness: { id: "cluster:esddns-wan-ip" } }];
    expect(verdicts.get(4)).toMatchObject({ kind: "known", address: { text: NEW }, observations });
    expect(withheld.map(({ reason }) => reason.kind)).toEqual(["turn"]);
    expect([outcomes, world.asked, world.provider.reads]).toEqual([[], 0, []]);
  });

  it("asks nobody between rounds", async () => {
    const engine = createEngine(followingEngine(on(SECOND)));
    const heard = new Set<EngineEvent["kind"]>();
    engine.subscribe(({ kind }) => heard.add(kind));
    const stop = new AbortController();
    const running = engine.run(stop.signal);
    await world.clock.advance(TURN);
    stop.abort();
    await finish(world.clock, running);
    expect([world.asked, world.provider.reads]).toEqual([0, []]);
    expect([heard.has("decided"), heard.has("probed")]).toEqual([true, false]);
  });

  it("believes what it is told of a record as soon as it is told, and not what it was told before", async () => {
    const engine = createEngine(followingEngine(on(SECOND)));
    const plan = async () => (await finish(world.clock, engine.round("cluster", NEVER))).plan;
    expect((await plan()).map(({ kind }) => kind)).toEqual(["change"]);
    now = { ...TOLD, published: new Map([[ID, address(NEW)]]) };
    expect((await plan()).map(({ kind }) => kind)).toEqual(["in-sync"]);
    await finish(world.clock, engine.stop());
  });

  it("writes when its turn has come and its own witnesses say the same", async () => {
    const options = followingEngine(on(FIRST));
    expect(turnIn(options)).toMatchObject({ kind: "turn", until: TURN, before: "node-1" });
    await world.clock.advance(TURN);
    expect(turnIn(options)).toBeUndefined();
    const { outcomes } = await roundOf(options);
    expect(outcomes.map(({ outcome }) => outcome.kind)).toEqual(["applied"]);
    expect(world.asked).toBeGreaterThan(0);
    expect(world.provider.values()).toBe(NEW);
  });

  it("writes nothing, its turn or not, that its own witnesses do not say", async () => {
    world.move(OLD);
    const options = followingEngine(on(FIRST));
    turnIn(options);
    await world.clock.advance(TURN);
    const { outcomes } = await roundOf(options);
    expect(outcomes.map(({ outcome }) => outcome.kind)).toEqual(["failed"]);
    expect(world.provider.writes).toEqual([]);
  });

  it("waits anew, and less long, when another node could not write", async () => {
    const options = followingEngine(on(SECOND));
    expect(turnIn(options)).toMatchObject({ until: 2 * TURN, before: FIRST });
    await world.clock.advance(TURN);
    expect(turnIn(options)).toMatchObject({ until: 2 * TURN });
    now = { ...TOLD, passed: new Map([[ID, ["node-1"]]]) };
    expect(turnIn(options)).toMatchObject({ until: 2 * TURN, before: FIRST });
    await world.clock.advance(TURN);
    expect(turnIn(options)).toBeUndefined();
  });

  it("that has never seen the shared address leaves others the time of one that hears nobody", () => {
    now = undefined;
    const turn = turnIn(followingEngine(on()));
    expect(turn).toMatchObject({ kind: "turn", before: "another node" });
    expect(turn).toEqual(turnIn(aloneEngine(on())));
  });
});

describe("a node that is alone", () => {
  it("detects for itself, and leaves everybody before it a turn, and one to a leader that it does not see", async () => {
    const options = aloneEngine(on(FIRST));
    const { verdicts, withheld } = await roundOf(options);
    expect(verdicts.get(4)).toMatchObject({ kind: "known", address: { text: NEW } });
    expect(withheld).toMatchObject([{ reason: { kind: "turn", before: "node-1" } }]);
    expect(world.asked).toBeGreaterThan(0);
    await world.clock.advance(2 * TURN);
    const { outcomes } = await roundOf(options);
    expect(outcomes.map(({ outcome }) => outcome.kind)).toEqual(["applied"]);
  });

  it("reads once more before it writes, and finds what another one has made", async () => {
    const provider = providerOf(aloneEngine(on()));
    world.provider.put(HOME.name, HOME.type, [NEW]);
    expect(await finish(world.clock, provider.apply([CHANGE], NEVER))).toEqual([{ kind: "unchanged" }]);
    expect(world.provider.writes).toEqual([]);
  });
});
