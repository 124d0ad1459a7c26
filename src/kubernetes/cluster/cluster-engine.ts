import type { Clock } from "#core/ports.ts";
import { isSuccess } from "#core/outcome.ts";
import { elapsed, milliseconds } from "#core/units.ts";
import type { EngineOptions } from "#engine/assembly.ts";
import type { Engine } from "#engine/engine.ts";
import type { EngineEvent, Listener, RoundSummary, Trigger } from "#engine/events.ts";
import {
  type ClusterParts,
  type ClusterPartsOptions,
  assembleCluster,
} from "#kubernetes/cluster/cluster-parts.ts";
import { clusterState } from "#kubernetes/cluster/cluster-state.ts";
import { Gong } from "#kubernetes/cluster/gong.ts";
import { Hearing } from "#kubernetes/cluster/hearing.ts";
import {
  aloneLife,
  followingLife,
  independentLife,
  leadingLife,
  type Life,
} from "#kubernetes/cluster/life.ts";
import { Pace } from "#kubernetes/cluster/pace.ts";
import { roleIn, type RoleNow } from "#kubernetes/cluster/role.ts";
import { Reigns } from "#kubernetes/cluster/reigns.ts";
import { rememberShared, rememberTakeovers } from "#kubernetes/cluster/remember-shared.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import type { SharedSight } from "#kubernetes/cluster/shared-object.ts";
import { isKeen } from "#kubernetes/cluster/turns.ts";
import { WriteWindow } from "#kubernetes/cluster/write-window.ts";
import type { Candidacy } from "#kubernetes/election/lease-elector.ts";
import { ALONE_WORDS, type ClusterRole, type ClusterState } from "#state/cluster.ts";
import type { Happening, HappeningKind } from "#state/happening.ts";

export type ClusterEngineOptions = ClusterPartsOptions & {
  /** That of a daemon. */
  readonly engine: EngineOptions;
  /** Every node has records of its own: none leads. */
  readonly isPerNode: boolean;
};

/** Candidates beside the leader; enough to take over at once, few enough for the API server. */
const KEEN = 3;
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
  readonly #reigns: Reigns;
  readonly #hearing: Hearing;
  readonly #complaints: Pace;
  #running: Promise<unknown> = Promise.resolve();
  #life: Life;
  #role: ClusterRole;
  /** The one that log, agents and Events were told last. */
  #toldRole: ClusterRole | undefined;
  #since: Date;
  #isWatching = false;
  #leaderChanges = 0;
  #takeovers = 0;

  constructor(options: ClusterEngineOptions) {
    this.#options = options;
    this.#clock = options.engine.clock;
    this.#window = new WriteWindow(this.#clock);
    this.#complaints = new Pace(this.#clock, COMPLAINTS);
    this.#hearing = new Hearing(this.#clock);
    this.#reigns = new Reigns({
      clock: this.#clock,
      node: options.node,
      object: () => this.#parts.object,
      elector: () => this.#parts.elector,
      onChange: () => this.#gong.strike(),
    });
    this.#parts = assembleCluster(options, {
      onSight: (sight) => this.#see(sight),
      onWatching: (isWatching) => {
        this.#isWatching = isWatching;
        this.#changed();
      },
      lead: (term) => this.#reigns.begin(term),
      onLeader: () => {
        this.#leaderChanges += 1;
        this.#gong.strike();
        this.#changed();
      },
      onDark: () => this.#gong.strike(),
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
    return (this.#role.kind !== "leading" || this.#reigns.isHeld) && this.#window.isOpen;
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
    const { reflector, elector, agents, recorder, unwatched } = this.#parts;
    const telling = new AbortController();
    const { isPerNode } = this.#options;
    // Events wait for what they are about, where no watch shows it
    const known = isPerNode ? unwatched.learn(either) : Promise.resolve();
    const told = known.then(() => recorder.run(telling.signal));
    const shared = isPerNode ? [] : [reflector.run(either), elector.run(either)];
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
    return clusterState(this.#options, this.#parts, {
      role: this.#role,
      since: this.#since,
      isWatching: this.#isWatching,
      leaderChanges: this.#leaderChanges,
      takeovers: this.#takeovers,
    });
  }

  async #keepRoles(signal: AbortSignal): Promise<void> {
    await this.#settleIn(signal);
    while (!signal.aborted) {
      this.#reigns.dropLost();
      const { role } = this.#roleNow();
      // The first one is made with the engine, for whoever asks before it runs
      const isFirst = this.#toldRole === undefined && role.kind === this.#role.kind;
      this.#role = role;
      this.#begin(isFirst ? this.#life : this.#lifeOf(role));
      await this.#live(this.#life, signal);
    }
    this.#reigns.now?.over();
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
    const reign = this.#role.kind === "leading" ? this.#reigns.now : undefined;
    const end = new AbortController();
    const either = AbortSignal.any([signal, end.signal, ...(reign ? [reign.term.signal] : [])]);
    this.#tell();
    const beside = life.beside(either).finally(() => end.abort());
    await Promise.all([
      life.engine.run(either),
      beside,
      this.#untilAnotherRole(either).finally(() => end.abort()),
    ]);
    if (reign) this.#reigns.end(reign, signal);
  }

  async #untilAnotherRole(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#role.kind !== "leading") this.#reigns.dropLost();
      const { role, within }: RoleNow = this.#roleNow();
      if (role.kind !== this.#role.kind) return;
      this.#role = role;
      await this.#gong.next(this.#clock, within ?? FOR_EVER, signal);
    }
  }

  #roleNow(): RoleNow {
    if (this.#options.isPerNode) return { role: { kind: "independent" }, within: undefined };
    const { isHeld: isLeader, isCutOff } = this.#reigns;
    const { object, elector } = this.#parts;
    const dark = elector.darkSince === undefined ? 0 : elapsed(elector.darkSince, this.#clock.now());
    return roleIn({ isLeader, isCutOff, dark: milliseconds(dark), isKeen: this.#isKeen, object });
  }

  #lifeOf(role: ClusterRole): Life {
    const options = {
      ...this.#parts,
      ...this.#options.engine,
      engine: this.#options.engine,
      node: this.#options.node,
      name: this.#options.configMap,
      shared: () => this.#parts.object.lastShared,
      window: this.#window,
      hearing: this.#hearing,
    };
    switch (role.kind) {
      case "leading":
        return this.#reigns.now ? leadingLife(options, this.#reigns.now.term) : followingLife(options);
      case "following":
        return followingLife(options);
      case "alone":
        return aloneLife(options);
      case "independent":
        return independentLife(options);
    }
  }

  #candidacy(): Candidacy {
    if (this.#reigns.isResting) return "none";
    const { object } = this.#parts;
    const isKept = this.#role.kind === "following" && object.sight.kind === "present";
    return isKept && !this.#isKeen ? "reserve" : "keen";
  }

  get #isKeen(): boolean {
    return isKeen(this.#shared(), this.#options.node, KEEN);
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
        holder: elector.leader,
      });
    else log.info("This node takes a role", { role: this.#role.kind });
    events.tookRole(this.#role, before, elector.leader);
    agents.changed();
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#onChange) listener();
  }
}
