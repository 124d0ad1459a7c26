import type { Clock, Random } from "#core/ports.ts";
import { BackOff } from "#kubernetes/api/back-off.ts";
import type { KubernetesClient } from "#kubernetes/api/client.ts";
import { getOrCreateConfigMap } from "#kubernetes/api/empty-config-map.ts";
import { isKubernetesError } from "#kubernetes/api/kubernetes-error.ts";
import type { Place } from "#kubernetes/api/object.ts";
import { pause } from "#kubernetes/api/pause.ts";

export interface UnwatchedObjectOptions {
  readonly client: KubernetesClient;
  readonly place: Place;
  readonly clock: Clock;
  readonly random: Random;
}

/** A ConfigMap that nobody follows, and that Events are about: without its uid `kubectl describe` does not show them. */
export class UnwatchedObject {
  readonly #options: UnwatchedObjectOptions;
  #uid: string | undefined;

  constructor(options: UnwatchedObjectOptions) {
    this.#options = options;
  }

  get uid(): string | undefined {
    return this.#uid;
  }

  /** Asks once, again while no answer comes, and not again when it may not know. */
  async learn(signal: AbortSignal): Promise<void> {
    const { client, place, clock } = this.#options;
    const backOff = new BackOff(this.#options);
    while (!signal.aborted) {
      try {
        this.#uid = (await getOrCreateConfigMap(client, place, signal)).metadata.uid;
        return;
      } catch (error) {
        if (isKubernetesError(error, "forbidden")) return;
        await pause(clock, backOff.next(), signal);
      }
    }
  }
}
