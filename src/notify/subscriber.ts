import type { Milliseconds } from "#core/units.ts";
import type { Monitor, Notifier } from "#notify/definition.ts";
import type { HappeningKind } from "#state/happening.ts";

interface Named {
  readonly name: string;
  /** Of its definition. */
  readonly type: string;
}

/** A configured notifier, ready to send. */
export type Subscriber = MessageSubscriber | HeartbeatSubscriber;

export interface MessageSubscriber extends Named {
  readonly kind: "message";
  readonly on: readonly HappeningKind[];
  readonly notifier: Notifier;
}

export interface HeartbeatSubscriber extends Named {
  readonly kind: "heartbeat";
  readonly every: Milliseconds;
  readonly monitor: Monitor;
}
