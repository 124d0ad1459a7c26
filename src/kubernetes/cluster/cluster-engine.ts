import type { Clock } from "#core/ports.ts";
import { isSuccess } from "#core/outcome.ts";
import { elapsed, type Instant, type Milliseconds, milliseconds } from "#core/units.ts";
import type { EngineOptions } from "#engine/assembly.ts";
import type { Engine } from "#engine/engine.ts";
import type { EngineEvent, Listener, RoundSummary, Trigger } from "#engine/events.ts";
import { ALONE_WORDS } from "#kubernetes/cluster/cluster-events.ts";
import {
  type ClusterParts,
  type ClusterPartsOptions,
  assembleCluster,
} from "#kubernetes/cluster/cluster-parts.ts";
import { agentStates, sharedState } from "#kubernetes/cluster/cluster-state.ts";
import { Gong } from "#kubernetes/cluster/gong.ts";
import {
  aloneLife,
  followingLife,
  independentLife,
  leadingLife,
  type Life,
} from "#kubernetes/cluster/life.ts";
import { Pace } from "#kubernetes/cluster/pace.ts";
import { roleIn, type RoleNow } from "#kubernetes/cluster/role.ts";
import { rememberShared, rememberTakeovers } from "#kubernetes/cluster/remember-shared.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import type { SharedSight } from "#kubernetes/cluster/shared-object.ts";
import { isKeen } from "#kubernetes/cluster/turns.ts";
import { WriteWindow } from "#kubernetes/cluster/write-window.ts";
import type { Candidacy, Term } from "#kubernetes/election/lease-elector.ts";
import type { ClusterRole, ClusterState } from "#state/cluster.ts";
import type { Happening, HappeningKind } from "#state/happening.ts";

export type ClusterEngineOptions = ClusterPartsOptions & {
  /** That of a daemon. */
  readonly engine: EngineOptions;
  /** Every node has records of its own: none leads. */
  readonly isPerNode: boolean;
};

interface Reign {
  readonly term: Term;
  readonly since: Instant;
  /** To be called when all that it was about has ended. */
  readonly over: () => void;
}

/** Candidates beside the leader; enough to take over at once, few enough for the API server. */
const KEEN = 3;
/** Of a leader without witnesses. */
const REST = milliseconds(60_000);
/** Of any other node: what it did itself, and not what all see. */
const ACTS: ReadonlySet<HappeningKind> = new Set(["credentials-refused", "record-changed", "record-failed"]);
const SETTLING = 5000;
const COMPLAINTS = { count: 5, per: milliseconds(600_000) };
const FOR_EVER = milliseconds(3_600_000);

/**
 * The engine of a pod in a cluster: one after the other, the engines of the roles that it has there. It looks like any
 * other engine to what listens.
 */
export class ClusterEngine implements Engine {
  readonly #options: ClusterEngineOptions;
  readonly #clock: Clock;
  readonly #parts: ClusterParts;
  readonly #subscribers = new Set<Listener>();
  readonly #onChange = new Set<() => void>();
  readonly #gong = new Gong();
  readonly #stop = new AbortController();
  readonly #window: WriteWindow;
  readonly #complaints: Pace;
  #running: Promise<unknown> = Promise.resolve();
  #life: Life;
  #role: ClusterRole;
  /** The one that log, agents and Events were told last. */
  #toldRole: ClusterRole | undefined;
  #since: Date;
  #reign: Reign | undefined;
  /** When the reign began that ended because the API server did not answer. */
  #cutOffSince: Instant | undefined;
  #restsUntil = 0;
  #isWatching = false;
  #leaderChanges = 0;
  #takeovers = 0;

