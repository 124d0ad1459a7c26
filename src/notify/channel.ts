import { CancelledError } from "#core/errors.ts";
import type { Clock, Log, Random } from "#core/ports.ts";
import { milliseconds } from "#core/units.ts";
import { Allowance } from "#notify/allowance.ts";
import type { Heartbeat, Notice } from "#notify/definition.ts";
import { heldBack, noticeOf, testNotice } from "#notify/notice.ts";
import { Outbox } from "#notify/outbox.ts";
import { Rhythm } from "#notify/heartbeat.ts";
import { type NotifierStatus, type OnDelivery, Standing } from "#notify/standing.ts";
import type { HeartbeatSubscriber, MessageSubscriber, Subscriber } from "#notify/subscriber.ts";
import type { Happening } from "#state/happening.ts";

export interface ChannelOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly host: string;
  readonly onDelivery?: OnDelivery | undefined;
}

/** One notifier with what waits for it. */
export interface Channel {
  readonly status: NotifierStatus;
  tell(happening: Happening): void;
  beat(heartbeat: Heartbeat): void;
  /** @throws {EsddnsError} (rejects) */
  test(signal: AbortSignal): Promise<void>;
  /** As {@link Outbox.finish}. */
  finish(): Promise<void>;
  stop(): void;
}

const MOST_WAITING = 50;
const MOST_AN_HOUR = 20;
/** Older news is history, which the dashboard has. */
const LIFETIME = milliseconds(86_400_000);

export function createChannel(subscriber: Subscriber, options: ChannelOptions): Channel {
  switch (subscriber.kind) {
    case "message":
      return messageChannel(subscriber, options);
    case "heartbeat":
      return heartbeatChannel(subscriber, options);
  }
}

function messageChannel({ name, type, on, notifier }: MessageSubscriber, options: ChannelOptions): Channel {
  const { clock, random, log, host } = options;
  const standing = new Standing({ name, type }, options);
  const allowance = new Allowance(MOST_AN_HOUR);
  const outbox = new Outbox<Notice>({
    send: (notice, signal) => notifier.send(notice, signal),
    capacity: MOST_WAITING,
    lifetime: LIFETIME,
    clock,
    random,
    listener: standing,
  });
  const put = (happening: Happening) => outbox.put(noticeOf(happening, host, random));
  return {
    finish: () => outbox.finish(),
    stop() {
      const count = outbox.stop();
      if (count > 0)
        log.warn("Notifications were not delivered before the end", { notifier: name, type, count });
    },
    tell(happening) {
      if (!on.includes(happening.kind)) return;
      const admitted = allowance.admit(clock.now());
      if (admitted === "admit") put(happening);
      if (admitted !== "announce") return;
      put(heldBack(happening, MOST_AN_HOUR));
      log.warn("Too many notifications within the hour; further ones are held back", {
        notifier: name,
        type,
      });
    },
    beat: () => {},
    test: (signal) => attempt(standing, notifier.send(testNotice(host, clock.date(), random), signal)),
    get status() {
      return standing.status;
    },
  };
}

function heartbeatChannel(
  { name, type, every, monitor }: HeartbeatSubscriber,
  options: ChannelOptions,
): Channel {
  const { clock, random } = options;
  const standing = new Standing({ name, type }, options);
  const rhythm = new Rhythm(every);
  const outbox = new Outbox<Heartbeat>({
    send: (heartbeat, signal) => monitor.beat(heartbeat, signal),
    // A newer one takes the place of one that still waits, and an old one says nothing of now
    capacity: 1,
    lifetime: every,
    clock,
    random,
    listener: {
      delivered: () => standing.delivered(),
      failed: (error, isLost) => standing.failed(error, isLost),
      overflowed: () => {},
    },
  });
  return {
    finish: () => outbox.finish(),
    stop: () => void outbox.stop(),
    tell: () => {},
    beat(heartbeat) {
      if (rhythm.admits(heartbeat, clock.now())) outbox.put(heartbeat);
    },
    test: (signal) => attempt(standing, monitor.beat({ isWell: true, words: "A test" }, signal)),
    get status() {
      return standing.status;
    },
  };
}

async function attempt(standing: Standing, sending: Promise<void>): Promise<void> {
  try {
    await sending;
    standing.delivered();
  } catch (error) {
    if (!(error instanceof CancelledError)) standing.refused(error);
    throw error;
  }
}
