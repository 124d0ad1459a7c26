import type { Family } from "#core/address.ts";
import type { RecordId } from "#core/record.ts";
import { type DesiredRecord, recordId } from "#core/record.ts";
import type { EngineEvent } from "#engine/events.ts";
import type { Schedule } from "#engine/pace.ts";
import { createKubernetesClient } from "#kubernetes/api/thin-client.ts";
import { ClusterEngine } from "#kubernetes/cluster/cluster-engine.ts";
import { countRequests } from "#kubernetes/cluster/count-requests.ts";
import type { ApiRequest } from "#kubernetes/api/ports.ts";
import { requestTimeout } from "#kubernetes/election/lease-elector.ts";
import type { ClusterRole } from "#state/cluster.ts";
import { MemoryStore } from "#store/memory-store.ts";
import { Line } from "#testing/cluster-world/line.ts";
import { NodeClock, NodeProcess } from "#testing/cluster-world/node-process.ts";
import { NodeProvider, type Sent } from "#testing/cluster-world/node-provider.ts";
import { nodeTransport } from "#testing/cluster-world/node-transport.ts";
import { fixedRandom, operators, QUORUM_OF_TWO, type ScriptedProvider } from "#testing/engine-world.ts";
import { DEFAULT_LIMITS } from "#engine/detect.ts";
import { fakeSource, FakeWitness } from "#testing/fake-witness.ts";
import type { KubeApi } from "#testing/kube-api.ts";
import type { SimulatedClock } from "#testing/cluster-world/simulated-clock.ts";
import { MemoryLog } from "#testing/memory-log.ts";

/** What all nodes have in common. */
export interface Surroundings {
  readonly clock: SimulatedClock;
  readonly api: KubeApi;
  readonly provider: ScriptedProvider;
  /** All that was sent to the provider, in order. */
  readonly sent: Sent[];
  truth(family: Family, node: string): string;
  /** Right when a change leaves a node. */
  onSent(sent: Sent, node: WorldNode): void;
}

export interface NodeOptions {
  readonly name: string;
  readonly records: readonly DesiredRecord[];
  readonly schedule: Schedule;
  readonly isPerNode: boolean;
  readonly service: string | undefined;
  readonly seed: number;
  /** How far its clocks are from the true ones, in milliseconds. */
  readonly skew: number;
}

/** What one process is: started anew, it is another one. */
interface Incarnation {
  readonly process: NodeProcess;
  readonly clock: NodeClock;
  readonly engine: ClusterEngine;
  readonly witnesses: readonly FakeWitness[];
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** One node of a simulated cluster, its agent, and the lines that it has to the world. */
export class WorldNode {
  readonly name: string;
  readonly log = new MemoryLog();
  readonly events: EngineEvent[] = [];
  /** When it asked a witness, in simulated milliseconds. */
  readonly questions: number[] = [];
  readonly reads: { readonly at: number; readonly keys: readonly RecordId[] }[] = [];
  readonly toApi: Line;
  readonly toProvider: Line;
  isCutOffFromWitnesses = false;
  records: readonly DesiredRecord[];
  /** Called right when a change, a question to the provider, a request to the API server leaves: to do something then. */
  onSend: () => void = () => {};
  onRead: () => void = () => {};
  onAsk: (request: ApiRequest) => void = () => {};
  readonly #options: NodeOptions;
  readonly #world: Surroundings;
  #now: Incarnation | undefined;
  #starts = 0;
  /** How much of its log was read for its role. */
  #told = 0;
  #role: ClusterRole["kind"] = "following";

  constructor(options: NodeOptions, world: Surroundings) {
    const { clock } = world;
    this.name = options.name;
    this.records = options.records;
    this.#options = options;
    this.#world = world;
    this.toApi = new Line(clock, { peer: "API server", fate: "late", latency: 2 });
    this.toProvider = new Line(clock, { peer: "provider", fate: "lost", latency: 25 });
  }

