import type { Clock, Log, Random } from "#core/ports.ts";
import type { EngineOptions } from "#engine/assembly.ts";
import type { KubernetesClient } from "#kubernetes/api/client.ts";
import { Reflector } from "#kubernetes/api/reflector.ts";
import { type ConfigMap, CONFIG_MAPS } from "#kubernetes/api/resource.ts";
import { Agents } from "#kubernetes/cluster/agents.ts";
import { Census } from "#kubernetes/cluster/census.ts";
import { ClusterEvents } from "#kubernetes/cluster/cluster-events.ts";
import { LoadBalancerWatch } from "#kubernetes/cluster/load-balancer-watch.ts";
import { SharedObject, type SharedSight } from "#kubernetes/cluster/shared-object.ts";
import { UnwatchedObject } from "#kubernetes/cluster/unwatched-object.ts";
import { type Candidacy, LeaseElector, type Term } from "#kubernetes/election/lease-elector.ts";
import { EventRecorder } from "#kubernetes/events/event-recorder.ts";
import type { ApiRequestCount, ClusterRole } from "#state/cluster.ts";

export interface ClusterPartsOptions {
  readonly engine: EngineOptions;
  /** For all but the elections. */
  readonly client: KubernetesClient;
  /** Its timeout is `requestTimeout()`, and the audit log tells its requests. */
  readonly electionClient: KubernetesClient;
  readonly namespace: string;
  /** Names of objects. */
  readonly configMap: string;
  readonly lease: string;
  readonly agents: string;
  /** Absent: none is watched. */
  readonly service: string | undefined;
  readonly node: string;
  readonly pod: string;
  /** Requests to the API server so far. */
  readonly requests: () => readonly ApiRequestCount[];
}

/** What the parts tell, and ask. */
export interface ClusterListener {
  onSight(sight: SharedSight): void;
  onWatching(isWatching: boolean): void;
  lead(term: Term): Promise<void>;
  onLeader(identity: string): void;
  onDark(): void;
  candidacy(): Candidacy;
  onAgents(): void;
  role(): ClusterRole;
}

export interface ClusterParts {
  readonly object: SharedObject;
  /** The same, where nobody watches it. */
  readonly unwatched: UnwatchedObject;
  readonly reflector: Reflector<ConfigMap>;
  readonly elector: LeaseElector;
  readonly agents: Agents;
  readonly census: Census;
  readonly loadBalancer: LoadBalancerWatch;
  readonly recorder: EventRecorder;
  readonly events: ClusterEvents;
}

export function assembleCluster(options: ClusterPartsOptions, listener: ClusterListener): ClusterParts {
  const { client, namespace, node, pod, engine } = options;
  const ports: { readonly clock: Clock; readonly random: Random; readonly log: Log } = engine;
  const common = { clock: ports.clock, random: ports.random, log: ports.log, client };
  const placeOf = (name: string) => ({ namespace, name });
  const place = placeOf(options.configMap);
  const object = new SharedObject({ ...common, place, onSight: (sight) => listener.onSight(sight) });
  const unwatched = new UnwatchedObject({ ...common, place });
  const reflector = new Reflector({
    ...common,
    resource: CONFIG_MAPS,
    place,
    onSight: (sight) => object.see(sight),
    onWatching: (isWatching) => listener.onWatching(isWatching),
  });
  const elector = createElector(options, listener);
  const agents = new Agents({
    ...common,
    place: placeOf(options.agents),
    node,
    pod,
    role: () => listener.role(),
  });
  const census = new Census({ ...common, agents, node, onChange: () => listener.onAgents() });
  const service = options.service === undefined ? undefined : placeOf(options.service);
  const recorder = new EventRecorder({ ...common, source: { component: "esddns", host: node } });
  return {
    object,
    unwatched,
    reflector,
    elector,
    agents,
    census,
    loadBalancer: new LoadBalancerWatch({ ...common, place: service }),
    recorder,
    events: new ClusterEvents({
      recorder,
      node,
      configMap: { ...place, uid: () => object.uid ?? unwatched.uid },
      lease: { ...placeOf(options.lease), uid: () => elector.uid },
    }),
  };
}

function createElector(options: ClusterPartsOptions, listener: ClusterListener): LeaseElector {
  const { clock, random, log } = options.engine;
  const suffix = Buffer.from(random.bytes(5)).toString("hex");
  return new LeaseElector({
    client: options.electionClient,
    clock,
    random,
    log,
    place: { namespace: options.namespace, name: options.lease },
    identity: `${options.pod}_${suffix}`,
    lead: (term) => listener.lead(term),
    onLeader: (identity) => listener.onLeader(identity),
    onDark: () => listener.onDark(),
    candidacy: () => listener.candidacy(),
  });
}
