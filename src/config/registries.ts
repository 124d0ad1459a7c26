import type { ConfigurableSourceKind } from "#core/witness.ts";
import type { ProviderDefinition } from "#providers/definition.ts";
import type { NotifierDefinition } from "#notify/definition.ts";
import type { SourceDefinition } from "#sources/definition.ts";

/** The plug-ins that a configuration may name: what the two registries hold, or a few of a test's own. */
export interface Registries {
  /** By the value of `type`. */
  readonly providers: Readonly<Record<string, ProviderDefinition>>;
  readonly sources: Readonly<Partial<Record<ConfigurableSourceKind, SourceDefinition>>>;
  readonly notifiers?: Readonly<Record<string, NotifierDefinition>> | undefined;
}

/** What is used when the configuration names no source: independent witnesses, and the host itself at last. */
export const DEFAULT_SOURCES: readonly ConfigurableSourceKind[] = ["stun", "http", "whoami", "interface"];

/** An own key, so that `constructor` and the like find nothing. */
export function lookUp<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