  get engine(): ClusterEngine {
    if (!this.#now) throw new TypeError(`${this.name} does not run`);
    return this.#now.engine;
  }

  get clock(): NodeClock {
    if (!this.#now) throw new TypeError(`${this.name} does not run`);
    return this.#now.clock;
  }

  /** UDP at three operators, TLS at two others. */
  get witnesses(): readonly FakeWitness[] {
    return this.#now?.witnesses ?? [];
  }

  /** Neither stopped for good nor killed. */
  get isAlive(): boolean {
    return this.#now !== undefined && !this.#now.process.isDead;
  }

  /** As it told in its log. */
  get role(): ClusterRole["kind"] {
    for (const { message, fields } of this.log.entries.slice(this.#told)) {
      const role = message === "This node takes a role" ? fields["role"] : undefined;
      if (role === "leading" || role === "independent") this.#role = role;
      if (role === "following" || message === STARTED) this.#role = "following";
      if (message === "This node detects for itself") this.#role = "alone";
    }
    this.#told = this.log.entries.length;
    return this.#role;
  }

  /** At this very moment, by its own clock. */
  get isLeading(): boolean {
    return this.isAlive && this.role === "leading" && this.engine.mayWrite();
  }

  get sent(): readonly Sent[] {
    return this.#world.sent.filter(({ node }) => node === this.name);
  }

  start(): void {
    const process = new NodeProcess();
    const clock = new NodeClock(this.#world.clock, process, this.#options.skew);
    this.#starts += 1;
    this.log.info(STARTED);
    const witnesses = this.#witnesses(clock);
    const engine = this.#engineIn(process, clock, witnesses);
    engine.subscribe((event) => this.events.push(event));
    const stop = new AbortController();
    this.#now = { process, clock, engine, witnesses, stop, ended: engine.run(stop.signal) };
  }

  /** SIGKILL. What it has sent goes on its way. */
  kill(): void {
    this.#now?.process.die();
  }

  /** SIGSTOP. */
  pause(): void {
    this.#now?.process.halt();
  }

  /** SIGCONT. */
  async goOn(): Promise<void> {
    await this.#now?.process.goOn();
  }

  /** SIGTERM. @returns when the process has ended; time has to go on for it */
  async stop(): Promise<void> {
    const now = this.#now;
    now?.stop.abort();
    await now?.ended;
    now?.process.die();
  }

  #engineIn(process: NodeProcess, clock: NodeClock, witnesses: readonly FakeWitness[]): ClusterEngine {
    const { api } = this.#world;
    const { name, isPerNode, service, schedule, seed } = this.#options;
    const transport = countRequests(
      nodeTransport(api, this.toApi, process, (request) => this.onAsk(request)),
    );
    const client = createKubernetesClient({ transport, clock, purpose: "operator" });
    const timeout = requestTimeout();
    const electionClient = createKubernetesClient({ transport, clock, purpose: "leader-election", timeout });
    const engine: ClusterEngine = new ClusterEngine({
      engine: {
        sources: [fakeSource(witnesses)],
        providers: new Map([["home", this.#provider(process, clock, () => engine.mayWrite())]]),
        records: this.records,
        detection: { rule: QUORUM_OF_TWO, limits: DEFAULT_LIMITS, allowRanges: [], confirms: true },
        schedule,
        store: new MemoryStore(),
        clock,
        random: fixedRandom(seed + 1000 * this.#starts),
        log: this.log,
      },
      isPerNode,
      client,
      electionClient,
      ...OBJECTS,
      service,
      node: name,
      pod: `esddns-${name}-${this.#starts}`,
      requests: () => transport.counts(),
    });
    return engine;
  }

  #witnesses(clock: NodeClock): readonly FakeWitness[] {
    const truth = (family: Family) => {
      this.questions.push(this.#world.clock.now());
      return this.isCutOffFromWitnesses ? "offline" : this.#world.truth(family, this.name);
    };
    return operators(3, 2).map((each) => new FakeWitness({ clock, truth }, each));
  }

  #provider(process: NodeProcess, clock: NodeClock, mayWrite: () => boolean): NodeProvider {
    const world = this.#world;
    return new NodeProvider({
      shared: world.provider,
      line: this.toProvider,
      process,
      clock,
      mayWrite,
      onRead: (keys) => {
        this.reads.push({ at: world.clock.now(), keys });
        this.onRead();
      },
      onSend: ({ after, address }) => {
        const sent: Sent = {
          node: this.name,
          record: recordId(after),
          address: address.text,
          at: world.clock.now(),
          readAt: this.reads.at(-1)?.at ?? 0,
          landedAt: undefined,
          heldBefore: undefined,
        };
        world.onSent(sent, this);
        this.onSend();
        return () => {
          sent.landedAt = world.clock.now();
          sent.heldBefore = world.provider.values(sent.record);
        };
      },
    });
  }
}

const STARTED = "started";

/** Their names are those that an installation has. */
export const OBJECTS = {
  namespace: "home",
  configMap: "esddns-wan-ip",
  lease: "esddns-leader",
  agents: "esddns-agents",
} as const;
