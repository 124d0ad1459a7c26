import type { z } from "zod";
import type { Ports } from "#core/ports.ts";
import type { Secret, SecretReference } from "#core/secret.ts";
import type { Happening } from "#state/happening.ts";

/** What is sent: a happening, and where it happened. */
export interface Notice {
  /** The same for every attempt, so that a peer can drop repetitions; fit for a URL. */
  readonly id: string;
  readonly happening: Happening;
  /** Of this daemon. */
  readonly host: string;
  /** A person asked for it; it stands for nothing. */
  readonly isTest: boolean;
}

/** A configured way to tell somebody. */
export interface Notifier {
  /**
   * One attempt. The caller repeats what may be repeated.
   *
   * @throws {EsddnsError} (rejects) with `retry` and a hint; never with a secret in its words
   */
  send(notice: Notice, signal: AbortSignal): Promise<void>;
}

/** A sign of life: every record is right, or some are known to be wrong. */
export interface Heartbeat {
  readonly isWell: boolean;
  /** One line, e.g. `3 records in sync`. */
  readonly words: string;
}

/** A configured service that misses our sign of life. */
export interface Monitor {
  /** One attempt. @throws as {@link Notifier.send} */
  beat(heartbeat: Heartbeat, signal: AbortSignal): Promise<void>;
}

interface Definition<Schema extends z.ZodType> {
  /** The value of `type` in the configuration. */
  readonly id: string;
  readonly title: string;
  readonly docsUrl: string;
  /** One paragraph for the docs: where the address and the credentials come from. */
  readonly description: string;
  /** Markdown that the docs have below the keys. */
  readonly notes?: string | undefined;
  /** As a user would write it, without `type`. */
  readonly example: z.input<Schema>;
  /** Everything but `type` and `on` or `every`; `.meta({ description })` on every key. */
  readonly config: Schema;
  /** The secrets that the configuration names; opened before anything is sent. */
  secrets(config: z.output<Schema>): readonly SecretReference[];
}

/** Tells of happenings, each once. */
export interface MessageDefinition<Schema extends z.ZodType = z.ZodType> extends Definition<Schema> {
  readonly kind: "message";
  /** @throws {ConfigError} when a secret is not of the form that the service gives out */
  create(config: z.output<Schema>, ports: Ports, secret: (reference: SecretReference) => Secret): Notifier;
}

/** Gets a sign of life after the rounds. */
export interface HeartbeatDefinition<Schema extends z.ZodType = z.ZodType> extends Definition<Schema> {
  readonly kind: "heartbeat";
  /** @throws as {@link MessageDefinition.create} */
  create(config: z.output<Schema>, ports: Ports, secret: (reference: SecretReference) => Secret): Monitor;
}

/** One kind of notifier: its folder's entry file exports exactly one. Feeds validation, docs and the schema. */
export type NotifierDefinition = HeartbeatDefinition | MessageDefinition;

/** Checks a definition against its own schema and keeps its exact types. */
export function defineNotifier<Schema extends z.ZodType>(
  definition: MessageDefinition<Schema>,
): MessageDefinition<Schema> {
  return definition;
}

/** As {@link defineNotifier}, for what is told by a sign of life. */
export function defineMonitor<Schema extends z.ZodType>(
  definition: HeartbeatDefinition<Schema>,
): HeartbeatDefinition<Schema> {
  return definition;
}
