import type { NotifierDefinition } from "#notify/definition.ts";

/** Every kind of notifier, by the value of `type`. */
export const notifiers: Readonly<Record<string, NotifierDefinition>> = {};
