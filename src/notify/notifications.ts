import { CancelledError, ConfigError } from "#core/errors.ts";
import type { Clock, Log, Random } from "#core/ports.ts";
import { elapsed, type Instant, type Milliseconds, milliseconds } from "#core/units.ts";
import { type Channel, createChannel } from "#notify/channel.ts";
import { Repetitions } from "#notify/repetitions.ts";
import { heartbeatOf } from "#notify/heartbeat.ts";
import type { NotifierStatus, OnDelivery } from "#notify/standing.ts";
import type { Happening } from "#state/happening.ts";
import type { State } from "#state/state.ts";
import type { Subscriber } from "#notify/subscriber.ts";

export interface NotificationsOptions {
  readonly subscribers: readonly Subscriber[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where we are, for those who read messages of several daemons. */
  readonly host: string;
  readonly onDelivery?: OnDelivery | undefined;
}

/** Tells people and programs what happens. Nobody has to wait for it, and it throws at nobody. */
export interface Notifications {
  readonly list: readonly { readonly name: string; readonly type: string }[];
  tell(happening: Happening): void;
  /** After a round that was not cut short: sends signs of life. */
  beat(state: Pick<State, "records">): void;
  /**
   * Sends a test message, or a sign of life, at once.
   *
   * @throws {EsddnsError} (rejects) with what to do about it
   */
  test(name: string, signal: AbortSignal): Promise<void>;
  status(): readonly NotifierStatus[];
  /** Gives what is under way five seconds. */
  close(): Promise<void>;
}

const GRACE = milliseconds(5000);

export function createNotifications(options: NotificationsOptions): Notifications {
  return new Dispatcher(options);
}

class Dispatcher implements Notifications {
  readonly #clock: Clock;
  readonly #channels: readonly Channel[];
  readonly #repetitions = new Repetitions();
  readonly #closing = new AbortController();
  #isWatching = false;

  constructor(options: NotificationsOptions) {
    this.#clock = options.clock;
    this.#channels = options.subscribers.map((subscriber) => createChannel(subscriber, options));
  }

  get list(): Notifications["list"] {
    return this.#channels.map(({ status: { name, type } }) => ({ name, type }));
  }

  tell(happening: Happening): void {
    const told = this.#repetitions.hear(happening, this.#clock.now());
    if (told) this.#tellAll(told);
    if (!this.#isWatching && this.#repetitions.due !== undefined) void this.#watch();
  }

  beat(state: Pick<State, "records">): void {
    const heartbeat = heartbeatOf(state);
    if (heartbeat) for (const channel of this.#channels) channel.beat(heartbeat);
  }

  async test(name: string, signal: AbortSignal): Promise<void> {
    const channel = this.#channels.find(({ status }) => status.name === name);
    if (!channel) {
      const names = this.#channels.map(({ status }) => status.name);
      const expected = names.length === 0 ? "none is configured" : `expected one of ${names.join(", ")}`;
      throw new ConfigError(`Cannot test the notifier "${name}": there is no such one, ${expected}`, []);
    }
    await channel.test(signal);
  }

  status(): readonly NotifierStatus[] {
    return this.#channels.map(({ status }) => status);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const finished = new AbortController();
    const grace = this.#clock.sleep(GRACE, finished.signal).catch(() => undefined);
    await Promise.race([Promise.all(this.#channels.map((channel) => channel.finish())), grace]);
    finished.abort();
    for (const channel of this.#channels) channel.stop();
  }

  #tellAll(happening: Happening): void {
    for (const channel of this.#channels) channel.tell(happening);
  }

  /** As long as something is flapping. */
  async #watch(): Promise<void> {
    this.#isWatching = true;
    try {
      for (let { due } = this.#repetitions; due !== undefined; { due } = this.#repetitions) {
        await this.#clock.sleep(this.#until(due), this.#closing.signal);
        for (const happening of this.#repetitions.sumUp(this.#clock.now())) this.#tellAll(happening);
      }
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
    }
    this.#isWatching = false;
  }

  #until(due: Instant): Milliseconds {
    return milliseconds(Math.max(0, elapsed(this.#clock.now(), due)));
  }
}
