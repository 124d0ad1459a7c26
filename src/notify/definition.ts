import type { z } from "zod";
import type { Ports } from "#core/ports.ts";
import type { Secret, SecretReference } from "#core/secret.ts";
import type { Happening } from "#state/happening.ts";

/** What is sent: a happening, where it happened, and how pressing it is. */
export interface Notice {
  readonly happening: Happening;
  /** Of this daemon, as the configuration or the host name says. */
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

/** One kind of notifier: its folder's entry file exports exactly one. Feeds validation, docs and the schema. */
export interface NotifierDefinition<Schema extends z.ZodType = z.ZodType> {
  /** The value of `type` in the configuration. */
  readonly id: string;
  readonly title: string;
  readonly docsUrl: string;
  readonly description: string;
  /** As a user would write it, without `type`. */
  readonly example: z.input<Schema>;
  /** Everything but `type` and `on`; `.meta({ description })` on every key. */
  readonly config: Schema;
  /** The secrets that the configuration names; opened before anything is sent. */
  secrets(config: z.output<Schema>): readonly SecretReference[];
  create(config: z.output<Schema>, ports: Ports, secret: (reference: SecretReference) => Secret): Notifier;
}

/** Checks a definition against its own schema and keeps its exact types. */
export function defineNotifier<Schema extends z.ZodType>(
  definition: NotifierDefinition<Schema>,
): NotifierDefinition<Schema> {
  return definition;
}
