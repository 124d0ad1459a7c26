import type { NotifierDefinition } from "#notify/definition.ts";
import type { HappeningKind } from "#state/happening.ts";

/** A way to tell somebody, by a name of the user's; `config` is what the definition's schema yields. */
export interface ConfiguredNotifier {
  readonly name: string;
  readonly definition: NotifierDefinition;
  readonly config: unknown;
  readonly on: readonly HappeningKind[];
}