  constructor(options: ClusterEngineOptions) {
    this.#options = options;
    this.#clock = options.engine.clock;
    this.#window = new WriteWindow(this.#clock);
    this.#complaints = new Pace(this.#clock, COMPLAINTS);
    this.#parts = assembleCluster(options, {
      onSight: (sight) => this.#see(sight),
      onWatching: (isWatching) => {
        this.#isWatching = isWatching;
        this.#changed();
      },
      lead: (term) => this.#lead(term),
      onLeader: () => {
        this.#leaderChanges += 1;
        this.#gong.strike();
        this.#changed();
      },
      candidacy: () => this.#candidacy(),
      onAgents: () => this.#changed(),
      role: () => this.#role,
    });
    this.#role = this.#roleNow().role;
    this.#since = this.#clock.date();
    this.#life = this.#lifeOf(this.#role);
  }

  subscribe(listener: Listener): () => void {
    const own: Listener = (event) => {
      if (this.#subscribers.has(own)) listener(event);
    };
    this.#subscribers.add(own);
    this.#life.engine.subscribe(own);
    return () => void this.#subscribers.delete(own);
  }

  /** Told when {@link state} is another one. */
  onChange(listener: () => void): void {
    this.#onChange.add(listener);
  }

  trigger(kind: Trigger): void {
    this.#life.engine.trigger(kind);
  }

  pardon(): void {
    this.#life.engine.pardon();
  }

  round(trigger: Trigger, signal: AbortSignal): Promise<RoundSummary> {
    return this.#life.engine.round(trigger, signal);
  }

  /** Whether a provider may be told anything at this very moment: a leader only as long as it surely is one. */
  mayWrite(): boolean {
    const isHeld = this.#role.kind !== "leading" || (this.#reign?.term.isHeld() ?? false);
    return isHeld && this.#window.isOpen;
  }

  /** A person looks: what only a page shows is read now. */
  look(): void {
    this.#parts.census.refresh(this.#stop.signal);
  }

  /** What a person would want to know of it: an Event in the cluster, from whoever acts. */
  happened(happening: Happening): void {
    if (this.speaks(happening)) this.#parts.events.happened(happening);
  }

  /** Whether it is for this node to tell people of it: whatever all of them see, one of them tells. */
  speaks(what: Happening | "beat"): boolean {
    if (this.#role.kind === "leading" || this.#role.kind === "independent") return true;
    return what !== "beat" && ACTS.has(what.kind);
  }

  async run(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#stop.signal]);
    const { reflector, elector, agents, recorder } = this.#parts;
    const telling = new AbortController();
    const told = recorder.run(telling.signal);
    const shared = this.#options.isPerNode ? [] : [reflector.run(either), elector.run(either)];
    const working = Promise.all([this.#keepRoles(either), agents.run(either), ...shared]);
    // What is still to be told is told when all else has ended
    this.#running = working.finally(() => telling.abort()).then(() => told);
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#life.engine.stop();
  }

  state(): ClusterState {
    const { object, elector, census, loadBalancer } = this.#parts;
    const { namespace, configMap, lease, agents, node, pod, requests, engine } = this.#options;
    const { sight } = object;
    const shared = this.#shared();
    return {
      namespace,
      objects: { configMap, lease, agents },
      node,
      pod,
      role: this.#role,
      since: this.#since,
      holder: elector.leader,
      leaseTriedAt:
        elector.triedAt === undefined
          ? undefined
          : this.#dateBefore(elapsed(elector.triedAt, this.#clock.now())),
      isWatching: this.#isWatching,
      shared:
        sight.kind === "present"
          ? sharedState(sight.shared, engine.records, {
              seenAt: this.#dateBefore(object.age),
              isStale: object.age > sight.shared.validFor * 1000,
            })
          : undefined,
      agents: agentStates(census.agents, this.#role.kind === "leading" ? undefined : shared),
      loadBalancer: this.#role.kind === "leading" ? loadBalancer.state : shared?.loadBalancer,
      requests: requests(),
      leaderChanges: this.#leaderChanges,
      takeovers: this.#takeovers,
    };
  }

  async #keepRoles(signal: AbortSignal): Promise<void> {
    await this.#settleIn(signal);
    while (!signal.aborted) {
      this.#dropLostReign();
      const { role } = this.#roleNow();
      // The first one is made with the engine, for whoever asks before it runs
      const isFirst = this.#toldRole === undefined && role.kind === this.#role.kind;
      this.#role = role;
      this.#begin(isFirst ? this.#life : this.#lifeOf(role));
      await this.#live(this.#life, signal);
    }
    this.#reign?.over();
  }

  /** Whoever follows before anything was told would only complain; a leader is there within moments. */
  async #settleIn(signal: AbortSignal): Promise<void> {
    const start = this.#clock.now();
    const isSettled = () => this.#roleNow().role.kind !== "following" || this.#shared() !== undefined;
    for (let left = SETTLING; left > 0 && !signal.aborted && !isSettled();) {
      await this.#gong.next(this.#clock, milliseconds(left), signal);
      left = SETTLING - elapsed(start, this.#clock.now());
    }
  }

  #begin(life: Life): void {
    if (life !== this.#life) for (const listener of this.#subscribers) life.engine.subscribe(listener);
    this.#life = life;
    const shared = this.#shared();
    if (shared && this.#role.kind !== "alone") rememberShared(shared, this.#options.engine);
    life.engine.subscribe((event) => this.#count(event));
  }

  async #live(life: Life, signal: AbortSignal): Promise<void> {
    const reign = this.#role.kind === "leading" ? this.#reign : undefined;
    const end = new AbortController();
    const either = AbortSignal.any([signal, end.signal, ...(reign ? [reign.term.signal] : [])]);
    this.#tell();
    const beside = life.beside(either).finally(() => end.abort());
    await Promise.all([
      life.engine.run(either),
      beside,
      this.#untilAnotherRole(either).finally(() => end.abort()),
    ]);
    if (reign) this.#endReign(reign, signal);
  }

  /** The elector releases the Lease only now, when nothing of this reign goes on. */
  #endReign({ term, since, over }: Reign, signal: AbortSignal): void {
    const { elector } = this.#parts;
    const isLost = term.signal.aborted && !signal.aborted;
    const isResigned = !term.signal.aborted && !signal.aborted;
    // Nobody else was seen to hold it: the API server is away, from here at least
    this.#cutOffSince = isLost && elector.isHolder ? since : undefined;
    if (isResigned) this.#restsUntil = this.#clock.now() + REST;
    this.#reign = undefined;
    over();
  }

  /** One that was over before anything was done in it, e.g. while a write of the role before was on its way. */
  #dropLostReign(): void {
    if (!this.#reign?.term.signal.aborted) return;
    this.#reign.over();
    this.#reign = undefined;
  }

  async #untilAnotherRole(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#role.kind !== "leading") this.#dropLostReign();
      const { role, within }: RoleNow = this.#roleNow();
      if (role.kind !== this.#role.kind) return;
      this.#role = role;
      await this.#gong.next(this.#clock, within ?? FOR_EVER, signal);
    }
  }

  #roleNow(): RoleNow {
    if (this.#options.isPerNode) return { role: { kind: "independent" }, within: undefined };
    const { object } = this.#parts;
    const isLeader = this.#reign?.term.isHeld() ?? false;
    return roleIn({ isLeader, isCutOff: this.#isCutOff, object });
  }

  /** Until another leader is heard of: it holds the Lease, or has told the shared address since. */
  get #isCutOff(): boolean {
    const { object, elector } = this.#parts;
    const since = this.#cutOffSince;
    if (since === undefined || !elector.isHolder) return false;
    return object.toldAt <= since || this.#shared()?.leader === this.#options.node;
  }

  #lifeOf(role: ClusterRole): Life {
    const options = {
      ...this.#parts,
      ...this.#options.engine,
      engine: this.#options.engine,
      node: this.#options.node,
      name: this.#options.configMap,
      shared: () => this.#shared(),
      window: this.#window,
    };
    switch (role.kind) {
      case "leading":
        return this.#reign ? leadingLife(options, this.#reign.term) : followingLife(options);
      case "following":
        return followingLife(options);
      case "alone":
        return aloneLife(options);
      case "independent":
        return independentLife(options);
    }
  }

  /** Resolves when everything that a leader does has ended. */
  #lead(term: Term): Promise<void> {
    return new Promise((resolve) => {
      this.#reign = { term, since: this.#clock.now(), over: resolve };
      this.#cutOffSince = undefined;
      const notice = () => this.#gong.strike();
      term.signal.addEventListener("abort", notice, { once: true });
      notice();
    });
  }

  #candidacy(): Candidacy {
    if (this.#clock.now() < this.#restsUntil) return "none";
    const { object } = this.#parts;
    const isKept = this.#role.kind === "following" && object.sight.kind === "present";
    return isKept && !isKeen(this.#shared(), this.#options.node, KEEN) ? "reserve" : "keen";
  }

  #see(sight: SharedSight): void {
    const { events } = this.#parts;
    if (sight.kind === "malformed") {
      this.#complain(sight.error.message);
      if (this.#role.kind === "leading") events.malformed(sight.error.message);
    }
    if (sight.kind === "present" && this.#role.kind === "following")
      rememberShared(sight.shared, this.#options.engine);
    if (sight.kind === "present" && this.#role.kind === "leading")
      rememberTakeovers(sight.shared, this.#options.engine);
    this.#gong.strike();
    this.#life.onSight();
    this.#changed();
  }

  /** Somebody who spoils the object again and again fills no log. */
  #complain(error: string): void {
    if (this.#complaints.wait > 0) return;
    this.#complaints.count();
    this.#options.engine.log.warn("The shared address cannot be read", { error });
  }

  /** As long ago as it is, also where the wall clock was set since. */
  #dateBefore(age: Milliseconds): Date {
    return new Date(this.#clock.date().getTime() - age);
  }

  #shared(): SharedAddress | undefined {
    const { sight } = this.#parts.object;
    return sight.kind === "present" ? sight.shared : undefined;
  }

  #count(event: EngineEvent): void {
    const isWritten =
      event.kind === "published" && event.outcome.kind === "applied" && isSuccess(event.outcome);
    if (isWritten && (this.#role.kind === "following" || this.#role.kind === "alone")) this.#takeovers += 1;
  }

  /** In the log, the agents' list and the Events. */
  #tell(): void {
    const { log } = this.#options.engine;
    const { events, agents, elector } = this.#parts;
    const before = this.#toldRole;
    this.#toldRole = this.#role;
    this.#since = this.#clock.date();
    if (this.#role.kind === "alone")
      log.warn("This node detects for itself", {
        because: ALONE_WORDS[this.#role.because],
        lease: elector.leader,
      });
    else log.info("This node has another role", { role: this.#role.kind });
    events.tookRole(this.#role, before, elector.leader);
    if (before) agents.changed();
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#onChange) listener();
  }
}
