import fc from "fast-check";
import { expect, it } from "vitest";
import { CancelledError } from "#core/errors.ts";
import type { Clock, Random } from "#core/ports.ts";
import { type Instant, instant, type Milliseconds, milliseconds } from "#core/units.ts";
import { LeaseElector, requestTimeout, type Term } from "#kubernetes/election/lease-elector.ts";
import type { ApiAnswer, ApiRequest, ApiTransport } from "#kubernetes/api/ports.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { KubeApi } from "#testing/kube-api.ts";
import { ManualClock } from "#testing/manual-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";

/** How long the world is bad, and then good; in milliseconds of true time. */
const [BAD, GOOD] = [90_000, 45_000];
/** How often it is looked whether there are two leaders. */
const LOOK = 250;
const RUNS = Number(process.env["ESDDNS_ELECTION_RUNS"] ?? 25);
const never = new AbortController().signal;

type Trouble =
  /** Nothing arrives; what was sent meanwhile arrives at the end, whether or not anybody still waits for it. */
  | "partition"
  /** Requests arrive, answers come at the end. */
  | "late-answers"
  | "refused"
  /** The server does it and says that it failed. */
  | "misreported"
  /** The process stands still: SIGSTOP, or a blocked event loop. */
  | "stall";

interface Episode {
  readonly trouble: Trouble;
  readonly start: number;
  readonly length: number;
}

interface Process {
  readonly episodes: readonly Episode[];
  /** Of its clock, against true time. */
  readonly rate: number;
  readonly skew: number;
  readonly start: number;
  /** When it is asked to stop; `undefined`: never. */
  readonly end: number | undefined;
}

/** The clock of a process: runs at its own rate, shows its own date, and stands still with the process. */
class ProcessClock implements Clock {
  readonly #truth: ManualClock;
  readonly #process: Process;

  constructor(truth: ManualClock, process: Process) {
    this.#truth = truth;
    this.#process = process;
  }

  now(): Instant {
    return instant(this.#truth.now() * this.#process.rate + this.#process.skew);
  }

  date(): Date {
    return new Date(this.#truth.date().getTime() + this.#process.skew);
  }

  async sleep(span: Milliseconds, signal: AbortSignal): Promise<void> {
    await this.#truth.sleep(milliseconds(Math.ceil(span / this.#process.rate)), signal);
    await this.resumed();
    if (signal.aborted) throw new CancelledError();
  }

  /** A process that stands still notices nothing: no timer, no answer. */
  async resumed(): Promise<void> {
    for (;;) {
      const left = remaining(this.#process, "stall", this.#truth.now());
      if (left === 0) return;
      await this.#truth.sleep(milliseconds(left), never);
    }
  }
}

function remaining({ episodes }: Process, trouble: Trouble, now: number): number {
  const ends = episodes
    .filter((episode) => episode.trouble === trouble && episode.start <= now)
    .map(({ start, length }) => start + length - now);
  return Math.max(0, ...ends);
}

/** The network between a process and the server. What was sent goes on its way even if its sender gives up. */
function network(
  truth: ManualClock,
  api: KubeApi,
  process: Process,
  clock: ProcessClock,
  chance: () => number,
): ApiTransport {
  const wait = (span: number) => truth.sleep(milliseconds(Math.round(span)), never);
  async function exchange(request: ApiRequest): Promise<ApiAnswer> {
    await wait(remaining(process, "partition", truth.now()) + chance() * 400);
    if (remaining(process, "refused", truth.now()) > 0) api.fail({ status: 500 });
    const answer = await api.open(request, never);
    if (remaining(process, "misreported", truth.now()) > 0) throw new Error("lost");
    await wait(remaining(process, "late-answers", truth.now()) + chance() * 400);
    return answer;
  }
  return {
    async open(request, signal) {
      const answer = await orCancelled(exchange(request), signal);
      await clock.resumed();
      return answer;
    },
  };
}

function orCancelled<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new CancelledError());
    signal.addEventListener("abort", cancel, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", cancel));
  });
}

interface Write {
  readonly by: number;
  readonly transitions: number;
}

