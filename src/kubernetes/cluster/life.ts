import type { Clock, Log, Random } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import { createEngine, type Engine } from "#engine/engine.ts";
import { Announcer, BEATS } from "#kubernetes/cluster/announcer.ts";
import type { Census } from "#kubernetes/cluster/census.ts";
import type { LoadBalancerWatch } from "#kubernetes/cluster/load-balancer-watch.ts";
import type { ClusterEvents } from "#kubernetes/cluster/cluster-events.ts";
import type { Hearing } from "#kubernetes/cluster/hearing.ts";
import { Notes } from "#kubernetes/cluster/notes.ts";
import {
  aloneEngine,
  followingEngine,
  leadingEngine,
  type RoleEngineOptions,
} from "#kubernetes/cluster/role-engine.ts";
import type { SharedObject } from "#kubernetes/cluster/shared-object.ts";
import type { Term } from "#kubernetes/election/lease-elector.ts";

/** What a node does in one role: an engine, and what goes on beside it. */
export interface Life {
  readonly engine: Engine;
  /** What goes on beside the engine until the signal ends it; when it ends before, the role is over. */
  beside(signal: AbortSignal): Promise<void>;
  /** The shared address was seen to be another one. */
  onSight(): void;
}

export interface LifeOptions extends RoleEngineOptions {
  readonly object: SharedObject;
  readonly hearing: Hearing;
  readonly events: ClusterEvents;
  readonly census: Census;
  readonly loadBalancer: LoadBalancerWatch;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export function leadingLife(options: LifeOptions, term: Term): Life {
  const { census, events, hearing, loadBalancer, log, engine: daemon } = options;
  const { interval } = daemon.schedule;
  const engine = createEngine(leadingEngine(options, () => term.isHeld()));
  const announcer = new Announcer({
    ...options,
    term,
    records: daemon.records,
    interval,
    members: () => census.members,
    loadBalancer: () => loadBalancer.state,
  });
  engine.subscribe(announcer.learn);
  engine.subscribe(hearing.learn);
  return {
    engine,
    onSight: announcer.look,
    async beside(signal) {
      const end = new AbortController();
      const either = AbortSignal.any([signal, end.signal]);
      const beat = milliseconds(interval / BEATS);
      const working = [census.keep(beat, announcer.look, either), loadBalancer.run(announcer.look, either)];
      const silence = hearing.silence(() => (census.members?.length ?? 1) > 1, either);
      const after = await Promise.race([announcer.run(either).then(() => undefined), silence]);
      if (after !== undefined) {
        log.warn("No witness answers here; another node may lead", { after });
        events.silent();
      }
      end.abort();
      await Promise.all([...working, silence]);
    },
  };
}

export function followingLife(options: LifeOptions): Life {
  const engine = createEngine(followingEngine(options));
  const notes = new Notes({ ...options, records: options.engine.records });
  engine.subscribe(notes.learn);
  return {
    engine,
    onSight: () => engine.trigger("cluster"),
    beside: (signal) => notes.run(signal),
  };
}

export function aloneLife(options: LifeOptions): Life {
  return { engine: createEngine(aloneEngine(options)), onSight: () => {}, beside: untilEnd };
}

/** Of a node with records of its own: the daemon's engine, as it is. */
export function independentLife({ engine }: Pick<LifeOptions, "engine">): Life {
  return { engine: createEngine(engine), onSight: () => {}, beside: untilEnd };
}

function untilEnd(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
