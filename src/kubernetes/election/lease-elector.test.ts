import { beforeEach, describe, expect, it } from "vitest";
import { milliseconds, seconds } from "#core/units.ts";
import {
  type Candidacy,
  LeaseElector,
  requestTimeout,
  type Term,
} from "#kubernetes/election/lease-elector.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { NodeClock, NodeProcess } from "#testing/cluster-world/node-process.ts";
import { KubeApi, type Way } from "#testing/kube-api.ts";
import { ManualClock, settled } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";

const COLLECTION = "coordination.k8s.io/v1/home/leases";

let clock: ManualClock;
let api: KubeApi;
let log: MemoryLog;

beforeEach(() => {
  clock = new ManualClock();
  log = new MemoryLog();
  api = createApi();
});

/** With the Lease as it is installed. */
function createApi(): KubeApi {
  const made = new KubeApi(clock);
  made.objects.put(COLLECTION, "home", "esddns", {});
  return made;
}

interface Settings {
  /** The process, where it is one that a test stops (SIGSTOP). */
  readonly process?: NodeProcess;
  readonly fraction?: number;
  readonly way?: Way;
  readonly lead?: (term: Term) => Promise<void>;
  readonly candidacy?: () => Candidacy;
}

/** An elector that runs, and whose terms are kept. */
function candidate(identity: string, { process, fraction = 0, way, lead, candidacy }: Settings = {}) {
  const own = process ? new NodeClock(clock, process, 0) : clock;
  const stop = new AbortController();
  const terms: Term[] = [];
  const leaders: string[] = [];
  const elector = new LeaseElector({
    client: createKubernetesClient({
      transport: api.transport(way),
      clock: own,
      purpose: "leader-election",
      timeout: requestTimeout(),
    }),
    clock: own,
    random: { bytes: () => new Uint8Array(), fraction: () => fraction },
    log,
    place: { namespace: "home", name: "esddns" },
    identity,
    lead: async (term) => {
      terms.push(term);
      await (lead ?? untilEnd)(term);
    },
    onLeader: (leader) => leaders.push(leader),
    ...(candidacy && { candidacy }),
  });
  const ended = elector.run(stop.signal);
  return { elector, stop, terms, leaders, ended };
}

function untilEnd({ signal }: Term): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve());
  });
}

function holder(): unknown {
  const spec = api.objects.get(COLLECTION, "esddns")?.["spec"];
  return typeof spec === "object" && spec !== null && "holderIdentity" in spec
    ? spec.holderIdentity
    : undefined;
}

