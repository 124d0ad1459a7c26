import { describeError } from "#core/errors.ts";
import type { Clock, Log, Random } from "#core/ports.ts";
import {
  elapsed,
  type Instant,
  type Milliseconds,
  milliseconds,
  type Seconds,
  seconds,
} from "#core/units.ts";
import type { KubernetesClient } from "#kubernetes/api/client.ts";
import { LeaseCandidate } from "#kubernetes/election/lease-candidate.ts";
import type { Place } from "#kubernetes/api/object.ts";
import { pause } from "#kubernetes/api/pause.ts";
import { TimeLimit } from "#kubernetes/api/time-limit.ts";

/** Tells one term from another, whoever holds it. */
export interface TermId {
  /** Grows with every new holder of the Lease. */
  readonly transitions: number;
  /** When it began, by the leader's wall clock: tells apart what a Lease made anew counts again. */
  readonly acquireTime: string;
}

/** The time for which this process leads. */
export interface Term {
  readonly id: TermId;
  /** Ends the work: leadership is lost, or the process is to stop. */
  readonly signal: AbortSignal;
  /**
   * Whether we lead at this very moment. To be asked right before each side effect: a process that was paused finds
   * its signal unchanged for a moment, but not its clock.
   */
  isHeld(): boolean;
}

export interface ElectorTimings {
  /** How long others leave a leader alone that renews no more; whole seconds. */
  readonly leaseDuration: Seconds;
  /** How long after its last renewal a leader leads on; shorter. */
  readonly renewDeadline: Milliseconds;
  /** Between two tries; those of whoever does not lead are up to 2.2 times as far apart. */
  readonly retryPeriod: Milliseconds;
}

export interface ElectorOptions {
  /** Of its own purpose, so that the audit log tells its requests; its timeout is {@link requestTimeout}. */
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly place: Place;
  /** Unique to this process: the pod's name and something random. */
  readonly identity: string;
  /** Those of client-go unless given: 15 s, 10 s, 2 s. */
  readonly timings?: ElectorTimings;
  /**
   * The work of a leader. It goes on until its signal ends it, and comes to an end then: until it has, the Lease is not
   * released, and this process is no candidate again.
   */
  lead(term: Term): Promise<void>;
  /** Another leader than before was seen; empty: nobody. */
  onLeader?(identity: string): void;
  /** {@link LeaseElector.darkSince} begins or ends. */
  onDark?(): void;
  /** Absent: keen. */
  candidacy?(): Candidacy;
}

/**
 * How much a process wants to lead. Of a hundred, a few that are keen are enough to take over at once; those in reserve
 * look a tenth as often whether somebody leads, and spare the API server nine tenths of the requests. `none`: not now.
 */
export type Candidacy = "keen" | "none" | "reserve";

const TIMINGS: ElectorTimings = {
  leaseDuration: seconds(15),
  renewDeadline: milliseconds(10_000),
  retryPeriod: milliseconds(2000),
};
const JITTER = 1.2;
const RESERVE = 10;

/** How long the elector's client is to wait for an answer, so that there is time for another try. */
export function requestTimeout({ renewDeadline }: ElectorTimings = TIMINGS): Milliseconds {
  return milliseconds(Math.max(1000, renewDeadline / 2));
}

/**
 * Leads while it holds a Lease, by the algorithm of client-go (`tools/leaderelection/leaderelection.go`), which every
 * controller of Kubernetes itself uses. Tolerates any skew of clocks, and clocks that run up to one and a half times as
 * fast as others (leaseDuration to renewDeadline).
 *
 * Where client-go counts from an answer, this counts from the request before it: a late answer makes no reign longer.
 * It steps down as soon as it has seen another holder, and before anything else when it was paused for too long.
 */
export class LeaseElector {
  readonly #options: ElectorOptions;
  readonly #timings: ElectorTimings;
  readonly #candidate: LeaseCandidate;
  #term: Term | undefined;
  #reported: string | undefined;
  #darkSince: Instant | undefined;
  #triedAt: Instant | undefined;

