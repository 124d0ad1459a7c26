import type { Findings } from "#config/findings.ts";
import { readNamedEntry } from "#config/named-entry.ts";
import { heartbeatKeys, messageKeys, splitCommon } from "#config/notify-section.ts";
import type { ConfiguredNotifier } from "#config/notify-settings.ts";
import { parseAt } from "#config/parse.ts";
import { isMapping } from "#config/raw.ts";
import type { Registries } from "#config/registries.ts";

/** Every notifier of the file that is right. */
export function readNotify(
  value: unknown,
  registries: Registries,
  findings: Findings,
): readonly ConfiguredNotifier[] {
  if (value === undefined) return [];
  if (!isMapping(value)) {
    findings.problem(
      ["notify"],
      'Cannot read "notify": it has no names, expected a notifier below each name',
    );
    return [];
  }
  return Object.entries(value)
    .map(([name, entry]) => readNotifier(name, entry, registries, findings))
    .filter((notifier) => notifier !== undefined);
}

function readNotifier(
  name: string,
  value: unknown,
  { notifiers = {} }: Registries,
  findings: Findings,
): ConfiguredNotifier | undefined {
  const path = ["notify", name] as const;
  const entry = readNamedEntry("notifier", value, notifiers, path, findings);
  if (!entry) return undefined;
  const { definition, rest } = entry;
  const { common, own } = splitCommon(definition.kind, rest);
  const before = findings.count;
  const config = parseAt(definition.config, own, path, findings);
  switch (definition.kind) {
    case "message": {
      const keys = parseAt(messageKeys, common, path, findings);
      if (!keys || findings.count > before) return undefined;
      return { kind: "message", name, definition, config, on: keys.on };
    }
    case "heartbeat": {
      const keys = parseAt(heartbeatKeys, common, path, findings);
      if (!keys || findings.count > before) return undefined;
      return { kind: "heartbeat", name, definition, config, every: keys.every };
    }
  }
}
