import type { Clock } from "#core/ports.ts";
import { elapsed, type Instant, type Seconds } from "#core/units.ts";
import type { KubernetesClient } from "#kubernetes/api/client.ts";
import { isKubernetesError } from "#kubernetes/api/kubernetes-error.ts";
import {
  formatMicroTime,
  isSameRecord,
  type LeaseRecord,
  readLease,
  writeLease,
} from "#kubernetes/election/lease-record.ts";
import type { Place } from "#kubernetes/api/object.ts";
import { type Lease, LEASES } from "#kubernetes/api/resource.ts";

export interface CandidateOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly place: Place;
  /** Another one for every start of every process. */
  readonly identity: string;
  readonly leaseDuration: Seconds;
}

/** The Lease as it was last seen. */
interface Observed {
  readonly lease: Lease;
  readonly record: LeaseRecord;
  /** When it was first seen like that, on our own monotonic clock. */
  readonly at: Instant;
}

/**
 * One try to get or keep a Lease: `tryAcquireOrRenew` and `release` of client-go (`tools/leaderelection`). Times of
 * others are never compared: a Lease has run out when it was not seen to change for as long as it says.
 *
 * Two things are stricter. A Lease that is not there may have been deleted under somebody who leads: it is made only by
 * who held it a moment ago, or when it was missed for as long as one lasts. And one that is made anew goes on counting
 * transitions, so that no term looks like another.
 */
export class LeaseCandidate {
  readonly #options: CandidateOptions;
  #observed: Observed | undefined;
  #missedSince: Instant | undefined;
  #renewedAt: Instant | undefined;
  /** A write of ours got no answer: it may have been taken. */
  #isUnsure = false;

  constructor(options: CandidateOptions) {
    this.#options = options;
  }

  /** As far as we have seen. */
  get record(): LeaseRecord | undefined {
    return this.#observed?.record;
  }

  get uid(): string | undefined {
    return this.#observed?.lease.metadata.uid;
  }

  get isHolder(): boolean {
    return this.record?.holder === this.#options.identity;
  }

  /** Ours, or perhaps ours. */
  get mayHold(): boolean {
    return this.isHolder || this.#isUnsure;
  }

  /**
   * When the request was sent that the server last took from us: others count from then at the earliest, whenever its
   * answer reached us.
   */
  get renewedAt(): Instant | undefined {
    return this.#renewedAt;
  }

  /**
   * @returns whether the Lease is ours, as of the moment in which this was called
   * @throws what the client throws: then it is not known whether it is
   */
  async tryAcquireOrRenew(signal: AbortSignal): Promise<boolean> {
    if (this.isHolder && this.#isValid() && (await this.#renewUnseen(signal))) return true;
    const lease = await this.#read(signal);
    if (!lease) return this.#isVacant() && this.#create(signal);
    this.#missedSince = undefined;
    this.#see(lease);
    if (!this.isHolder && this.#isValid() && readLease(lease).holder !== "") return false;
    return this.#write(lease, this.#claim(readLease(lease)), signal);
  }

  /** Gives the Lease away, if it is ours. Only after all that it guards has ended. */
  async release(signal: AbortSignal): Promise<void> {
    for (;;) {
      const lease = await this.#read(signal);
      if (!lease || readLease(lease).holder !== this.#options.identity) return;
      const now = formatMicroTime(this.#options.clock.date());
      const record = {
        ...readLease(lease),
        holder: "",
        durationSeconds: 1,
        acquireTime: now,
        renewTime: now,
      };
      if (await this.#write(lease, record, signal)) return;
    }
  }

  /** The way of every renewal: nobody else writes to the Lease, so it is as we left it. */
  async #renewUnseen(signal: AbortSignal): Promise<boolean> {
    const { lease, record } = this.#observed ?? {};
    if (!lease || !record) return false;
    try {
      return await this.#write(lease, this.#claim(record), signal);
    } catch {
      return false;
    }
  }

  /** A renewal keeps since when and how often; whoever takes over counts on. */
  #claim(record: LeaseRecord): LeaseRecord {
    const { clock, identity, leaseDuration } = this.#options;
    const now = formatMicroTime(clock.date());
    const isOurs = record.holder === identity;
    return {
      holder: identity,
      durationSeconds: leaseDuration,
      acquireTime: isOurs ? record.acquireTime : now,
      renewTime: now,
      transitions: isOurs ? record.transitions : oneMore(record.transitions),
    };
  }

  async #create(signal: AbortSignal): Promise<boolean> {
    const { client, clock, place, identity, leaseDuration } = this.#options;
    const now = formatMicroTime(clock.date());
    const record: LeaseRecord = {
      holder: identity,
      durationSeconds: leaseDuration,
      acquireTime: now,
      renewTime: now,
      transitions: this.record ? oneMore(this.record.transitions) : 0,
    };
    const sent = clock.now();
    const lease = { metadata: { name: place.name, namespace: place.namespace }, spec: writeLease(record) };
    // A PUT of no version makes the object where there is none and is refused where there is one (422), and RBAC can
    // allow it for this one name, unlike a POST
    return this.#taken(sent, () => client.replace(LEASES, place, lease, signal), "invalid");
  }

  async #write(lease: Lease, record: LeaseRecord, signal: AbortSignal): Promise<boolean> {
    const { client, clock, place } = this.#options;
    const spec = { ...lease.spec, ...writeLease(record) };
    const sent = clock.now();
    return this.#taken(sent, () => client.replace(LEASES, place, { ...lease, spec }, signal));
  }

  /**
   * @param faster also says that somebody else was faster
   * @returns whether the server took it: `false` when somebody else was faster
   */
  async #taken(
    sent: Instant,
    write: () => Promise<Lease>,
    ...faster: readonly "invalid"[]
  ): Promise<boolean> {
    this.#isUnsure = true;
    try {
      const lease = await write();
      this.#isUnsure = false;
      this.#observed = { lease, record: readLease(lease), at: this.#options.clock.now() };
      if (this.isHolder) this.#renewedAt = sent;
      return true;
    } catch (error) {
      if (!isKubernetesError(error, "conflict", "already-exists", "not-found", ...faster)) throw error;
      this.#isUnsure = false;
      return false;
    }
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { client, place } = this.#options;
    try {
      return await client.get(LEASES, place, signal);
    } catch (error) {
      if (isKubernetesError(error, "not-found")) return undefined;
      throw error;
    }
  }

  /** The time counts from when it was first seen as it is. */
  #see(lease: Lease): void {
    const record = readLease(lease);
    const isNews = !this.record || !isSameRecord(this.record, record);
    const at = isNews || !this.#observed ? this.#options.clock.now() : this.#observed.at;
    this.#observed = { lease, record, at };
  }

  /** The Lease is not there. */
  #isVacant(): boolean {
    const { clock, leaseDuration } = this.#options;
    if (this.isHolder && this.#isValid()) return true;
    this.#missedSince ??= clock.now();
    return elapsed(this.#missedSince, clock.now()) >= leaseDuration * 1000;
  }

  #isValid(): boolean {
    if (!this.#observed) return false;
    const { record, at } = this.#observed;
    return elapsed(at, this.#options.clock.now()) < record.durationSeconds * 1000;
  }
}

/** The API's field is an int32, and refuses the Lease of whoever counts on from an end that somebody has typed. */
function oneMore(transitions: number): number {
  return transitions < 2 ** 31 - 1 ? transitions + 1 : 0;
}
