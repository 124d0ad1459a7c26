import type { Findings } from "#config/findings.ts";
import type { ConfiguredNotifier } from "#config/notify-settings.ts";
import type { Registries } from "#config/registries.ts";

/** Every notifier of the file. */
export function readNotify(
  value: unknown,
  _registries: Registries,
  _findings: Findings,
): readonly ConfiguredNotifier[] {
  if (value === undefined) return [];
  return [];
}
