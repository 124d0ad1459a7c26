import { describe, expect, it } from "vitest";
import { milliseconds } from "#core/units.ts";
import { healthRoutes } from "#service/health.ts";
import type { Answer, Route, ServiceRequest } from "#service/http/route.ts";
import type { State } from "#state/state.ts";
import type { ClusterState } from "#state/cluster.ts";
import { clusterState, FOLLOWING } from "#testing/cluster-state.ts";
import { desired } from "#testing/engine-world.ts";
import { meteredWorld } from "#testing/metered-world.ts";

const TRUTH = "44.128.10.77";
const SECOND = 1000;
const MINUTE = 60 * SECOND;

type World = Awaited<ReturnType<typeof meteredWorld>>;

function routesOf(it: World, state: () => State = it.state): readonly Route[] {
  return healthRoutes({ state, now: () => it.world.clock.date() });
}

/** Status and text. */
async function ask(routes: readonly Route[], path: string, query = ""): Promise<readonly [number, string]> {
  const route = routes.find((each) => each.path === path)!;
  const answer = await route.handle(requestWith(new URLSearchParams(query)));
  return [statusOf(answer), answer.kind === "text" ? answer.text : ""];
}

function statusOf(answer: Answer): number {
  return "status" in answer ? (answer.status ?? 200) : 200;
}

function requestWith(query: URLSearchParams): ServiceRequest {
  return {
    method: "GET",
    path: "/",
    parameters: {},
    query,
    headers: {},
    caller: { kind: "anonymous", mayRead: false, mayOperate: false, csrf: "" },
    client: "127.0.0.1",
    isSecure: false,
    origin: "http://127.0.0.1:51339",
    form: () => Promise.resolve(new URLSearchParams()),
    json: () => Promise.resolve(undefined),
    signal: new AbortController().signal,
  };
}

describe("health", () => {
  it("is everybody's to ask, and well after the first round", async () => {
    await using it = await meteredWorld({ prepare: (world) => void world.established(TRUTH) });
    const routes = routesOf(it);
    expect(routes.every(({ access, method }) => access === "open" && method === "GET")).toBe(true);
    for (const path of ["/livez", "/readyz", "/healthz"])
      expect(await ask(routes, path)).toEqual([200, "ok\n"]);
  });

  it("lists its checks on demand, without an address or a name", async () => {
    await using it = await meteredWorld({ prepare: (world) => void world.established(TRUTH) });
    const [status, text] = await ask(routesOf(it), "/healthz", "verbose");
    expect(status).toBe(200);
    expect(text).toBe("loop: ok\nconfiguration: ok\nverdict: ok\nok\n");
  });

  it("is live and not ready while no address is known, and says what lacks", async () => {
    await using it = await meteredWorld({ witnesses: [] });
    const routes = routesOf(it);
    expect(await ask(routes, "/livez")).toEqual([200, "ok\n"]);
    expect(await ask(routes, "/readyz")).toEqual([503, "failed: verdict\n"]);
    expect(await ask(routes, "/healthz")).toEqual([503, "failed: verdict\n"]);
  });

  it("is not ready by what an earlier process knew", async () => {
    await using it = await meteredWorld({ witnesses: [], prepare: (world) => void world.established(TRUTH) });
    expect(it.state().families[0]!.address?.text).toBe(TRUTH);
    expect(await ask(routesOf(it), "/readyz")).toEqual([503, "failed: verdict\n"]);
  });

  it("does not ask whether records are right: a provider that is down ends no daemon", async () => {
    await using it = await meteredWorld({
      prepare: (world) => {
        world.provider.script = () => ({ kind: "refused", cause: "authentication", words: "no" });
      },
    });
    await it.world.clock.advance(20 * MINUTE);
    expect(it.state().records[0]!.condition.kind).toBe("failed");
    expect(await ask(routesOf(it), "/healthz")).toEqual([200, "ok\n"]);
  });
});

