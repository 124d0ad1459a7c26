import type { Milliseconds } from "#core/units.ts";
import type { HeartbeatDefinition, MessageDefinition } from "#notify/definition.ts";
import type { HappeningKind } from "#state/happening.ts";

/** A way to tell somebody, by a name of the user's; `config` is what the definition's schema yields. */
export type ConfiguredNotifier =
  | {
      readonly kind: "message";
      readonly name: string;
      readonly definition: MessageDefinition;
      readonly config: unknown;
      /** What it tells of; not empty. */
      readonly on: readonly HappeningKind[];
    }
  | {
      readonly kind: "heartbeat";
      readonly name: string;
      readonly definition: HeartbeatDefinition;
      readonly config: unknown;
      /** At most one sign of life in so long, unless it has become a different one. */
      readonly every: Milliseconds;
    };
