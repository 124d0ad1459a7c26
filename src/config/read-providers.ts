import type { ProviderName } from "#core/record.ts";
import type { ConfiguredProvider } from "#config/configuration.ts";
import type { Findings } from "#config/findings.ts";
import { parseAt } from "#config/parse.ts";
import { isMapping } from "#config/raw.ts";
import { readNamedEntry } from "#config/named-entry.ts";
import type { Registries } from "#config/registries.ts";
import { splitExpiry, tokenExpirySchema } from "#config/token-expiry.ts";

/** Every provider of the file by its name; `undefined` for one that is there and wrong. */
export type Providers = ReadonlyMap<ProviderName, ConfiguredProvider | undefined>;

export function readProviders(value: unknown, registries: Registries, findings: Findings): Providers {
  if (value === undefined || (isMapping(value) && Object.keys(value).length === 0)) {
    findings.problem(
      ["providers"],
      'Cannot read "providers": it is missing, expected a provider by a name of yours',
    );
    return new Map();
  }
  if (!isMapping(value)) {
    findings.problem(
      ["providers"],
      'Cannot read "providers": it has no names, expected a provider below each name',
    );
    return new Map();
  }
  return new Map(
    Object.entries(value).map(([name, entry]) => [name, readProvider(name, entry, registries, findings)]),
  );
}

function readProvider(
  name: ProviderName,
  value: unknown,
  { providers }: Registries,
  findings: Findings,
): ConfiguredProvider | undefined {
  const path = ["providers", name] as const;
  const entry = readNamedEntry("provider", value, providers, path, findings);
  if (!entry) return undefined;
  const { definition, rest } = entry;
  const before = findings.count;
  const { tokenExpires, own } = splitExpiry(rest);
  const config = parseAt(definition.config, own, path, findings);
  const expires = parseAt(tokenExpirySchema, tokenExpires, [...path, "tokenExpires"], findings);
  if (findings.count > before) return undefined;
  return { name, definition, config, ...(expires && { tokenExpires: expires }) };
}
