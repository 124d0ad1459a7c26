import type { Clock } from "#core/ports.ts";
import { elapsed, type Instant, type Milliseconds, toMilliseconds } from "#core/units.ts";
import type { KubernetesClient } from "#kubernetes/api/client.ts";
import { getOrCreateConfigMap } from "#kubernetes/api/empty-config-map.ts";
import { isKubernetesError } from "#kubernetes/api/kubernetes-error.ts";
import type { Place } from "#kubernetes/api/object.ts";
import type { Sight } from "#kubernetes/api/reflector.ts";
import { type ConfigMap, CONFIG_MAPS } from "#kubernetes/api/resource.ts";
import type { SharedAddress } from "#kubernetes/cluster/shared-address.ts";
import {
  MAX_COUNT,
  readSharedAddress,
  SharedAddressError,
  writeSharedAddress,
} from "#kubernetes/cluster/shared-address-data.ts";

/** What is known of the object that the shared address is in. */
export type SharedSight =
  /** Nothing yet. */
  | { readonly kind: "unseen" }
  /** There is none, or one that nobody has written to. */
  | { readonly kind: "absent" }
  | { readonly kind: "malformed"; readonly error: SharedAddressError }
  | { readonly kind: "present"; readonly shared: SharedAddress };

/**
 * A version from what is there now; `undefined`: nothing to write. Pure: it is asked again when another one wrote first.
 */
export type Revision = (now: SharedAddress | undefined) => SharedAddress | undefined;

export interface SharedObjectOptions {
  readonly client: KubernetesClient;
  readonly place: Place;
  readonly clock: Clock;
  /** It is seen as another thing than before. */
  onSight(sight: SharedSight): void;
}

/** Who wrote in between is asked once more each time; more often than that, something writes without end. */
const ATTEMPTS = 8;

/**
 * The ConfigMap with the shared address, as the watch and our own writes showed it last. Every write carries the
 * version that it rests on, so nobody's word is lost, and none comes back.
 */
export class SharedObject {
  readonly #options: SharedObjectOptions;
  #object: ConfigMap | undefined;
  #sight: SharedSight = { kind: "unseen" };
  #lastShared: SharedAddress | undefined;
  #toldAt: Instant;
  #highestEpoch = -1;
  /** Since when it is this kind of sight. */
  #kindSince: Instant;

  constructor(options: SharedObjectOptions) {
    this.#options = options;
    this.#toldAt = options.clock.now();
    this.#kindSince = this.#toldAt;
  }

  get sight(): SharedSight {
    return this.#sight;
  }

  /** What could be read last, also when it is gone or spoilt since. */
  get lastShared(): SharedAddress | undefined {
    return this.#lastShared;
  }

  get uid(): string | undefined {
    return this.#object?.metadata.uid;
  }

  /** When a leader last told what it had detected. */
  get toldAt(): Instant {
    return this.#toldAt;
  }

  /** Of all that were seen, also in an object that is gone or spoilt; -1: none. */
  get highestEpoch(): number {
    return this.#highestEpoch;
  }

  /** How long ago a leader told what it had detected, on our own monotonic clock: no clock of others is believed. */
  get age(): Milliseconds {
    return elapsed(this.#toldAt, this.#options.clock.now());
  }

  /** How long it has been absent, malformed, ... */
  get standing(): Milliseconds {
    return elapsed(this.#kindSince, this.#options.clock.now());
  }

  /** What the reflector saw. */
  see(seen: Sight<ConfigMap>): void {
    const object = seen.kind === "present" ? seen.object : undefined;
    if (!this.#isBefore(object, 0)) this.#take(object);
  }

  /**
   * Writes the revision of what is there.
   *
   * @param mayWrite asked right before each write
   * @returns whether something was written
   * @throws what the client throws; {SharedAddressError} when others write without end
   */
  async update(revise: Revision, mayWrite: () => boolean, signal: AbortSignal): Promise<boolean> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (this.#object === undefined || attempt > 1) await this.#readAnew(signal);
      const next = revise(this.#sight.kind === "present" ? this.#sight.shared : undefined);
      if (!next || !mayWrite()) return false;
      if (await this.#write(next, signal)) return true;
    }
    throw new SharedAddressError("Cannot write the shared address: others write to it without end", {
      code: "contention",
    });
  }

  async #readAnew(signal: AbortSignal): Promise<void> {
    const { client, place } = this.#options;
    this.#take(await getOrCreateConfigMap(client, place, signal));
  }

  /** @returns whether nobody was faster */
  async #write(next: SharedAddress, signal: AbortSignal): Promise<boolean> {
    const { client, place } = this.#options;
    const object = this.#object;
    if (!object) return false;
    try {
      const data = writeSharedAddress(next);
      const written = await client.replace(CONFIG_MAPS, place, { ...object, data }, signal);
      // The watch may have shown what came after it already
      if (!this.#isBefore(written, 1)) this.#take(written);
      return true;
    } catch (error) {
      if (isKubernetesError(error, "conflict", "not-found")) return false;
      throw error;
    }
  }

  #take(object: ConfigMap | undefined): void {
    if (object && object.metadata.resourceVersion === this.#object?.metadata.resourceVersion) return;
    const next = this.#readSight(object);
    const before = this.#sight;
    this.#object = object;
    this.#sight = next;
    const now = this.#options.clock.now();
    if (next.kind !== before.kind) this.#kindSince = now;
    if (next.kind === "present") {
      this.#lastShared = next.shared;
      const { epoch } = next.shared;
      this.#highestEpoch = this.#highestEpoch < MAX_COUNT ? Math.max(this.#highestEpoch, epoch) : epoch;
      if (isRenewed(before, next.shared)) this.#toldAt = now;
    }
    this.#options.onSight(next);
  }

  #readSight(object: ConfigMap | undefined): SharedSight {
    const data = object?.data ?? {};
    if (Object.keys(data).length === 0) return { kind: "absent" };
    try {
      return { kind: "present", shared: readSharedAddress(data) };
    } catch (error) {
      if (error instanceof SharedAddressError) return { kind: "malformed", error };
      throw error;
    }
  }

  /**
   * A watch of a server that lags behind may show what was before. Two versions of one object can be told apart by what
   * those count who write to it, and by nothing else.
   *
   * @param by how many versions it is to be newer at least
   */
  #isBefore(object: ConfigMap | undefined, by: 0 | 1): boolean {
    const next = this.#readSight(object);
    if (this.#sight.kind !== "present" || next.kind !== "present") return false;
    if (object?.metadata.uid !== this.uid) return false;
    const { epoch, sequence } = next.shared;
    const { shared } = this.#sight;
    // No server lags so far behind: somebody began to count anew while nobody saw it
    if (this.age > toMilliseconds(shared.validFor)) return false;
    // Nothing comes after that but a new beginning
    if (shared.epoch >= MAX_COUNT || shared.sequence >= MAX_COUNT) return false;
    return epoch < shared.epoch || (epoch === shared.epoch && sequence < shared.sequence + by);
  }
}

/** What others note, and what a leader says without having asked its witnesses, makes nothing fresh. */
function isRenewed(before: SharedSight, { epoch, detectedAt }: SharedAddress): boolean {
  if (before.kind !== "present") return true;
  return before.shared.epoch !== epoch || before.shared.detectedAt.getTime() !== detectedAt.getTime();
}