  /** @throws {RangeError} when the timings do not leave room for each other */
  constructor(options: ElectorOptions) {
    this.#options = options;
    this.#timings = options.timings ?? TIMINGS;
    checkTimings(this.#timings);
    this.#candidate = new LeaseCandidate({ ...options, leaseDuration: this.#timings.leaseDuration });
  }

  /** @see Term.isHeld */
  isLeader(): boolean {
    return this.#term?.isHeld() ?? false;
  }

  /** Who leads as far as we have seen; empty: nobody. */
  get leader(): string {
    return this.#candidate.record?.holder ?? "";
  }

  /** When it last tried to get or to renew the Lease, whatever came of it; absent: never. */
  get triedAt(): Instant | undefined {
    return this.#triedAt;
  }

  /** Whether nobody else was seen to hold the Lease since we did, renewed or not. */
  get isHolder(): boolean {
    return this.#candidate.isHolder;
  }

  /** Since when no try has found out who leads; `undefined`: the last one did. */
  get darkSince(): Instant | undefined {
    return this.#darkSince;
  }

  /** Of the Lease that was seen last. */
  get uid(): string | undefined {
    return this.#candidate.uid;
  }

  /** Until the signal ends it; does not reject. A Lease that is held is released before it resolves. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isElected = this.#candidacy !== "none" && (await this.#try(this.#timings.renewDeadline, signal));
      if (isElected) await this.#reign(signal);
      else await pause(this.#options.clock, this.#jittered(), signal);
    }
    if (this.#candidate.mayHold) await this.#release();
  }

  async #reign(signal: AbortSignal): Promise<void> {
    const { clock, log, place, identity } = this.#options;
    const end = new AbortController();
    const term: Term = { id: this.#termId(), signal: end.signal, isHeld: () => this.#holds(term) };
    this.#term = term;
    log.info("Leading", { lease: place.name, identity, ...term.id });
    const work = new AbortController();
    const working = this.#work(term).finally(() => work.abort());
    await this.#renew(term, AbortSignal.any([signal, work.signal]));
    end.abort();
    await this.#ended(working);
    const isKept = this.#holds(term);
    this.#term = undefined;
    log.info("Leading no more", { lease: place.name, identity, ...term.id });
    // Work that goes on may still write: nobody is to lead before the Lease has run out
    await working;
    if (signal.aborted) return;
    if (isKept) await this.#release();
    await pause(clock, this.#timings.retryPeriod, signal);
  }

  async #work(term: Term): Promise<void> {
    try {
      await this.#options.lead(term);
    } catch (error) {
      this.#options.log.error("A leader's work has failed", { error: describeError(error) });
    }
  }

  /** Until the reign is over: lost, or to be given up as the signal says. */
  async #renew(term: Term, stop: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      await pause(clock, milliseconds(Math.min(this.#timings.retryPeriod, this.#left())), stop);
      // The pause may have been far longer than asked for
      if (stop.aborted || !this.#holds(term)) return;
      await this.#try(this.#left(), stop);
      if (stop.aborted || !this.#holds(term)) return;
    }
  }

  /** @returns whether the Lease is ours; not knowing counts as no */
  async #try(within: Milliseconds, signal: AbortSignal): Promise<boolean> {
    const limit = new TimeLimit(this.#options.clock, within, signal);
    this.#triedAt = this.#options.clock.now();
    try {
      const isOurs = await this.#candidate.tryAcquireOrRenew(limit.signal);
      this.#setDark(undefined);
      return isOurs && this.#left() > 0;
    } catch (error) {
      if (!signal.aborted) this.#warn(error);
      return false;
    } finally {
      limit.end();
      this.#report();
    }
  }

  /** Once until it is known again: tries come every few seconds. */
  #warn(error: unknown): void {
    const { clock, log, place } = this.#options;
    if (this.#darkSince !== undefined) return;
    log.warn("Cannot tell who leads", { lease: place.name, error: describeError(error) });
    this.#setDark(clock.now());
  }

  #setDark(since: Instant | undefined): void {
    if (this.#darkSince === since) return;
    this.#darkSince = since;
    this.#options.onDark?.();
  }

  /** As long as the Lease is surely ours: no longer than that can the work be waited for. */
  async #ended(working: Promise<void>): Promise<void> {
    const waiting = new AbortController();
    await Promise.race([working, pause(this.#options.clock, this.#left(), waiting.signal)]);
    waiting.abort();
  }

  async #release(): Promise<void> {
    const { clock, log, place } = this.#options;
    const limit = new TimeLimit(clock, this.#timings.renewDeadline, new AbortController().signal);
    try {
      await this.#candidate.release(limit.signal);
    } catch (error) {
      log.warn("Cannot release the Lease; it runs out by itself", {
        lease: place.name,
        error: describeError(error),
      });
    } finally {
      limit.end();
      this.#report();
    }
  }

  #holds(term: Term): boolean {
    return this.#term === term && this.#candidate.isHolder && this.#isSame(term.id) && this.#left() > 0;
  }

  /** A Lease that was deleted and made anew begins another term. */
  #isSame({ transitions, acquireTime }: TermId): boolean {
    const now = this.#termId();
    return now.transitions === transitions && now.acquireTime === acquireTime;
  }

  #termId(): TermId {
    const { transitions = 0, acquireTime = "" } = this.#candidate.record ?? {};
    return { transitions, acquireTime };
  }

  /** For how long from now we may lead without another renewal. */
  #left(): Milliseconds {
    const since: Instant | undefined = this.#candidate.renewedAt;
    if (since === undefined) return milliseconds(0);
    return milliseconds(Math.max(0, this.#timings.renewDeadline - elapsed(since, this.#options.clock.now())));
  }

  #jittered(): Milliseconds {
    const period = this.#timings.retryPeriod * (this.#candidacy === "reserve" ? RESERVE : 1);
    return milliseconds(period * (1 + JITTER * this.#options.random.fraction()));
  }

  get #candidacy(): Candidacy {
    return this.#options.candidacy?.() ?? "keen";
  }

  #report(): void {
    if (this.#candidate.record === undefined || this.#reported === this.leader) return;
    this.#reported = this.leader;
    this.#options.onLeader?.(this.leader);
  }
}

function checkTimings({ leaseDuration, renewDeadline, retryPeriod }: ElectorTimings): void {
  const isOrdered = leaseDuration * 1000 > renewDeadline && renewDeadline > retryPeriod * JITTER;
  if (isOrdered && Number.isInteger(leaseDuration) && retryPeriod > 0) return;
  throw new RangeError(
    `Cannot use ${leaseDuration} s, ${renewDeadline} ms and ${retryPeriod} ms: expected leaseDuration > renewDeadline > 1.2 retryPeriod > 0`,
  );
}