describe("the loop", () => {
  it("turns between rounds, however far apart they are and without probes", async () => {
    await using it = await meteredWorld({
      prepare: (world) => void world.established(TRUTH),
      schedule: { interval: milliseconds(24 * 60 * MINUTE), probe: "off" },
    });
    for (let hour = 0; hour < 30; hour += 1) {
      await it.world.clock.advance(60 * MINUTE);
      expect(await ask(routesOf(it), "/livez")).toEqual([200, "ok\n"]);
    }
  });

  it("hangs when a round goes on without a sign", async () => {
    await using it = await meteredWorld({ prepare: (world) => void world.established(TRUTH) });
    const { startedAt } = it.state();
    const hung: State = { ...it.state(), round: { number: 2, trigger: "probe", startedAt, families: [4] } };
    const routes = routesOf(it, () => hung);
    expect(await ask(routes, "/livez")).toEqual([200, "ok\n"]);
    // As if nothing happened any more
    it.world.clock.setDate(new Date(startedAt.getTime() + 6 * MINUTE));
    expect(await ask(routes, "/livez")).toEqual([503, "failed: loop\n"]);
  });

  it("hangs when nothing comes of what was due", async () => {
    await using it = await meteredWorld({ prepare: (world) => void world.established(TRUTH) });
    const stuck = it.state();
    const routes = routesOf(it, () => stuck);
    const due = Math.max(stuck.next.round!.getTime(), stuck.next.probe!.getTime());
    it.world.clock.setDate(new Date(due + 4 * MINUTE));
    expect(await ask(routes, "/livez")).toEqual([200, "ok\n"]);
    it.world.clock.setDate(new Date(due + 6 * MINUTE));
    expect(await ask(routes, "/livez", "verbose")).toEqual([503, "loop: failed\nfailed: loop\n"]);
  });

  it("is not mistaken by a wall clock that was set, even where nothing is due for long", async () => {
    await using it = await meteredWorld({
      prepare: (world) => void world.established(TRUTH),
      schedule: { interval: milliseconds(60 * MINUTE), probe: "off" },
    });
    const { clock } = it.world;
    for (const days of [365, -365]) {
      clock.setDate(new Date(clock.date().getTime() + days * 24 * 60 * MINUTE));
      expect(await ask(routesOf(it), "/livez")).toEqual([200, "ok\n"]);
      const wait = it.state().next.round!.getTime() - clock.date().getTime();
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThan(80 * MINUTE);
    }
  });

  it("turns while a slow round goes on and shows signs", async () => {
    await using it = await meteredWorld({
      prepare: (world) => {
        world.provider.latency = 20 * SECOND;
        world.provider.writeLatency = 25 * SECOND;
      },
      records: Array.from({ length: 30 }, (_, index) => desired(`host${index}.example.org`)),
    });
    for (let minute = 0; minute < 20; minute += 1) {
      await it.world.clock.advance(MINUTE);
      expect(await ask(routesOf(it), "/livez")).toEqual([200, "ok\n"]);
    }
  });
});

describe("a pod of a cluster", () => {
  const clustered = (it: World, change: Partial<ClusterState> = {}) =>
    healthRoutes({
      state: it.state,
      now: () => it.world.clock.date(),
      cluster: () => clusterState(it.world.clock.date(), change),
    });

  it("that follows lives by the shared address alone, however seldom it looks at it", async () => {
    const interval = milliseconds(7 * 24 * 60 * MINUTE);
    await using it = await meteredWorld({ ...FOLLOWING, schedule: { interval, probe: "off" } });
    for (let day = 0; day < 10; day += 1) {
      await it.world.clock.advance(24 * 60 * MINUTE);
      expect(await ask(clustered(it), "/healthz")).toEqual([200, "ok\n"]);
    }
  });

  it("lives while the API server does not answer, and while it leads nobody", async () => {
    await using it = await meteredWorld({ ...FOLLOWING });
    const states: readonly Partial<ClusterState>[] = [
      { role: { kind: "alone", because: "unreachable" }, holder: "", isWatching: false, shared: undefined },
      { role: { kind: "independent" }, leaseTriedAt: undefined },
    ];
    for (const state of states) expect(await ask(clustered(it, state), "/livez")).toEqual([200, "ok\n"]);
  });

  it("hangs when it has stopped to look at the Lease", async () => {
    await using it = await meteredWorld({ ...FOLLOWING });
    const now = it.world.clock.date().getTime();
    const tried = (ago: number) => ({ leaseTriedAt: new Date(now - ago) });
    expect(await ask(clustered(it, tried(119 * SECOND)), "/livez")).toEqual([200, "ok\n"]);
    expect(await ask(clustered(it, tried(121 * SECOND)), "/livez")).toEqual([503, "failed: election\n"]);
    const [, text] = await ask(clustered(it, tried(121 * SECOND)), "/livez", "verbose");
    expect(text).toBe("loop: ok\nelection: failed\nfailed: election\n");
  });
});