/** Runs processes through their troubles, and keeps what their leaders wrote. */
function simulate(processes: readonly Process[], seed: () => number) {
  const truth = new ManualClock();
  const api = new KubeApi(truth);
  api.objects.put("coordination.k8s.io/v1/home/leases", "home", "esddns", {});
  const writes: Write[] = [];
  const stops = processes.map(() => new AbortController());
  const random: Random = { bytes: () => new Uint8Array(), fraction: seed };
  const electors = processes.map((process, by) => {
    const clock = new ProcessClock(truth, process);
    const lead = async (term: Term) => {
      while (!term.signal.aborted) {
        if (term.isHeld()) writes.push({ by, transitions: term.id.transitions });
        await clock.sleep(milliseconds(500), term.signal).catch(() => {});
      }
    };
    const transport = network(truth, api, process, clock, seed);
    const client = createKubernetesClient({
      transport,
      clock,
      purpose: "leader-election",
      timeout: requestTimeout(),
    });
    const place = { namespace: "home", name: "esddns" };
    return new LeaseElector({
      client,
      clock,
      random,
      log: new MemoryLog(),
      place,
      identity: `pod-${by}`,
      lead,
    });
  });
  const runs = electors.map(async (elector, by) => {
    await truth.sleep(milliseconds(processes[by]?.start ?? 0), never);
    await elector.run(stops[by]?.signal ?? never);
  });
  const leaders = () => electors.flatMap((elector, by) => (elector.isLeader() ? [by] : []));
  return { truth, writes, stops, runs, leaders };
}

const trouble = fc.constantFrom<Trouble>(
  "partition",
  "late-answers",
  "refused",
  "misreported",
  "stall",
  "stall",
  "stall",
);
const episode = fc.record({
  trouble,
  start: fc.integer({ min: 0, max: BAD - 10_000 }),
  length: fc.oneof(fc.integer({ min: 1000, max: 15_000 }), fc.integer({ min: 15_000, max: 60_000 })),
});
const candidates = fc.record({
  episodes: fc
    .array(episode, { maxLength: 4 })
    .map((all) => all.map((one) => ({ ...one, length: Math.min(one.length, BAD - one.start) }))),
  rate: fc.double({ min: 0.9, max: 1.1, noNaN: true }),
  skew: fc.integer({ min: -86_400_000, max: 86_400_000 }),
  start: fc.integer({ min: 0, max: 20_000 }),
  end: fc.option(fc.integer({ min: 20_000, max: BAD }), { nil: undefined }),
});
const chance = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));

it("there are never two leaders, no deposed one writes, and there is one again when the trouble is over", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(candidates, { minLength: 2, maxLength: 4 }),
      chance,
      async (processes, stream) => {
        // One that stays, so that somebody can lead in the end
        const all = processes.map((one, index) => (index === 0 ? { ...one, end: undefined } : one));
        const { truth, writes, stops, runs, leaders } = simulate(all, () => stream.next().value);
        while (truth.now() < BAD + GOOD) {
          for (const [index, { end }] of all.entries()) {
            if (end !== undefined && truth.now() >= end) stops[index]?.abort();
          }
          await truth.advance(LOOK);
          expect(leaders().length).toBeLessThan(2);
        }
        expect(leaders()).toHaveLength(1);
        const reigns = writes.map(({ transitions }) => transitions);
        expect(reigns).toEqual(reigns.toSorted((a, b) => a - b));
        // A term is one process's
        const epochs = new Set(writes.map(({ by, transitions }) => `${transitions} ${by}`));
        expect(epochs.size).toBe(new Set(reigns).size);
        for (const stop of stops) stop.abort();
        await truth.advance(60_000);
        await Promise.all(runs);
        expect(truth.pending).toBe(0);
      },
    ),
    // Shrinking would take longer than a test may: the seed tells enough
    { numRuns: RUNS, endOnFailure: true },
  );
}, 120_000);

it.each([
  // The renewal is sent at 2.8 s, reaches the server at 3 s, and is answered at 3.2 s
  ["while it waits for its next renewal", 2000],
  ["while its renewal is on its way", 2900],
  ["while the answer is on its way", 3100],
])("a leader that is paused %s is none when it goes on, and writes nothing", async (_, start) => {
  const calm = { episodes: [], rate: 1, skew: 0, start: 0, end: undefined };
  const paused = { ...calm, episodes: [{ trouble: "stall" as const, start, length: 40_000 }] };
  const { truth, writes, leaders } = simulate([paused, { ...calm, start: 1000 }], () => 0.5);
  await truth.advance(start);
  expect(leaders()).toEqual([0]);
  await truth.advance(39_900);
  expect(leaders()).toEqual([1]);
  while (truth.now() < start + 50_000) {
    await truth.advance(10);
    expect(leaders()).toEqual([1]);
  }
  expect(writes.map(({ by }) => by)).toEqual(writes.map(({ by }) => by).toSorted((a, b) => a - b));
});
