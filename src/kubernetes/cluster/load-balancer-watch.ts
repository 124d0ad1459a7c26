import type { Clock, Log, Random } from "#core/ports.ts";
import type { KubernetesClient } from "#kubernetes/api/client.ts";
import type { Place } from "#kubernetes/api/object.ts";
import { Reflector } from "#kubernetes/api/reflector.ts";
import { loadBalancerOf, SERVICES } from "#kubernetes/cluster/load-balancer.ts";
import type { LoadBalancerState } from "#state/cluster.ts";

export interface LoadBalancerWatchOptions {
  readonly client: KubernetesClient;
  /** Of the Service; absent: none is watched. */
  readonly place: Place | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What the Service's load balancer has got. The leader watches it for all. */
export class LoadBalancerWatch {
  readonly #options: LoadBalancerWatchOptions;
  #state: LoadBalancerState | undefined;

  constructor(options: LoadBalancerWatchOptions) {
    this.#options = options;
  }

  /** Absent: not seen yet, or none is watched. */
  get state(): LoadBalancerState | undefined {
    return this.#state;
  }

  /** @param onChange told when the state is another one */
  async run(onChange: () => void, signal: AbortSignal): Promise<void> {
    const { place } = this.#options;
    if (!place) return;
    const reflector = new Reflector({
      ...this.#options,
      resource: SERVICES,
      place,
      onSight: (sight) => {
        this.#state = loadBalancerOf(place.name, sight.kind === "present" ? sight.object : undefined);
        onChange();
      },
    });
    await reflector.run(signal);
  }
}
