import type { Registries } from "#config/registries.ts";
import { notifiers } from "#notify/registry.ts";
import { providers } from "#providers/registry.ts";
import { sources } from "#sources/registry.ts";

/** Every plug-in that this program carries. */
export const registries: Registries = { providers, sources, notifiers };