describe("an elector", () => {
  it("leads a free Lease at once, and renews every two seconds", async () => {
    const a = candidate("a");
    await settled();
    expect(a.elector.isLeader()).toBe(true);
    await clock.advance(10_000);
    expect(api.requests.map(({ verb, at }) => [verb, at])).toEqual([
      ["get", 0],
      ["update", 0],
      ...[2000, 4000, 6000, 8000, 10_000].map((at) => ["update", at]),
    ]);
    expect(a.terms).toHaveLength(1);
  });

  it.each([
    [0, 2000],
    [0.999_999, 4400],
  ])("looks at another's Lease every 2 to 4.4 s, by chance (%d)", async (fraction, span) => {
    candidate("a");
    await settled();
    const b = candidate("b", { fraction });
    await settled();
    api.requests.length = 0;
    await clock.advance(44_000);
    const looks = api.requests.filter(({ verb }) => verb === "get").map(({ at }) => Math.round(at));
    expect(looks[0]).toBe(span);
    expect(looks[1]).toBe(2 * span);
    expect(b.elector.isLeader()).toBe(false);
  });

  it("looks a tenth as often in reserve, and not at all when it is no candidate", async () => {
    let candidacy: Candidacy = "reserve";
    candidate("a");
    await settled();
    const b = candidate("b", { candidacy: () => candidacy });
    await settled();
    api.requests.length = 0;
    const looks = () => api.requests.filter(({ verb }) => verb === "get").length;
    await clock.advance(60_000);
    expect(looks()).toBe(3);
    candidacy = "none";
    await clock.advance(60_000);
    expect(looks()).toBe(3);
    expect(b.elector.isLeader()).toBe(false);
  });

  it("says once that it cannot tell who leads, until it can again", async () => {
    candidate("a");
    await settled();
    api.freeze();
    await clock.advance(120_000);
    expect(log.messages("warn")).toEqual(["Cannot tell who leads"]);
  });

  it("takes over from one that died within 15 s and two looks", async () => {
    let isAlive = true;
    candidate("a", {
      way: { before: () => (isAlive ? Promise.resolve() : Promise.reject(new Error("dead"))) },
    });
    await clock.advance(2000);
    const b = candidate("b", { fraction: 0.999 });
    await clock.advance(20_000);
    isAlive = false;
    const died = clock.now();
    while (!b.elector.isLeader()) await clock.advance(100);
    expect(clock.now() - died).toBeGreaterThan(10_000);
    expect(clock.now() - died).toBeLessThan(24_000);
    expect(b.terms[0]?.id.transitions).toBe(2);
  });

  it("takes over within a look from one that was asked to stop", async () => {
    const a = candidate("a");
    await settled();
    const b = candidate("b", { fraction: 0.999 });
    await clock.advance(10_000);
    a.stop.abort();
    await a.ended;
    expect(holder()).toBe("");
    await clock.advance(4400);
    expect([a.elector.isLeader(), b.elector.isLeader()]).toEqual([false, true]);
    expect(b.leaders).toEqual(["a", "b"]);
  });

  it("steps down ten seconds after its last renewal, whether the server refuses, breaks off or is silent", async () => {
    for (const fail of [
      () => api.fail({ status: 500, times: Infinity }),
      () => api.fail({ status: 500, broken: true, times: Infinity }),
      () => api.freeze(),
    ]) {
      clock = new ManualClock();
      api = createApi();
      const a = candidate("a");
      await clock.advance(7000);
      fail();
      // The last renewal was at 6 s
      await clock.advance(8999);
      expect([a.elector.isLeader(), a.terms[0]?.signal.aborted]).toEqual([true, false]);
      await clock.advance(1);
      expect([a.elector.isLeader(), a.terms[0]?.signal.aborted]).toEqual([false, true]);
    }
  });

  it("leads on when a renewal comes through in time", async () => {
    const a = candidate("a");
    await clock.advance(6000);
    api.fail({ status: 503, times: Infinity });
    await clock.advance(7000);
    api.heal();
    await clock.advance(30_000);
    expect([a.elector.isLeader(), a.terms.length]).toEqual([true, 1]);
  });

  it("counts from the request, not from its answer, which may be late", async () => {
    let delay = 0;
    const after = (_: unknown, signal: AbortSignal) => clock.sleep(milliseconds(delay), signal);
    const a = candidate("a", { way: { after } });
    await clock.advance(3000);
    delay = 4000;
    // The renewal of 4 s is answered at 8 s, the one after it never
    await clock.advance(5000);
    api.freeze();
    await clock.advance(5999);
    expect(a.elector.isLeader()).toBe(true);
    await clock.advance(1);
    expect(a.elector.isLeader()).toBe(false);
  });

  it("steps down as soon as it sees another holder", async () => {
    const a = candidate("a");
    await clock.advance(3000);
    const spec = { holderIdentity: "a-stranger", leaseDurationSeconds: 3600, leaseTransitions: 5 };
    api.objects.put(COLLECTION, "home", "esddns", { spec });
    await clock.advance(1000);
    expect([a.elector.isLeader(), a.terms[0]?.signal.aborted]).toEqual([false, true]);
    expect([a.elector.leader, holder()]).toEqual(["a-stranger", "a-stranger"]);
  });

  it("begins another term when its Lease was deleted, and never the same twice", async () => {
    const a = candidate("a");
    await clock.advance(3000);
    api.objects.delete(COLLECTION, "esddns");
    await clock.advance(10_000);
    expect(a.terms.map(({ id, signal }) => [id.transitions, signal.aborted])).toEqual([
      [1, true],
      [2, false],
    ]);
    expect(a.elector.isLeader()).toBe(true);
  });

  it("begins another term when its Lease was deleted and installed anew, which counts from the beginning", async () => {
    const a = candidate("a");
    await clock.advance(3000);
    api.objects.delete(COLLECTION, "esddns");
    api.objects.put(COLLECTION, "home", "esddns", {});
    await clock.advance(10_000);
    const [first, second] = a.terms;
    expect([first?.signal.aborted, first?.isHeld(), second?.isHeld()]).toEqual([true, false, true]);
    expect(second?.id.transitions).toBe(first?.id.transitions);
    expect(second?.id.acquireTime).not.toBe(first?.id.acquireTime);
  });

  it("that stood still for longer than it may lead ends its term, and asks for nothing before", async () => {
    const process = new NodeProcess();
    let asked = 0;
    const before = async () => void (asked += 1);
    const work = Promise.withResolvers<void>();
    const lead = async (term: Term) => {
      await work.promise;
      await untilEnd(term);
    };
    const a = candidate("a", { process, way: { before }, lead });
    await clock.advance(3000);
    process.halt();
    await clock.advance(20_000);
    asked = 0;
    await process.goOn();
    await clock.advance(1000);
    expect([a.terms[0]?.signal.aborted, a.terms[0]?.isHeld(), a.elector.isLeader()]).toEqual([
      true,
      false,
      false,
    ]);
    // A renewal, which nobody would refuse, would make the term one that is held again
    expect(asked).toBe(0);
    work.resolve();
    await clock.advance(5000);
    expect([a.terms.length, a.elector.isLeader()]).toEqual([2, true]);
  });

  it("knows when it last tried to get or to renew the Lease, whatever came of it", async () => {
    let candidacy: Candidacy = "none";
    const a = candidate("a", { candidacy: () => candidacy });
    await clock.advance(10_000);
    expect(a.elector.triedAt).toBeUndefined();
    candidacy = "keen";
    await clock.advance(5000);
    expect([a.elector.isLeader(), a.elector.triedAt]).toEqual([true, 14_000]);
    api.fail({ status: 500, times: Infinity });
    await clock.advance(60_000);
    expect(a.elector.isLeader()).toBe(false);
    expect(a.elector.triedAt).toBeGreaterThan(70_000);
  });

  it("does not release the Lease before the work of the leader has ended", async () => {
    const work = Promise.withResolvers<void>();
    const a = candidate("a", { lead: () => work.promise });
    await clock.advance(5000);
    a.stop.abort();
    await clock.advance(3000);
    expect([holder(), a.terms[0]?.signal.aborted, a.terms[0]?.isHeld()]).toEqual(["a", true, true]);
    work.resolve();
    await a.ended;
    expect([holder(), a.terms[0]?.isHeld()]).toEqual(["", false]);
    expect(clock.pending).toBe(0);
  });

  it("never releases a Lease whose work did not end in time", async () => {
    const work = Promise.withResolvers<void>();
    const a = candidate("a", { lead: () => work.promise });
    await clock.advance(5000);
    a.stop.abort();
    await clock.advance(20_000);
    expect([holder(), a.terms[0]?.isHeld()]).toEqual(["a", false]);
  });

  it("is no candidate while the work of its last term goes on", async () => {
    const work = Promise.withResolvers<void>();
    // It does not listen to its signal
    const lead = async (term: Term) => {
      await work.promise;
      await untilEnd(term);
    };
    const a = candidate("a", { lead });
    await clock.advance(1000);
    api.fail({ status: 500, times: Infinity });
    await clock.advance(20_000);
    api.heal();
    await clock.advance(60_000);
    expect([a.terms.length, a.elector.isLeader()]).toEqual([1, false]);
    work.resolve();
    await clock.advance(3000);
    expect([a.terms.length, a.elector.isLeader()]).toEqual([2, true]);
  });

  it("gives the Lease to others when its work fails, and tells", async () => {
    const a = candidate("a", { lead: () => Promise.reject(new Error("no such record")) });
    await settled();
    expect([a.elector.isLeader(), holder()]).toEqual([false, ""]);
    expect(log.messages("error")).toEqual(["A leader's work has failed"]);
  });

  it("releases what it may have got while it was asked to stop", async () => {
    let isFirst = true;
    const way: Way = {
      after: ({ method }, signal) => {
        const span = method === "PUT" && isFirst ? 3000 : 0;
        isFirst &&= method !== "PUT";
        return clock.sleep(milliseconds(span), signal);
      },
    };
    const a = candidate("a", { way });
    await clock.advance(100);
    expect(holder()).toBe("a");
    a.stop.abort();
    await clock.advance(1000);
    await a.ended;
    expect([holder(), a.terms.length]).toEqual(["", 0]);
  });

  it("stops in time although the server is silent", async () => {
    const a = candidate("a");
    await clock.advance(3000);
    api.freeze();
    a.stop.abort();
    await clock.advance(10_000);
    await a.ended;
    expect(clock.pending).toBe(0);
    expect(log.messages("warn")).toEqual(["Cannot release the Lease; it runs out by itself"]);
  });

  it("refuses timings that leave no room for each other", () => {
    const [leaseDuration, renewDeadline, retryPeriod] = [
      seconds(15),
      milliseconds(10_000),
      milliseconds(2000),
    ];
    const base = {
      client: createKubernetesClient({ transport: api.transport(), clock, purpose: "test" }),
      clock,
      random: { bytes: () => new Uint8Array(), fraction: () => 0 },
      log,
      place: { namespace: "home", name: "esddns" },
      identity: "a",
      lead: untilEnd,
    };
    for (const timings of [
      { leaseDuration: seconds(10), renewDeadline, retryPeriod },
      { leaseDuration: seconds(15.5), renewDeadline, retryPeriod },
      { leaseDuration, renewDeadline: milliseconds(2400), retryPeriod },
      { leaseDuration, renewDeadline, retryPeriod: milliseconds(0) },
    ]) {
      expect(() => new LeaseElector({ ...base, timings })).toThrow(RangeError);
    }
    expect(
      () => new LeaseElector({ ...base, timings: { leaseDuration, renewDeadline, retryPeriod } }),
    ).not.toThrow();
  });
});
