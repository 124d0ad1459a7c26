import type { z } from "zod";
import type { Ports } from "#core/ports.ts";
import type { Capabilities, Provider } from "#core/provider.ts";
import type { Secret, SecretReference } from "#core/secret.ts";

/** One kind of provider: its folder's entry file exports exactly one. Feeds validation, docs and the schema. */
export interface ProviderDefinition<Schema extends z.ZodType = z.ZodType> {
  /** The value of `type` in the configuration. */
  readonly id: string;
  readonly title: string;
  readonly docsUrl: string;
  /** One paragraph for the docs: how to get credentials, what the API is strict about. */
  readonly description: string;
  /** A small account as a user would write it, without `type`: for the docs. */
  readonly example: z.input<Schema>;
  /** Everything but `type`; `.meta({ description })` on every key. */
  readonly config: Schema;
  /** Depends on the configuration where one definition serves several services (dyndns2 presets). */
  capabilities(config: z.output<Schema>): Capabilities;
  /** The secrets that the configuration names; opened before anything is sent. */
  secrets(config: z.output<Schema>): readonly SecretReference[];
  create(config: z.output<Schema>, ports: Ports, secret: (reference: SecretReference) => Secret): Provider;
}

/** Checks a definition against its own schema and keeps its exact types. */
export function defineProvider<Schema extends z.ZodType>(
  definition: ProviderDefinition<Schema>,
): ProviderDefinition<Schema> {
  return definition;
}
