import type { z } from "zod";
import type { Ports } from "#core/ports.ts";
import type { Source, SourceKind } from "#core/witness.ts";

/** What {@link SourceDefinition.create} gets beside its own configuration. */
export interface SourceContext {
  /** A folder that survives restarts, for cached lists; absent: nothing is cached on disk. */
  readonly cacheFolder?: string | undefined;
}

/** One kind of source: its folder's entry file exports exactly one. Feeds validation, docs and the schema. */
export interface SourceDefinition<Schema extends z.ZodType = z.ZodType> {
  readonly kind: SourceKind;
  readonly title: string;
  /** One paragraph for the docs: what it asks, what it can be fooled by. */
  readonly description: string;
  /** The value of `sources.<kind>`; `.meta({ description })` on every key. */
  readonly config: Schema;
  create(config: z.output<Schema>, ports: Ports, context: SourceContext): Source;
}

/** Checks a definition against its own schema and keeps its exact types. */
export function defineSource<Schema extends z.ZodType>(
  definition: SourceDefinition<Schema>,
): SourceDefinition<Schema> {
  return definition;
}
